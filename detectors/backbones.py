"""Pretrained feature extractors: where their weights come from, and how they are run."""

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from detectors import student
from inspection.errors import BackboneError

FOLDER = Path(__file__).resolve().parent.parent / "checkpoints" / "backbones"
STUDENT = "student"
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
PREFERRED_TAG = "tv_in1k"  # torchvision's first ImageNet weights, which Roth et al. 2022 used
UNREADABLE = (
    SafetensorError,
    pickle.UnpicklingError,
    EOFError,
    RuntimeError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
)
"""What reading a weights file may end with: torch.load obeys the first bytes of any file."""


@dataclass(frozen=True, slots=True)
class BackboneRef:
    """Which weights extracted the features; stored beside every memory bank and shown on the page.

    Attributes:
        name: "student", or the name in timm, such as "resnet18".
        sha256: hash of the float tensors that the asked-for layers use, in float32 and in order of
            their names; so neither the container nor tensors that nothing reads matter.
        origin: such as "carried with the project", "file resnet18.pth", "timm cache" or "hub".
    """

    name: str
    sha256: str
    origin: str


class Backbone(nn.Module):
    """A frozen feature extractor: images in 0..1 go in, one tensor per layer comes out."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, *, ref: BackboneRef, grid: "Grid") -> None:
        super().__init__()
        self.network = network
        self.ref = ref
        self.layers = tuple(grid.channels)
        self.channels = dict(grid.channels)
        self.strides = dict(grid.strides)
        shape = (1, 3, 1, 1)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(shape), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(shape), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Map RGB images (B, 3, H, W) in 0..1 to {layer: (B, channels, H / stride, W / stride)}."""
        features = self.network((images - self.mean) / self.std)
        return {layer: features[layer] for layer in self.layers}

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever a surrounding module is switched to."""
        return super().train(mode and False)


@dataclass(frozen=True, slots=True)
class Grid:
    """Number of channels and stride of each asked-for layer, in their order."""

    channels: dict[str, int]
    strides: dict[str, int]


def load_backbone(
    name: str = STUDENT,
    *,
    layers: Sequence[str] = ("layer2", "layer3"),
    weights: Path | None = None,
    folder: Path = FOLDER,
    allow_download: bool = True,
) -> Backbone:
    """Build a backbone with pretrained weights, never with random ones.

    Looked through in this order: `weights`, `folder`, the caches of timm and of torch hub, the hub.

    Args:
        name: "student", or a name in timm, with or without a tag ("resnet18.a1_in1k").
        layers: from "layer1" (stride 4) to "layer4" (stride 32); the student has no "layer4".
        weights: a state dict, as safetensors or as a file of `torch.save`.
        folder: where the project keeps its backbones.
        allow_download: ask the hub when nothing was found on this machine.

    Raises:
        BackboneError: no weights were found, or they are damaged or of another architecture.
    """
    ordered = _check_layers(name, layers)
    path, origin = find_weights(name, weights=weights, folder=folder, allow_download=allow_download)
    tensors = read_tensors(path)
    build = _build_student if name == STUDENT else _build_timm
    network, grid = build(name, ordered, tensors, path)
    ref = BackboneRef(name, hash_tensors(network.state_dict()), origin)
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
    ref = BackboneRef(name, hash_tensors(network.state_dict()), origin)
    return Deepest(_NamedLayers(network, (layer,)), ref, layer, grid.channels[layer])


def build_untrained(name: str, layer: str, *, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Build a network for weights that a checkpoint holds.

    Args:
        name: as for `load_backbone`.
        layer: the last one that is computed.
        tensors: of the network, by their names in it; they tell how wide a student is.

    Raises:
        BackboneError: the tensors are those of another network.
    """
    if name != STUDENT:
        return _NamedLayers(_make_timm(name, (layer,)), (layer,))
    widths = student.read_widths(tensors)
    if widths is None:
        raise BackboneError("The weights of the backbone are incomplete.", "Train again.")
    return _NamedLayers(student.Student(widths), (layer,))


