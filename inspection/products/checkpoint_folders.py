"""Checkpoint folders as they lie on disk: whether they are there, how old, what they have seen."""

from pathlib import Path

from inspection.calibration import CALIBRATION, CARD, read_calibration
from inspection.errors import CheckpointError
from inspection.files import read_json, recover_folder, try_writing


def is_there(folder: Path) -> bool:
    """Tell whether a checkpoint is there; one that a killed training left aside is brought back."""
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
            "Mend its rights, or choose another folder with --checkpoints.",
        ) from error


def read_seen(folder: Path) -> dict[str, str]:
    """Return id -> pixel hash of every image a stored detector saw, in training or calibration.

    Raises:
        CheckpointError: the checkpoint is damaged.
    """
    training = read_json(folder / CARD).get("training", {})
    return {**training.get("seen", {}), **read_calibration(folder).seen}


def stamp(folder: Path) -> float:
    """Return a number that changes when a checkpoint is written anew."""
    return sum(map(mtime, (folder / CARD, folder / CALIBRATION)))


def mtime(file: Path) -> float:
    """Return when a file was written; 0 for one that is not there."""
    try:
        return file.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):  # a training may be replacing it just now
        return 0.0
