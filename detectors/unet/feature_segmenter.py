"""The network for labelled defects: the decoder is given the backbone's features themselves.

Labelled defects are real, so what they look like carries over; distances from normal patches alone
would not tell one kind of departure from another.
"""

import torch
from torch import Tensor, nn

from detectors.backbones.extractors import Backbone
from detectors.unet.decoder import build_unet
from detectors.unet.segmenter import LAYERS, STRIDE

STEM = 16  # channels of the features at half the size, which no backbone gives
WIDTHS = (64, 128, 256)  # channels that the features of `LAYERS` are brought to
DECODER_CHANNELS = (64, 32, 16, 8)  # features that are given leave little to learn


class FrozenEncoder(nn.Module):
    """Images (B, 3, h, w) in 0..1 -> features at strides 1, 2, 4, 8 and 16, as smp's decoder wants.

    Only the finest features and the 1x1 convolutions behind the backbone's are learned, so a
    backbone of any width fits the same decoder.
    """

    output_stride = STRIDE
    mean: Tensor
    spread: Tensor

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("mean", torch.full((1, 3, 1, 1), 0.5))
        self.register_buffer("spread", torch.full((1, 3, 1, 1), 0.25))
        self.stem = _unit(3, STEM, kernel=3, stride=2)
        self.adapters = nn.ModuleList(
            _unit(backbone.channels[layer], width, kernel=1)
            for layer, width in zip(LAYERS, WIDTHS, strict=True)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        with torch.no_grad():
            features = self.backbone(images)
        levels = [
            adapt(features[layer]) for adapt, layer in zip(self.adapters, LAYERS, strict=True)
        ]
        plain = (images - self.mean) / self.spread
        return [plain, self.stem(plain), *levels]


class FeatureSegmenter(nn.Module):
    """(B, 3, h, w) in 0..1 -> defect logits (B, 1, h, w); knows its images' statistics."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.unet = build_unet((*WIDTHS, WIDTHS[-1]), DECODER_CHANNELS, stem=STEM)
        self.unet.encoder = FrozenEncoder(backbone)  # in the place of one of the same widths

    def set_statistics(self, images: Tensor) -> None:
        """Take mean and spread of each channel from (n, 3, h, w)."""
        spread, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
        self.unet.encoder.mean.copy_(mean)
        self.unet.encoder.spread.copy_(spread.clamp(min=0.02))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.unet(images)
        return logits


def _unit(before: int, after: int, *, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )
