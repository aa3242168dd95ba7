"""The autoencoder of features, and the network that paints a picture of what it rebuilds."""

import torch
from torch import Tensor, nn

from detectors.backbones.extractors import resample
from detectors.learning.features import PatchFeatures

MARGIN = 1  # patches on each side of a patch that its code is computed from, too
REDUCED = 64  # channels in which patches meet their neighbours
PAINTED = (32, 16, 3)  # channels at two, four and eight times the grid of the features


class Autoencoder(nn.Module):
    """Features (B, c, h, w) -> the same, rebuilt from `bottleneck` numbers per patch.

    The code of a patch is computed from the patch and its neighbours, and rebuilds that patch.
    Features are divided by one number: channels that vary little on normal parts must not count as
    much as the others.
    """

    scale: Tensor

    def __init__(self, channels: int, *, width: int, bottleneck: int) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(()))
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, REDUCED, 1),
            nn.Conv2d(REDUCED, width, 2 * MARGIN + 1),
            nn.ReLU(),
            nn.Conv2d(width, bottleneck, 1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(bottleneck, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, channels, 1),
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Rebuild scaled features (B, c, h, w) but for a margin: (B, c, h - 2, w - 2)."""
        rebuilt: Tensor = self.decoder(self.encoder(windows))
        return rebuilt

    def rebuild(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (B, c, h, w) scaled, and what is rebuilt of them."""
        scaled = features / self.scale
        return scaled, self(nn.functional.pad(scaled, (MARGIN,) * 4, mode="replicate"))


class Painter(nn.Module):
    """Scaled features (B, c, h, w) -> a picture (B, 3, 8 h, 8 w) in about 0..1.

    It is small and learns for seconds: it shows people what was rebuilt, and decides nothing.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second, last = PAINTED
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 4 * first, 1),
            nn.PixelShuffle(2),
            nn.ReLU(),
            nn.Conv2d(first, 4 * second, 3, padding=1, padding_mode="replicate"),
            nn.PixelShuffle(2),
            nn.ReLU(),
            nn.Conv2d(second, 4 * last, 3, padding=1, padding_mode="replicate"),
            nn.PixelShuffle(2),
        )

    def forward(self, features: Tensor) -> Tensor:
        picture: Tensor = self.layers(features)
        return picture


class FeatureCAE(nn.Module):
    """A frozen backbone, the autoencoder of its features, and the painter.

    Attributes:
        whitening: (c, c), turns errors into uncorrelated ones of about equal size on normal images.
        typical: the highest error of a normal image, half of the time.
    """

    whitening: Tensor
    typical: Tensor

    def __init__(self, features: PatchFeatures, *, width: int, bottleneck: int) -> None:
        super().__init__()
        self.features = features
        self.autoencoder = Autoencoder(features.channels, width=width, bottleneck=bottleneck)
        self.painter = Painter(features.channels)
        self.register_buffer("whitening", torch.eye(features.channels))
        self.register_buffer("typical", torch.ones(()))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return errors (B, c, h, w) of images (B, 3, H, W) in 0..1, and what was rebuilt."""
        scaled, rebuilt = self.autoencoder.rebuild(self.features(images))
        return rebuilt - scaled, rebuilt

    def weigh(self, errors: Tensor) -> Tensor:
        """Turn errors (B, c, h, w) into one number per patch, (B, h, w)."""
        return (errors.permute(0, 2, 3, 1) @ self.whitening).square().mean(dim=-1)

    def paint(self, rebuilt: Tensor, size: tuple[int, int]) -> Tensor:
        """Return pictures (B, 3, *size) in 0..1 of scaled features."""
        return resample(self.painter(rebuilt), size).clamp(0.0, 1.0)

    def backbone_tensors(self) -> dict[str, Tensor]:
        """Return what belongs to the backbone: it is found again by its hash, never stored."""
        state = self.state_dict()
        return {name: value for name, value in state.items() if name.startswith("features.")}
