"""Pretrained feature extractors: how they are built and run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from torch import Tensor, nn

from detectors.backbones import tiles
from detectors.backbones.architectures import Architecture, build, fill, find_deepest
from detectors.backbones.files import FOLDER, find_weights, hash_tensors, read_tensors
from detectors.backbones.record import IMAGENET, BackboneRecord, Prepare
from detectors.backbones.student import Student
from detectors.backbones.tokens import BLOCK
from detectors.settings import STUDENT


@dataclass(frozen=True, slots=True)
class BackboneRef:
    """Which weights extracted the features; stored beside every memory bank and shown on the page.

    Attributes:
        name: "student", or the name in timm, such as "resnet18".
        sha256: hash of the float tensors that the requested layers use, in float32 and in order of
            their names; so neither the container nor tensors that nothing reads matter.
        origin: such as "carried with the project", "file resnet18.pth", "timm cache" or "hub".
        record: how its images are prepared, and how its features are compared.
    """

    name: str
    sha256: str
    origin: str
    record: BackboneRecord = IMAGENET


class Backbone(nn.Module):
    """A frozen feature extractor: images in 0..1 go in, one tensor per layer comes out.

    The tokens of a vision transformer lie on one grid. Its "layer1" to "layer4" are brought to the
    strides of convolutional networks, so that whatever takes those takes them; its blocks are not.
    """

    def __init__(self, built: Architecture, *, ref: BackboneRef) -> None:
        super().__init__()
        self.network = _NamedLayers(built.network, built.layers)
        self.ref = ref
        self.layers = built.layers
        self.channels = dict(built.channels)
        self.strides = dict(built.strides)
        self.prepare = Prepare(ref.record)
        self.requires_grad_(False)
        self.eval()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Map RGB images (B, 3, H, W) in 0..1 to {layer: (B, channels, H / stride, W / stride)}.

        Large images are taken by tiles, but by a vision transformer, each of whose tokens sees all.
        """
        is_local = self.prepare.multiple == 1
        if is_local and images.shape[-2] * images.shape[-1] > tiles.WHOLE:
            return tiles.extract_in_tiles(self.extract, images, self.strides)
        return self.extract(images)

    def extract(self, images: Tensor) -> dict[str, Tensor]:
        """Do the same at once, however large the images are."""
        features: dict[str, Tensor] = self.network(self.prepare(images))
        if self.prepare.multiple == 1:
            return features
        height, width = images.shape[-2:]
        return {
            layer: one
            if layer.startswith(BLOCK)
            else resample(one, (height // self.strides[layer], width // self.strides[layer]))
            for layer, one in features.items()
        }

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever a surrounding module is switched to."""
        return super().train(mode and False)


def resample(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring maps (B, C, h, w) to another grid (height, width)."""
    return nn.functional.interpolate(maps, size, mode="bilinear")


def load_backbone(
    name: str = STUDENT,
    *,
    layers: Sequence[str] | None = None,
    weights: Path | None = None,
    folder: Path = FOLDER,
    allow_download: bool = True,
    record: BackboneRecord | None = None,
) -> Backbone:
    """Build a backbone with pretrained weights, never with random ones.

    Looked through in this order: `weights`, `folder`, installed packages, the caches of timm and of
    torch hub, the hub.

    Args:
        name: "student", or a name in timm, with or without a tag ("resnet18.a1_in1k").
        layers: from "layer1" (stride 4) to "layer4" (stride 32); the student has no "layer4", and
            vision transformers also have "block1", "block2", ... Default: those of the record.
        weights: a state dict, as safetensors or as a file of `torch.save`.
        folder: where the project keeps its backbones.
        allow_download: ask the hub when nothing was found on this machine.
        record: what a checkpoint was made with; else what is known of the network.

    Raises:
        BackboneError: no weights were found, or they are damaged or of another architecture.
    """
    path, origin = find_weights(name, weights=weights, folder=folder, allow_download=allow_download)
    tensors = read_tensors(path)
    if layers is None and record is not None:
        layers = record.layers
    built = build(name, layers, tensors, source=path)
    fill(built, tensors, name, path)
    ref = BackboneRef(
        name, hash_tensors(built.weights.state_dict()), origin, record or built.record
    )
    if isinstance(built.network, Student):
        built.network.fold()
    return Backbone(built, ref=ref)


class Deepest(NamedTuple):
    """A network to be trained further, and the last of its layers that has weights."""

    network: nn.Module  # prepared images to {layer: (B, channels, h, w)}
    ref: BackboneRef
    layer: str
    channels: int


def load_deepest(
    name: str,
    *,
    weights: Path | None = None,
    folder: Path = FOLDER,
    allow_download: bool = True,
) -> Deepest:
    """Build a pretrained network up to layer4, or to layer3 where the weights end there.

    Raises:
        BackboneError: no weights were found, or they are damaged or of another architecture.
    """
    path, origin = find_weights(name, weights=weights, folder=folder, allow_download=allow_download)
    tensors = read_tensors(path)
    layer = find_deepest(name, tensors)
    built = build(name, (layer,), tensors, source=path)
    fill(built, tensors, name, path)
    ref = BackboneRef(name, hash_tensors(built.weights.state_dict()), origin, built.record)
    return Deepest(_NamedLayers(built.network, (layer,)), ref, layer, built.channels[layer])


def build_untrained(name: str, layer: str, *, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Build a network for weights that a checkpoint holds.

    Args:
        name: as for `load_backbone`.
        layer: the last one that is computed.
        tensors: of the network, by their names in it; they show how wide a student is.

    Raises:
        BackboneError: the tensors are those of another network.
    """
    built = build(name, (layer,), tensors, source="of the checkpoint")
    return _NamedLayers(built.network, (layer,))


class _NamedLayers(nn.Module):
    """Give the outputs of a network by layer name."""

    def __init__(self, network: nn.Module, layers: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self.layers = layers

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.network(images)
        if isinstance(features, dict):
            return {layer: features[layer] for layer in self.layers}
        return dict(zip(self.layers, features, strict=True))
