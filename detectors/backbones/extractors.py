"""Pretrained feature extractors: how they are built and run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from torch import Tensor, nn

from detectors.backbones import student
from detectors.backbones.files import (
    FOLDER,
    find_weights,
    hash_tensors,
    pretrained_config,
    read_tensors,
)
from detectors.backbones.normalisation import IMAGENET, Normalisation, Normalise, find_normalisation
from detectors.settings import STUDENT
from inspection.errors import BackboneError


@dataclass(frozen=True, slots=True)
class BackboneRef:
    """Which weights extracted the features; stored beside every memory bank and shown on the page.

    Attributes:
        name: "student", or the name in timm, such as "resnet18".
        sha256: hash of the float tensors that the requested layers use, in float32 and in order of
            their names; so neither the container nor tensors that nothing reads matter.
        origin: such as "carried with the project", "file resnet18.pth", "timm cache" or "hub".
        normalisation: of the images that it is given.
    """

    name: str
    sha256: str
    origin: str
    normalisation: Normalisation = IMAGENET


class Backbone(nn.Module):
    """A frozen feature extractor: images in 0..1 go in, one tensor per layer comes out."""

    def __init__(self, network: nn.Module, *, ref: BackboneRef, grid: "Grid") -> None:
        super().__init__()
        self.network = network
        self.ref = ref
        self.layers = tuple(grid.channels)
        self.channels = dict(grid.channels)
        self.strides = dict(grid.strides)
        self.normalise = Normalise(ref.normalisation)
        self.requires_grad_(False)
        self.eval()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Map RGB images (B, 3, H, W) in 0..1 to {layer: (B, channels, H / stride, W / stride)}."""
        features = self.network(self.normalise(images))
        return {layer: features[layer] for layer in self.layers}

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever a surrounding module is switched to."""
        return super().train(mode and False)


@dataclass(frozen=True, slots=True)
class Grid:
    """Number of channels and stride of each requested layer, in their order."""

    channels: dict[str, int]
    strides: dict[str, int]


def load_backbone(
    name: str = STUDENT,
    *,
    layers: Sequence[str] = ("layer2", "layer3"),
    weights: Path | None = None,
    folder: Path = FOLDER,
    allow_download: bool = True,
    normalisation: Normalisation | None = None,
) -> Backbone:
    """Build a backbone with pretrained weights, never with random ones.

    Looked through in this order: `weights`, `folder`, the caches of timm and of torch hub, the hub.

    Args:
        name: "student", or a name in timm, with or without a tag ("resnet18.a1_in1k").
        layers: from "layer1" (stride 4) to "layer4" (stride 32); the student has no "layer4".
        weights: a state dict, as safetensors or as a file of `torch.save`.
        folder: where the project keeps its backbones.
        allow_download: ask the hub when nothing was found on this machine.
        normalisation: what a checkpoint was made with; else that of the network's own training.

    Raises:
        BackboneError: no weights were found, or they are damaged or of another architecture.
    """
    ordered = _check_layers(name, layers)
    path, origin = find_weights(name, weights=weights, folder=folder, allow_download=allow_download)
    tensors = read_tensors(path)
    build = _build_student if name == STUDENT else _build_timm
    network, grid = build(name, ordered, tensors, path)
    normalisation = normalisation or find_normalisation(name)
    ref = BackboneRef(name, hash_tensors(network.state_dict()), origin, normalisation)
    if isinstance(network, student.Student):
        network.fold()
    return Backbone(_NamedLayers(network, ordered), ref=ref, grid=grid)


class Deepest(NamedTuple):
    """A network to be trained further, and the last of its layers that has weights."""

    network: nn.Module  # normalised images to {layer: (B, channels, h, w)}
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
    layer = "layer4"
    if name == STUDENT or not _has_layer4(name, tensors):
        layer = "layer3"
    network, grid = (_build_student if name == STUDENT else _build_timm)(
        name, (layer,), tensors, path
    )
    digest = hash_tensors(network.state_dict())
    ref = BackboneRef(name, digest, origin, find_normalisation(name))
    return Deepest(_NamedLayers(network, (layer,)), ref, layer, grid.channels[layer])


def build_untrained(name: str, layer: str, *, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Build a network for weights that a checkpoint holds.

    Args:
        name: as for `load_backbone`.
        layer: the last one that is computed.
        tensors: of the network, by their names in it; they show how wide a student is.

    Raises:
        BackboneError: the tensors are those of another network.
    """
    if name != STUDENT:
        return _NamedLayers(_make_timm(name, (layer,)), (layer,))
    widths = student.read_widths(tensors)
    if widths is None:
        raise BackboneError("The weights of the backbone are incomplete.", "Train again.")
    return _NamedLayers(student.Student(widths), (layer,))


