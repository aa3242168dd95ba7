"""The detectors by name, each imported only when it is asked for."""

from importlib import import_module
from pathlib import Path
from typing import Any

from inspection.errors import SettingsError
from inspection.types import Detector

CLASSES = {
    "cae": "detectors.cae:CAE",
    "unet": "detectors.unet:UNet",
    "patchcore": "detectors.patchcore:PatchCore",
}


def detector_class(name: str) -> type[Detector]:
    """Return the class of a detector.

    Raises:
        SettingsError: there is no detector of that name.
    """
    if name not in CLASSES:
        raise SettingsError(
            f"There is no detector called {name}.", f"Choose from {', '.join(CLASSES)}."
        )
    module, _, attribute = CLASSES[name].partition(":")
    found: type[Detector] = getattr(import_module(module), attribute)
    return found


def create_detector(name: str, **settings: Any) -> Detector:
    """Make an unfitted detector with the given settings."""
    return detector_class(name)(**settings)


def load_detector(folder: Path, *, device: str | None = None) -> Detector:
    """Read a checkpoint folder, whose name is the detector's.

    Raises:
        CheckpointError: missing, damaged, foreign or of another version.
    """
    return detector_class(folder.name).load(folder, device=device)
