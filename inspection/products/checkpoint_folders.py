"""Checkpoint folders as they lie on disk: whether they are there, their calibration, their images.

`calibration.json` lies beside the weights of a detector, whose hash it holds.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inspection.errors import CheckpointError
from inspection.files import (
    FORMAT,
    checked_content,
    recover_folder,
    try_writing,
    write_json,
)
from inspection.paths import train_again
from inspection.products.manifest import CALIBRATION, CARD, read_vouched
from inspection.types import Calibration, Outline

Stamp = tuple[int, ...]
"""What changes when a file is replaced."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredCalibration:
    """A calibration with the images behind it (id -> pixel hash), never to be tested on."""

    calibration: Calibration
    seen: Mapping[str, str]


def is_there(folder: Path) -> bool:
    """Return whether a checkpoint is there; one left aside by a killed training is brought back."""
    recover_folder(folder)
    return folder.is_dir()


def check_writable(folder: Path) -> None:
    """Check that checkpoints can be kept in a folder, which may not be there, before any work.

    Raises:
        CheckpointError: they cannot.
    """
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        try_writing(place)
    except OSError as error:
        raise CheckpointError(
            f"Checkpoints cannot be kept in {folder} ({place}: {error.strerror}).",
            "Correct its permissions, or choose another folder with --checkpoints.",
        ) from error


def read_card(folder: Path) -> dict[str, Any]:
    """Return the content of `detector.json`: settings, state, training and the hash of the weights.

    Raises:
        CheckpointError: missing, damaged, changed or of another version.
    """
    return read_vouched(folder, CARD)


def read_seen(folder: Path) -> dict[str, str]:
    """Return id -> pixel hash of every image a stored detector saw, in training or calibration.

    Raises:
        CheckpointError: the checkpoint is damaged.
    """
    return {**read_learned(folder, read_card(folder)), **read_calibration(folder).seen}


def read_learned(folder: Path, card: Mapping[str, Any]) -> dict[str, str]:
    """Return id -> pixel hash of every image that a detector learned from.

    Args:
        folder: of the checkpoint.
        card: its card.

    Raises:
        CheckpointError: it is not the list that the card was written with.
    """
    with checked_content(folder / CARD):
        seen = dict(card.get("training", {}).get("seen", {}))
        # fakes and the oldest checkpoints have no fingerprint
        if card.get("data_fingerprint", fingerprint(seen)) != fingerprint(seen):
            raise ValueError("the list of images seen is not the one that it was written with")
        return seen


def fingerprint(seen: Mapping[str, str]) -> str:
    """Return 16 hex digits that name a set of images, by id and pixels."""
    text = json.dumps(sorted(seen.items()), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stamp_folder(folder: Path) -> Stamp:
    """Return what changes when a checkpoint is written anew."""
    return stamp_file(folder / CARD) + stamp_file(folder / CALIBRATION)


def stamp_file(file: Path) -> Stamp:
    """Return what changes when a file is replaced; nothing for one that is not there.

    The time alone would not do: some file systems keep it to two seconds.
    """
    try:
        state = file.stat()
    except (FileNotFoundError, NotADirectoryError):  # a training may be replacing it just now
        return ()
    return state.st_mtime_ns, state.st_size, state.st_ino


def save_calibration(folder: Path, calibration: Calibration, seen: Mapping[str, str]) -> None:
    """Write `calibration.json` into a checkpoint folder that a detector was saved into before.

    Raises:
        CheckpointError: the folder holds no detector.
    """
    # repr of a float32 as float64 comes back as the same float32
    scores = [float(score) for score in calibration.normal_scores]
    content = {
        "format": FORMAT,
        "weights_sha256": _weights_hash(folder),
        "outline": asdict(calibration.outline),
        "normal_scores": dict(zip(calibration.units, scores, strict=True)),
        "drawn_scores": [float(score) for score in calibration.drawn_scores],
        "seen": dict(seen),
    }
    write_json(folder / CALIBRATION, content)


def load_calibration(folder: Path) -> StoredCalibration:
    """Read `calibration.json`.

    Raises:
        CheckpointError: missing, damaged, of another version, made for other weights, or without
            a good part to judge by.
    """
    stored = read_calibration(folder)
    if not stored.calibration.gives_verdicts:
        raise no_verdict(folder.name)
    return stored


def no_verdict(detector: str) -> CheckpointError:
    """Return the error of a detector that is to judge and has never seen a good part."""
    return CheckpointError(
        f"{detector} has learned from defects alone: it names them, but gives no verdict.",
        "Add good images to the dataset and train again.",
    )


def read_calibration(folder: Path) -> StoredCalibration:
    """Read `calibration.json`, also one without good parts.

    Raises:
        CheckpointError: missing, damaged, changed, of another version or made for other weights.
    """
    content = read_vouched(folder, CALIBRATION)
    if content.get("weights_sha256") != _weights_hash(folder):
        raise CheckpointError(
            f"{folder / CALIBRATION} was not made for the weights beside it.", train_again(folder)
        )
    with checked_content(folder / CALIBRATION):
        scores = content["normal_scores"]
        ascending = np.array(list(scores.values()), np.float32)
        if not np.isfinite(ascending).all() or (np.diff(ascending) < 0).any():
            raise ValueError("its normal scores are not finite or not in order")
        drawn = np.array(content.get("drawn_scores", []), np.float32)
        if len(drawn) not in (0, len(ascending)) or not np.isfinite(drawn).all():
            raise ValueError("its scores of drawn defects are not those of its parts")
        # a checkpoint from before outlines had a level of their own has none
        outline = Outline(**content.get("outline", {}))
        calibration = Calibration(ascending, tuple(scores), drawn, outline)
        return StoredCalibration(calibration, dict(content["seen"]))


def _weights_hash(folder: Path) -> str:
    """Return the hash of the weights as the detector's card has it, which loading them checks."""
    return str(read_card(folder).get("weights_sha256", ""))
