"""The networks of the classifier: features, pooled over the image, then a small head."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from detectors.backbones.record import IMAGENET, BackboneRecord, Prepare

SMALL_WIDTHS = (24, 48, 96, 160)


class Head(nn.Module):
    """Pooled features (B, d, 1, 1) -> class logits (B, n), or one logit for two classes."""

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int, num_classes: int, *, hidden: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(width, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 1 if num_classes == 2 else num_classes),
        )

    def set_statistics(self, pooled: Tensor) -> None:
        """Take mean and spread of every feature from (n, d)."""
        spread, mean = torch.std_mean(pooled, dim=0)
        self.mean.copy_(mean)
        self.spread.copy_(spread.nan_to_num(1.0).clamp(min=1e-3))

    def forward(self, pooled: Tensor) -> Tensor:
        logits: Tensor = self.layers((pooled.flatten(1) - self.mean) / self.spread)
        return logits


class Classifier(nn.Module):
    """Images (B, 3, H, W) in 0..1 -> class logits.

    Attributes:
        features: gives feature maps (B, channels, h, w).
        maps: passes them on; where Grad-CAM looks.
    """

    def __init__(
        self, features: nn.Module, head: Head, *, record: BackboneRecord = IMAGENET
    ) -> None:
        super().__init__()
        self.features = features
        self.maps = nn.Identity()
        self.head = head
        self.prepare = Prepare(record)

    def forward(self, images: Tensor) -> Tensor:
        return self.classify(self.extract(images))

    def extract(self, images: Tensor) -> Tensor:
        """Return the feature maps (B, channels, h, w)."""
        maps: Tensor = self.features(self.prepare(images))
        return maps

    def classify(self, maps: Tensor) -> Tensor:
        """Return the logits of feature maps."""
        logits: Tensor = self.head(pool(self.maps(maps)))
        return logits


class PretrainedFeatures(nn.Module):
    """One layer of a backbone, whose batch norms keep their statistics also while it is trained.

    Batches of a few dozen alike images would spoil them, and weights whose batch norm was folded
    into the convolutions hold statistics that say nothing.
    """

    def __init__(self, network: nn.Module, layer: str) -> None:
        super().__init__()
        self.network = network
        self.layer = layer

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self.network(images)[self.layer]
        return maps

    def train(self, mode: bool = True) -> "PretrainedFeatures":
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def make_small_features() -> nn.Sequential:
    """Make the blocks of the network that is trained from scratch: convolution, ReLU, pooling."""
    return nn.Sequential(
        *(
            nn.Sequential(
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d(2),
            )
            for before, after in zip((3, *SMALL_WIDTHS), SMALL_WIDTHS, strict=False)
        )
    )


def pool(maps: Tensor) -> Tensor:
    """Return mean and maximum of every channel of (B, C, h, w), as (B, 2 C, 1, 1).

    The mean knows the texture, the maximum the small spot.
    """
    mean, highest = maps.mean(dim=(2, 3), keepdim=True), maps.amax(dim=(2, 3), keepdim=True)
    return torch.cat([mean, highest], dim=1)


def to_probabilities(logits: Tensor) -> Tensor:
    """Return class probabilities (B, n); one logit is that of the second of two classes."""
    if logits.shape[1] == 1:
        second = logits.sigmoid()
        return torch.cat([1 - second, second], dim=1)
    return logits.softmax(dim=1)


def list_blocks(network: nn.Module) -> list[nn.Module]:
    """Return the parts of a network that are unfrozen one after another, first to last."""
    while len(children := list(network.children())) == 1:  # a wrapper
        network = children[0]
    return [
        block
        for block in _walk(network)
        if any(True for _ in block.parameters()) and not isinstance(block, nn.LayerNorm)
    ]


def _walk(network: nn.Module) -> Iterator[nn.Module]:
    """Yield the stages; EfficientNet and transformers keep theirs in a row, other than ResNet."""
    for name, child in network.named_children():
        if name == "blocks":
            yield from child.children()
        else:
            yield child
