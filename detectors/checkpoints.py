"""One checkpoint format for every detector: safetensors beside JSON, written all or nothing.

A folder holds `weights.safetensors`, `detector.json` (settings, versions, what was seen in
training) and `calibration.json` (see `inspection.products.checkpoint_folders`). Nothing is pickled.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from detectors.devices import choose_device
from detectors.settings import settings_to_json
from inspection.errors import CheckpointError, NotFittedError, SettingsError
from inspection.files import FORMAT, write_json
from inspection.paths import train_again
from inspection.products.checkpoint_folders import CARD, read_card
from inspection.products.splits import fingerprint
from inspection.types import TrainingRecord

WEIGHTS = "weights.safetensors"
LIBRARIES = ("torch", "torchvision", "anomalib", "segmentation-models-pytorch", "timm", "numpy")


@dataclass(frozen=True, slots=True, eq=False)
class StoredDetector:
    """What a checkpoint folder holds of a detector, tensors on the CPU."""

    settings: dict[str, Any]
    state: dict[str, Any]  # small fitted values that are no tensors
    training: TrainingRecord
    tensors: dict[str, torch.Tensor]


class Storable(Protocol):
    """What a detector shows of itself to be stored."""

    name: ClassVar[str]
    settings: Any
    state: dict[str, Any]  # small fitted values that are no tensors
    training: TrainingRecord | None

    def __init__(self, *, device: str | None = None, **settings: Any) -> None: ...


Kind = TypeVar("Kind", bound=Storable)


def write_detector(folder: Path, detector: Storable, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write weights and card into an existing folder; `replace_folder` makes the whole step atomic.

    Raises:
        NotFittedError: there is nothing to save yet.
    """
    training = detector.training
    if training is None:
        raise not_fitted(detector.name)
    plain = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    weights = save(plain)
    (folder / WEIGHTS).write_bytes(weights)
    card = {
        "format": FORMAT,
        "detector": detector.name,
        "settings": settings_to_json(detector.settings),
        "state": detector.state,
        "training": dataclasses.asdict(training),
        "data_fingerprint": fingerprint(training.seen),
        "versions": {library: version(library) for library in LIBRARIES},
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    write_json(folder / CARD, card)


def read_detector(folder: Path, name: str) -> StoredDetector:
    """Read what `write_detector` wrote.

    Raises:
        CheckpointError: missing, damaged, of another detector or of another format.
    """
    card = read_card(folder)
    if card.get("detector") != name:
        raise CheckpointError(
            f"{folder / CARD} belongs to a {card.get('detector')!s} detector, not to {name}.",
            train_again(folder),
        )
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise CheckpointError(f"{weights} is missing.", train_again(folder))
    data = weights.read_bytes()  # not mapped: Windows cannot replace a mapped file
    if hashlib.sha256(data).hexdigest() != card.get("weights_sha256"):
        raise CheckpointError(
            f"{weights} is damaged, cut off or was exchanged.", train_again(folder)
        )
    try:
        tensors = load(data)
        training = TrainingRecord(**card["training"])
        return StoredDetector(dict(card["settings"]), dict(card["state"]), training, tensors)
    except SafetensorError as error:
        raise CheckpointError(f"{weights} is damaged ({error}).", train_again(folder)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{folder / CARD} lacks what this version needs ({error}).", train_again(folder)
        ) from error


def open_detector(
    kind: type[Kind], folder: Path, *, device: str | None
) -> tuple[Kind, StoredDetector]:
    """Return a stored detector with its settings and its record, whose tensors are still to be put.

    Raises:
        CheckpointError: missing, damaged, of another detector or of another version.
        SettingsError: there is no such device.
    """
    stored = read_detector(folder, kind.name)
    choose_device(device)  # an absent device is no fault of the checkpoint
    try:
        detector = kind(device=device, **stored.settings)
    except SettingsError as error:
        raise CheckpointError(
            f"{folder} was written by another version ({error.problem})", train_again(folder)
        ) from error
    detector.training, detector.state = stored.training, stored.state
    return detector, stored


def load_weights(module: torch.nn.Module, stored: StoredDetector, folder: Path) -> None:
    """Put stored tensors into a module of the same architecture.

    Raises:
        CheckpointError: a tensor is missing, left over or of another shape.
    """
    try:
        module.load_state_dict(stored.tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"{folder / WEIGHTS} does not fit the settings in {CARD}.", train_again(folder)
        ) from error


def not_fitted(name: str) -> NotFittedError:
    """Return the error for a detector that has not learned yet."""
    return NotFittedError(
        f"The {name} detector has not learned anything yet.",
        f"Run `python cli.py train --data DIR --detector {name}`, or call fit() first.",
    )
