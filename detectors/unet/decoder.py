"""What both networks of the U-Net share: smp's decoder, its rescaling, and what is not stored."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from detectors.backbones.library_imports import import_unet

FIRST_LOGIT = -4.0  # of every pixel before training: 2 % are taken for defects
PLACEHOLDER = "tu-resnet10t"
BACKBONE = "encoder.backbone."


def build_unet(channels: Sequence[int], decoder_channels: Sequence[int], *, stem: int) -> Any:
    """Return smp's U-Net of one class, whose `encoder` is to be replaced by one of these widths.

    Args:
        channels: of the encoder's features behind the stem, from fine to coarse.
        decoder_channels: from coarse to fine, as many as levels.
        stem: channels of the encoder's finest features.
    """
    unet = import_unet()(
        PLACEHOLDER,
        encoder_weights=None,
        encoder_depth=len(decoder_channels),
        decoder_channels=decoder_channels,
        classes=1,
        channels=channels,
        stem_width=stem // 2,  # timm doubles it
    )
    # Lin et al. 2017, section 4.1. From a bias of 0 the decoder learns to find normal pixels,
    # nearly all there are; no defect then gets more than the bias, and all end there alike
    nn.init.constant_(unet.segmentation_head[0].bias, FIRST_LOGIT)
    return unet


def rescale(unet: Any, scale: float, shift: float) -> None:
    """Turn every logit into scale * logit + shift, by changing the last convolution."""
    last = unet.segmentation_head[0]
    last.weight.mul_(scale)
    last.bias.mul_(scale).add_(shift)


def backbone_tensors(network: nn.Module) -> dict[str, Tensor]:
    """Return what belongs to the backbone: it is found again by its hash, never stored."""
    return {name: value for name, value in network.state_dict().items() if BACKBONE in name}
