"""One checkpoint format for every detector: safetensors beside JSON, written all or nothing.

A folder holds `weights.safetensors`, `detector.json` (settings, versions, what was seen in
training) and `calibration.json` (see `inspection.products.checkpoint_folders`). Nothing is pickled.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor, nn

from detectors.devices import choose_device
from detectors.settings import settings_to_json
from inspection.detector import Detector, StoredDetector
from inspection.errors import CheckpointError, NotFittedError, SettingsError, first_line
from inspection.files import FORMAT, write_json
from inspection.paths import train_again
from inspection.products.checkpoint_folders import fingerprint, read_card, read_learned
from inspection.products.manifest import CARD, WEIGHTS, read_manifest
from inspection.types import TrainingRecord

LIBRARIES = ("torch", "torchvision", "anomalib", "segmentation-models-pytorch", "timm", "numpy")


Kind = TypeVar("Kind", bound=Detector)
Module = TypeVar("Module", bound=nn.Module)


def save_detector(detector: Detector, folder: Path) -> None:
    """Write weights and card into an existing folder; `replace_folder` makes the whole step atomic.

    Raises:
        NotFittedError: there is nothing to save yet.
    """
    training = detector.training
    if training is None:
        raise not_fitted(detector.name)
    # safetensors writes the memory of an array as it lies there
    weights = save({name: np.asarray(one, order="C") for name, one in detector.weights().items()})
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


def open_detector(kind: type[Kind], folder: Path, *, device: str | None = None) -> Kind:
    """Return the detector of that kind that a folder holds; it predicts as before.

    Raises:
        CheckpointError: missing, damaged, of another detector or of another version.
        BackboneError: the backbone that it learned with was not found.
        SettingsError: there is no such device.
    """
    stored = _read(folder, kind.name)
    choose_device(device)  # an absent device is no fault of the checkpoint
    try:
        detector = kind(device=device, **stored.settings)
        detector.state, detector.training = stored.state, stored.training
        detector.restore(stored)
    except SettingsError as error:
        raise CheckpointError(
            f"{folder} was written by another version ({error.problem})", train_again(folder)
        ) from error
    except KeyError as error:
        raise CheckpointError(
            f"{folder} was written by another version: it lacks what this version needs ({error}).",
            train_again(folder),
        ) from error
    except (TypeError, ValueError, AttributeError) as error:  # of a state of other kinds
        raise CheckpointError(
            f"{folder / CARD} is damaged ({first_line(error)}).", train_again(folder)
        ) from error
    return detector


def _read(folder: Path, name: str) -> StoredDetector:
    card = read_card(folder)
    if card.get("detector") != name:
        raise CheckpointError(
            f"{folder / CARD} belongs to a {card.get('detector')!s} detector, not to {name}.",
            train_again(folder),
        )
    path = folder / WEIGHTS
    if not path.is_file():
        raise CheckpointError(f"{path} is missing.", train_again(folder))
    data = path.read_bytes()  # not mapped: Windows cannot replace a mapped file
    digest, sums = hashlib.sha256(data).hexdigest(), read_manifest(folder)
    if digest != card.get("weights_sha256") or (sums is not None and digest != sums[WEIGHTS]):
        raise CheckpointError(f"{path} is damaged, cut off or was exchanged.", train_again(folder))
    try:
        weights = load(data)
        training = TrainingRecord(**{**card["training"], "seen": read_learned(folder, card)})
        settings, state = dict(card["settings"]), dict(card["state"])
        return StoredDetector(folder, settings, state, training, weights)
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}).", train_again(folder)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{folder / CARD} lacks what this version needs ({error}).", train_again(folder)
        ) from error


def load_weights(module: Module, tensors: Mapping[str, Tensor], folder: Path) -> Module:
    """Put stored tensors into a module of the same architecture.

    Raises:
        CheckpointError: a tensor is missing, left over or of another shape.
    """
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"{folder / WEIGHTS} does not fit the settings in {CARD}.", train_again(folder)
        ) from error
    return module


def not_fitted(name: str) -> NotFittedError:
    """Return the error for a detector that has not learned yet."""
    return NotFittedError(
        f"The {name} detector has not been trained yet.",
        f"Run `python cli.py train --data DIR --detector {name}`, or call fit() first.",
    )
