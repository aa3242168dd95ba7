"""The files that hold the weights of backbones: where they are found, and how they are read."""

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from detectors.backbones.packages import find_packaged
from detectors.settings import STUDENT
from inspection.errors import BackboneError

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints" / "backbones"
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
BINDING_LICENCES = ("dinov3-license", "dinov3")  # as newer and older versions of timm call it
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
            f"{name} is not the name of a backbone.",
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
    if is_bound(name):
        raise BackboneError(
            f"The weights of {name} come under the DINOv3 License, which everybody has to accept "
            "for themselves.",
            "Accept it where Meta publishes them, and name the file as --backbone-weights, or take "
            "vit_small_patch14_reg4_dinov2 (Apache-2.0).",
        )
    found = find_packaged(name) or _find_in_caches(name)
    return found or _download(name, folder, allow_download=allow_download)


def is_bound(name: str) -> bool:
    """Return whether a backbone's licence binds what is derived from it, too."""
    return name != STUDENT and pretrained_config(name).license in BINDING_LICENCES


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


def pretrained_config(name: str) -> Any:
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


def _find_in_folder(name: str, folder: Path) -> Path | None:
    exact = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
    longer = sorted(
        path
        for mark in "._-"
        for path in folder.glob(f"{name}{mark}*")
        if path.suffix in SUFFIXES and name != STUDENT
    )
    return next((path for path in (*exact, *longer) if path.is_file()), None)


def _find_in_caches(name: str) -> tuple[Path, str] | None:
    from huggingface_hub import try_to_load_from_cache

    config = pretrained_config(name)
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

    config = pretrained_config(name)
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