def find_weights(
    name: str, *, weights: Path | None = None, folder: Path = FOLDER, allow_download: bool = True
) -> tuple[Path, str]:
    """Return the file that holds a backbone's weights, and where it came from in words.

    Raises:
        BackboneError: there is none, or the named file does not exist.
    """
    if weights is not None:
        if not weights.is_file():
            raise BackboneError(
                f"There is no weights file {weights}.", "Check the path given as weights."
            )
        return weights, f"file {weights.name}"
    if any(mark in name for mark in "/\\:*?"):
        raise BackboneError(
            f"{name} is no name of a backbone.",
            "Give a file of weights as --backbone-weights, and the name of its network beside it.",
        )
    kept = _find_in_folder(name, folder)
    if kept is not None:
        carried = name == STUDENT and folder == FOLDER
        return kept, "carried with the project" if carried else f"file {kept.name}"
    if name == STUDENT:
        raise BackboneError(
            f"The project's own backbone is missing: {folder / 'student.safetensors'}.",
            "Restore it with `git checkout checkpoints/backbones`, or make it anew with "
            "`python cli.py distill-backbone --teacher PATH`.",
        )
    return _find_in_caches(name) or _download(name, folder, allow_download=allow_download)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a state dict from safetensors or a `torch.save` file, without running pickled code.

    Raises:
        BackboneError: the file is damaged or holds something else.
    """
    fix = "Copy or download the file again, or name another one."
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        reason = (str(error).strip().splitlines() or [""])[0]
        reason = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        raise BackboneError(
            f"The weights file {path} is damaged or holds no plain tensors ({reason}).", fix
        ) from error
    if isinstance(content, dict):
        content = content.get("state_dict", content)
    if not isinstance(content, dict) or not all(map(torch.is_tensor, content.values())):
        raise BackboneError(f"The weights file {path} holds no state dict of tensors.", fix)
    return cast(dict[str, Tensor], content)


def hash_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Return the sha256 over names, shapes and float32 bytes of the float tensors, by name."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        if not tensor.is_floating_point():
            continue  # counters of batch norm
        plain = tensor.detach().to("cpu", torch.float32).contiguous()
        digest.update(f"{name} {tuple(plain.shape)}\n".encode())
        digest.update(plain.numpy().astype("<f4", copy=False).tobytes())
    return digest.hexdigest()


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
    _pretrained_config(name)
    try:
        return timm.create_model(name, features_only=True, out_indices=indices, pretrained=False)
    except (RuntimeError, IndexError, AssertionError, AttributeError) as error:
        raise BackboneError(
            f"The backbone {name} cannot give {', '.join(layers)} ({error}).",
            "Choose a convolutional network such as resnet18 or wide_resnet50_2.",
        ) from error


def _has_layer4(name: str, tensors: Mapping[str, Tensor]) -> bool:
    """Tell whether weights reach beyond layer3, however timm names what comes there."""
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


def _find_in_folder(name: str, folder: Path) -> Path | None:
    exact = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
    longer = sorted(
        path
        for mark in "._-"
        for path in folder.glob(f"{name}{mark}*")
        if path.suffix in SUFFIXES and name != STUDENT
    )
    return next((path for path in (*exact, *longer) if path.is_file()), None)


def _pretrained_config(name: str) -> Any:
    """Return timm's record of the named tag, else of torchvision's, else of timm's default."""
    import timm

    architecture, _, tag = name.partition(".")
    preferred = f"{architecture}.{tag or PREFERRED_TAG}"
    if timm.models.is_model_pretrained(preferred):
        return timm.get_pretrained_cfg(preferred)
    if not tag and timm.is_model(architecture):
        return timm.get_pretrained_cfg(architecture)
    near = timm.list_pretrained(f"*{architecture}*")[:3] or ["resnet18", "wide_resnet50_2"]
    raise BackboneError(
        f"There is no backbone called {name}.",
        f"Choose {STUDENT}, {', '.join(near)} or another network that timm knows.",
    )


def _find_in_caches(name: str) -> tuple[Path, str] | None:
    from huggingface_hub import try_to_load_from_cache

    config = _pretrained_config(name)
    for file in HUB_FILES if config.hf_hub_id else ():
        cached = try_to_load_from_cache(config.hf_hub_id, file)
        if isinstance(cached, str):
            return Path(cached), "timm cache"
    if config.url:
        kept = Path(torch.hub.get_dir()) / "checkpoints" / Path(config.url).name
        if kept.is_file():
            return kept, "torch hub cache"
    return None


def _download(name: str, folder: Path, *, allow_download: bool) -> tuple[Path, str]:
    from huggingface_hub import hf_hub_download

    config = _pretrained_config(name)
    place = f"https://huggingface.co/{config.hf_hub_id}"
    fix = (
        f"Download {HUB_FILES[0]} from {place} on a machine with a network and put it at "
        f"{folder / name}.safetensors, or use the backbone {STUDENT}, which comes with the project."
    )
    if not allow_download or not config.hf_hub_id:
        raise BackboneError(f"No weights of the backbone {name} are on this machine.", fix)
    try:
        return Path(hf_hub_download(config.hf_hub_id, HUB_FILES[0])), "hub"
    except (OSError, ValueError) as error:  # every error of huggingface_hub is one of the two
        raise BackboneError(
            f"No weights of the backbone {name} are on this machine, and {place} did not answer.",
            fix,
        ) from error
