"""The network of the U-Net: a pretrained backbone that stays as it is, and a decoder that learns.

As in MemSeg (Yang et al. 2022), the decoder is given how far the backbone's features are from those
of normal parts. What it learns from drawn defects is then where a distance means one; from features
it would learn what drawings look like. Labelled defects are real: `feature_segmenter.py`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from detectors.backbones.extractors import Backbone
from detectors.unet.decoder import build_unet
from detectors.unet.memory import measure_distance

LAYERS = ("layer1", "layer2", "layer3")
STRIDE = 16  # of the coarsest features
FINEST = 4  # stride of the finest ones, and of the decoder's answer
WIDTHS = (16, 32, 48)  # channels that the distances are brought to
DECODER_CHANNELS = (32, 24, 16)
ROWS = tuple(f"unet.encoder.{layer}_rows" for layer in LAYERS)
"""Names of the normal patches among the stored tensors."""


class ComparingEncoder(nn.Module):
    """An image (1, 3, h, w) in 0..1 -> what smp's decoder wants, at strides 4, 4, 8 and 16.

    Only the 1x1 convolutions behind the comparison are learned, so a backbone of any width fits
    the same decoder.
    """

    output_stride = STRIDE

    def __init__(self, backbone: Backbone, rows: Sequence[Tensor]) -> None:
        super().__init__()
        self.backbone = backbone
        for layer, some in zip(LAYERS, rows, strict=True):
            self.register_buffer(f"{layer}_rows", some.half())
        self.adapters = nn.ModuleList(map(_adapter, WIDTHS))

    @torch.no_grad()
    def compare(self, image: Tensor, excluded: Sequence[Tensor] | None = None) -> list[Tensor]:
        """Return the distances from normal patches, (1, 1, h / stride, w / stride) of every level.

        Args:
            image: (1, 3, h, w) in 0..1.
            excluded: (m,) of every level, which normal patches it is not compared with.
        """
        left: Sequence[Tensor | None] = excluded or [None] * len(LAYERS)
        levels = describe(self.backbone, image)
        return [
            measure_distance(level, self.get_buffer(f"{layer}_rows").float(), excluded=some)
            for layer, level, some in zip(LAYERS, levels, left, strict=True)
        ]

    def adapt(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Return what the decoder wants of the levels."""
        adapted = [adapt(level) for adapt, level in zip(self.adapters, levels, strict=True)]
        return [adapted[0], *adapted]  # of the first it takes the size alone

    def forward(self, image: Tensor) -> list[Tensor]:
        return self.adapt(self.compare(image))


class Segmenter(nn.Module):
    """(1, 3, h, w) in 0..1 -> defect logits (1, 1, h, w); remembers normal patches.

    Args:
        backbone: gives the features.
        rows: (m, c) of every level, normal patches.
    """

    def __init__(self, backbone: Backbone, rows: Sequence[Tensor]) -> None:
        super().__init__()
        self.unet = build_unet((*WIDTHS[1:], WIDTHS[-1]), DECODER_CHANNELS, stem=WIDTHS[0])
        self.unet.encoder = ComparingEncoder(backbone, rows)  # in the place of one of these widths

    def compare(self, image: Tensor, excluded: Sequence[Tensor] | None = None) -> list[Tensor]:
        """Return what the encoder's `compare` returns."""
        levels: list[Tensor] = self.unet.encoder.compare(image, excluded)
        return levels

    def decode(self, levels: Sequence[Tensor]) -> Tensor:
        """Return logits (B, 1, h, w) of the levels of images."""
        features = self.unet.encoder.adapt(levels)
        logits = self.unet.segmentation_head(self.unet.decoder(features))
        return interpolate(logits, scale_factor=FINEST, mode="bilinear")

    def shapes(self, size: Sequence[int]) -> list[tuple[int, int, int]]:
        """Return the shape (1, h, w) of every level of an image of (height, width) pixels."""
        strides = [self.unet.encoder.backbone.strides[layer] for layer in LAYERS]
        return [(1, size[0] // stride, size[1] // stride) for stride in strides]

    def forward(self, image: Tensor) -> Tensor:
        return self.decode(self.unet.encoder.compare(image))


def describe(backbone: Backbone, image: Tensor) -> list[Tensor]:
    """Return the patches of an image (1, 3, h, w) in 0..1: (1, c, h, w) of every level.

    All levels but the finest are averaged over 3 x 3 patches, as in PatchCore.
    """
    with torch.no_grad():
        features = backbone(image)
    finest, *others = (features[layer] for layer in LAYERS)
    return [finest, *(avg_pool2d(level, 3, 1, 1) for level in others)]


def _adapter(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
