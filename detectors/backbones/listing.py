"""Which backbones this machine can use, from where, and how fast each is."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from detectors.backbones.extractors import load_backbone
from detectors.backbones.files import FOLDER, SUFFIXES, find_weights, is_bound, pretrained_config
from detectors.backbones.packages import PACKAGES
from detectors.devices import choose_device, synchronize
from detectors.settings import STUDENT
from inspection.errors import BackboneError

WORTH_NAMING = (
    STUDENT,
    "tf_efficientnet_lite0",
    "vit_small_patch14_reg4_dinov2",
    "vit_base_patch14_reg4_dinov2",
    "resnet18",
    "resnet50",
    "wide_resnet50_2",
    "efficientnet_b0",
    "vit_small_patch16_dinov3",
)
"""What is listed even where its weights are missing; timm knows hundreds more."""

SIDE = 256
WARM, TIMED = 2, 7  # images
HUB_CACHE_MARK = "models--timm--"


@dataclass(frozen=True, slots=True)
class ListedBackbone:
    """A backbone, and whether this machine has its weights.

    Attributes:
        name: as for `load_backbone`.
        path: the file of its weights; None where there is none.
        origin: where it lies, in words; empty where there is none.
        licence: as timm names it.
        needs: what is to be done before it can be used; empty where nothing is.
    """

    name: str
    path: Path | None
    origin: str
    licence: str
    needs: str


def list_backbones(folder: Path = FOLDER) -> list[ListedBackbone]:
    """Return what is worth naming and whatever else lies on this machine, without the network."""
    names = dict.fromkeys([*WORTH_NAMING, *_names_in(folder), *_names_in_hub_cache()])
    return [_look_up(name, folder) for name in names]


def find_unnamed(folder: Path = FOLDER) -> list[Path]:
    """Return the files of weights that are not called as any network of timm is."""
    return [path for path in _files_in(folder) if _network_of(path.stem) is None]


def measure_milliseconds(
    name: str,
    *,
    folder: Path = FOLDER,
    device: str | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the median time that one image of 256 x 256 takes, to the layers of the record.

    Raises:
        BackboneError: the weights are missing, damaged or of another network.
        SettingsError: the device is absent.
    """
    place = choose_device(device)
    backbone = load_backbone(name, folder=folder, allow_download=False).to(place)
    image = torch.full((1, 3, SIDE, SIDE), 0.5, device=place)
    seconds = []
    with torch.inference_mode():
        for _ in range(WARM + TIMED):
            start = clock()
            backbone(image)
            synchronize(place)
            seconds.append(clock() - start)
    return 1000 * sorted(seconds[WARM:])[TIMED // 2]


def _look_up(name: str, folder: Path) -> ListedBackbone:
    licence = "apache-2.0" if name == STUDENT else pretrained_config(name).license or "unknown"
    try:
        path, origin = find_weights(name, folder=folder, allow_download=False)
    except BackboneError:
        return ListedBackbone(name, None, "", licence, _describe_need(name))
    return ListedBackbone(name, path, origin, licence, "")


def _describe_need(name: str) -> str:
    if name == STUDENT:
        return "git checkout checkpoints/backbones"
    if is_bound(name):
        return "a file of weights, under a licence that everybody accepts for themselves"
    if name in PACKAGES:
        return f"the package {PACKAGES[name][0]}, the hub or a file of weights"
    return "the hub or a file of weights"


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES and path.is_file())


def _names_in(folder: Path) -> Iterator[str]:
    for path in _files_in(folder):
        name = _network_of(path.stem)
        if name is not None:
            yield name


def _network_of(stem: str) -> str | None:
    """Return the longest name in timm with which the name of a file begins."""
    import timm

    if stem == STUDENT:
        return STUDENT
    fitting = [
        name
        for name in timm.list_models()
        if stem == name or any(stem.startswith(name + mark) for mark in "._-")
    ]
    return max(fitting, key=len, default=None)


def _names_in_hub_cache() -> Iterator[str]:
    """Yield the networks that timm has fetched, with their tags unless they are the usual ones."""
    import timm
    from huggingface_hub import constants

    for path in sorted(Path(constants.HF_HUB_CACHE).glob(f"{HUB_CACHE_MARK}*")):
        name = path.name.removeprefix(HUB_CACHE_MARK)
        architecture = name.partition(".")[0]
        if timm.is_model(architecture) and timm.models.is_model_pretrained(name):
            is_usual = pretrained_config(architecture) == pretrained_config(name)
            yield architecture if is_usual else name
