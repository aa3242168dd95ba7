"""Vision transformers as backbones: tokens become feature maps, and blocks become layers."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from detectors.backbones.record import COSINE, BackboneRecord

FAMILIES = ("timm.models.vision_transformer", "timm.models.eva")
BLOCK, LAYER = "block", "layer"
QUARTERS = 4  # of the depth: "layer1" to "layer4"


class TokenNetwork(nn.Module):
    """Prepared images (B, 3, h, w) -> {layer: (B, channels, h / patch, w / patch)}.

    Every map went through the transformer's last norm, as DINOv2 is evaluated (Oquab et al. 2023);
    class and register tokens are left out. "block5" is the fifth block; "layer1" to "layer4" are
    the blocks where a quarter, a half, three quarters and all of the depth are done.
    """

    def __init__(self, transformer: Any, layers: Sequence[str]) -> None:
        super().__init__()
        depth = len(transformer.blocks)
        self.positions = {layer: _find_block(layer, depth) for layer in layers}
        transformer.prune_intermediate_layers(sorted(set(self.positions.values())))
        self.transformer = transformer

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        wanted = sorted(set(self.positions.values()))
        maps = self.transformer.forward_intermediates(
            images, indices=wanted, norm=True, intermediates_only=True
        )
        by_block = dict(zip(wanted, maps, strict=True))
        return {layer: by_block[block] for layer, block in self.positions.items()}


def is_transformer(name: str) -> bool:
    """Return whether timm builds a network of this name from equal blocks on one grid of tokens."""
    import timm

    architecture = name.partition(".")[0]
    known = timm.is_model(architecture)
    return known and timm.model_entrypoint(architecture).__module__ in FAMILIES


def make_transformer(name: str) -> Any:
    """Build a vision transformer of timm that takes images of any size, with random weights."""
    import timm

    return timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True)


def make_token_record(
    transformer: Any, mean: Sequence[float], std: Sequence[float]
) -> BackboneRecord:
    """Return what a vision transformer wants: the last block by cosine, as AnomalyDINO has it."""
    (r, g, b), (dr, dg, db) = mean, std
    return BackboneRecord(
        mean=(r, g, b),
        std=(dr, dg, db),
        multiple=int(transformer.patch_embed.patch_size[0]),
        layers=(f"{BLOCK}{len(transformer.blocks)}",),
        distance=COSINE,
    )


def translate_tokens(tensors: Mapping[str, Tensor], transformer: Any) -> dict[str, Tensor]:
    """Return weights as their authors or timm published them by timm's names of today.

    Raises:
        LookupError, RuntimeError, ValueError: they belong to something else.
    """
    family = sys.modules[type(transformer).__module__]
    translated: dict[str, Tensor] = family.checkpoint_filter_fn(dict(tensors), transformer)
    return translated


def _find_block(layer: str, depth: int) -> int:
    """Return the index of the block that a layer stands for.

    Raises:
        IndexError: the transformer is not so deep.
    """
    number = int(layer.removeprefix(LAYER).removeprefix(BLOCK))
    block = number if layer.startswith(BLOCK) else -(-number * depth // QUARTERS)
    if not 1 <= block <= depth:
        raise IndexError(f"it has {depth} blocks")
    return block - 1
