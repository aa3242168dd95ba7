"""The networks behind backbones: the student's, timm's convolutional ones, vision transformers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from detectors.backbones import student
from detectors.backbones.files import pretrained_config
from detectors.backbones.packages import translate_packaged
from detectors.backbones.record import IMAGENET, BackboneRecord
from detectors.backbones.tokens import (
    BLOCK,
    TokenNetwork,
    is_transformer,
    make_token_record,
    make_transformer,
    translate_tokens,
)
from detectors.settings import STUDENT
from inspection.errors import BackboneError, first_line

LAYERS = (*student.LAYERS, "layer4")
LAYER_STRIDES = {layer: 4 * 2**depth for depth, layer in enumerate(LAYERS)}


@dataclass(frozen=True, slots=True, eq=False)
class Architecture:
    """A network, where its outputs lie, and what it wants.

    Attributes:
        network: prepared images to a dict or a list of one map per layer.
        weights: the part of it whose tensors are loaded and hashed.
        channels: of each layer, in their order.
        strides: of each layer.
    """

    network: nn.Module
    weights: nn.Module
    channels: dict[str, int]
    strides: dict[str, int]
    record: BackboneRecord

    @property
    def layers(self) -> tuple[str, ...]:
        """The requested layers, the finest first."""
        return tuple(self.channels)


def build(
    name: str, layers: Sequence[str] | None, tensors: Mapping[str, Tensor], *, source: object
) -> Architecture:
    """Build a network with random weights.

    Args:
        name: "student", or a name in timm, with or without a tag.
        layers: as for `load_backbone`; those of the backbone's record when left out.
        tensors: what it will be filled with; they show how wide a student is.
        source: where they are from, for the sentence that refuses them.

    Raises:
        BackboneError: there is no such network or layer, or the tensors are no student's.
    """
    if name != STUDENT and is_transformer(name):
        return _build_transformer(name, layers)
    known = student.LAYERS if name == STUDENT else LAYERS
    ordered = _order(name, IMAGENET.layers if layers is None else layers, known)
    if name == STUDENT:
        return _build_student(ordered, tensors, source)
    return _build_convolutional(name, ordered)


def fill(built: Architecture, tensors: Mapping[str, Tensor], name: str, path: Path) -> None:
    """Load every tensor that the network needs; what it does not need may be there (fc, layer4).

    Raises:
        BackboneError: one is missing or of another shape.
    """
    tensors = _translate(built, tensors, name, path)
    stored = {_joined(key): key for key in tensors}
    found: dict[str, Tensor] = {}
    for key, template in built.weights.state_dict().items():
        source = stored.get(_joined(key))
        if source is not None and tensors[source].shape == template.shape:
            found[key] = tensors[source].to(template.dtype)
        elif not key.endswith("num_batches_tracked"):
            raise _other_architecture(name, path, f"{key} is missing or of another shape")
    built.weights.load_state_dict(found, strict=False)


def find_deepest(name: str, tensors: Mapping[str, Tensor]) -> str:
    """Return "layer4", or "layer3" where the weights of a network end there."""
    if name == STUDENT:
        return student.LAYERS[-1]
    if is_transformer(name):
        return LAYERS[-1]
    stored = set(map(_joined, translate_packaged(tensors, name)))
    shallow, whole = (
        set(map(_joined, _build_convolutional(name, (layer,)).weights.state_dict()))
        for layer in LAYERS[-2:]
    )
    # timm cuts no EfficientNet where its output ends: both have the same tensors
    beyond = (whole - shallow) or whole
    return LAYERS[-1] if beyond & stored else LAYERS[-2]


def _order(name: str, layers: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    unknown = [layer for layer in layers if layer not in known]
    if unknown or not layers:
        raise BackboneError(
            f"The backbone {name} has no layer {', '.join(unknown) or 'without a name'}.",
            f"Choose from {', '.join(known)}.",
        )
    return tuple(sorted(set(layers), key=known.index))


def _build_student(
    layers: tuple[str, ...], tensors: Mapping[str, Tensor], source: object
) -> Architecture:
    widths = student.read_widths(tensors)
    if widths is None:
        first = f"{student.LAYERS[0]}.down.conv.weight"
        raise _other_architecture(STUDENT, source, f"{first} is missing")
    network = student.Student(widths)
    channels = {layer: network.channels[layer] for layer in layers}
    strides = {layer: student.STRIDES[layer] for layer in layers}
    return Architecture(network, network, channels, strides, IMAGENET)


def _build_transformer(name: str, layers: Sequence[str] | None) -> Architecture:
    config = pretrained_config(name)
    transformer = make_transformer(name)
    record = make_token_record(transformer, config.mean, config.std)
    blocks = tuple(f"{BLOCK}{number}" for number in range(1, len(transformer.blocks) + 1))
    ordered = _order(name, record.layers if layers is None else layers, (*LAYERS, *blocks))
    channels = dict.fromkeys(ordered, int(transformer.embed_dim))
    strides = {layer: LAYER_STRIDES.get(layer, record.multiple) for layer in ordered}
    network = TokenNetwork(transformer, ordered)
    return Architecture(network, transformer, channels, strides, record)


def _build_convolutional(name: str, layers: tuple[str, ...]) -> Architecture:
    import timm

    indices = tuple(int(layer.removeprefix("layer")) for layer in layers)
    config = pretrained_config(name)
    try:
        network: Any = timm.create_model(
            name, features_only=True, out_indices=indices, pretrained=False
        )
    except (RuntimeError, IndexError, AssertionError, AttributeError) as error:
        raise BackboneError(
            f"The backbone {name} cannot give {', '.join(layers)} ({first_line(error)}).",
            "Choose a convolutional network such as resnet18 or wide_resnet50_2.",
        ) from error
    channels = dict(zip(layers, map(int, network.feature_info.channels()), strict=True))
    strides = dict(zip(layers, map(int, network.feature_info.reduction()), strict=True))
    record = replace(IMAGENET, mean=tuple(config.mean), std=tuple(config.std))
    return Architecture(network, network, channels, strides, record)


def _translate(
    built: Architecture, tensors: Mapping[str, Tensor], name: str, path: Path
) -> Mapping[str, Tensor]:
    if not isinstance(built.network, TokenNetwork):
        return translate_packaged(tensors, name)
    try:
        return translate_tokens(tensors, built.weights)
    except (LookupError, RuntimeError, ValueError) as error:
        raise _other_architecture(name, path, str(error)) from error


def _joined(key: str) -> str:
    """Return a name as timm joins nested ones when it cuts features out of some architectures."""
    return key.removeprefix("module.").replace(".", "_")


def _other_architecture(name: str, source: object, reason: str) -> BackboneError:
    return BackboneError(
        f"The weights file {source} does not fit the backbone {name}: {reason}.",
        "Name the backbone that these weights belong to, or another file.",
    )