class _NamedLayers(nn.Module):
    """Give the outputs of a network by layer name."""

    def __init__(self, network: nn.Module, layers: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self.layers = layers

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.network(images)
        if isinstance(features, dict):
            return features
        return dict(zip(self.layers, features, strict=True))


def _check_layers(name: str, layers: Sequence[str]) -> tuple[str, ...]:
    known = student.LAYERS if name == STUDENT else (*student.LAYERS, "layer4")
    unknown = [layer for layer in layers if layer not in known]
    if unknown or not layers:
        raise BackboneError(
            f"The backbone {name} has no layer {', '.join(unknown) or 'without a name'}.",
            f"Choose from {', '.join(known)}.",
        )
    return tuple(sorted(set(layers)))


def _build_student(
    name: str, layers: tuple[str, ...], tensors: dict[str, Tensor], path: Path
) -> tuple[nn.Module, Grid]:
    widths = student.read_widths(tensors)
    if widths is None:
        raise _other_architecture(name, path, f"{student.LAYERS[0]}.down.conv.weight")
    network = student.Student(widths)
    _fill(network, tensors, name, path)
    channels = {layer: network.channels[layer] for layer in layers}
    return network, Grid(channels, {layer: student.STRIDES[layer] for layer in layers})


def _build_timm(
    name: str, layers: tuple[str, ...], tensors: dict[str, Tensor], path: Path
) -> tuple[nn.Module, Grid]:
    network = _make_timm(name, layers)
    _fill(network, tensors, name, path)
    channels = dict(zip(layers, map(int, network.feature_info.channels()), strict=True))
    strides = dict(zip(layers, map(int, network.feature_info.reduction()), strict=True))
    return network, Grid(channels, strides)


def _make_timm(name: str, layers: tuple[str, ...]) -> Any:
    import timm

    indices = tuple(int(layer.removeprefix("layer")) for layer in layers)
    pretrained_config(name)
    try:
        return timm.create_model(name, features_only=True, out_indices=indices, pretrained=False)
    except (RuntimeError, IndexError, AssertionError, AttributeError) as error:
        raise BackboneError(
            f"The backbone {name} cannot give {', '.join(layers)} ({error}).",
            "Choose a convolutional network such as resnet18 or wide_resnet50_2.",
        ) from error


def _has_layer4(name: str, tensors: Mapping[str, Tensor]) -> bool:
    """Return whether weights reach beyond layer3, however timm names what comes there."""
    shallow, whole = (
        set(map(_joined, _make_timm(name, (layer,)).state_dict())) for layer in ("layer3", "layer4")
    )
    return bool((whole - shallow) & set(map(_joined, tensors)))


def _joined(key: str) -> str:
    """Return a name as timm joins nested ones when it cuts features out of some architectures."""
    return key.removeprefix("module.").replace(".", "_")


def _fill(network: nn.Module, tensors: Mapping[str, Tensor], name: str, path: Path) -> None:
    """Load every tensor that the network needs; what it does not need may be there (fc, layer4)."""
    stored = {_joined(key): key for key in tensors}
    needed = network.state_dict()
    found: dict[str, Tensor] = {}
    for key, template in needed.items():
        source = stored.get(_joined(key))
        if source is not None and tensors[source].shape == template.shape:
            found[key] = tensors[source].to(template.dtype)
        elif not key.endswith("num_batches_tracked"):
            raise _other_architecture(name, path, key)
    network.load_state_dict(found, strict=False)


def _other_architecture(name: str, path: Path, missing: str) -> BackboneError:
    return BackboneError(
        f"The weights file {path} does not fit the backbone {name}: {missing} is missing "
        "or of another shape.",
        "Name the backbone that these weights belong to, or another file.",
    )
