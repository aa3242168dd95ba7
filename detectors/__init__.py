"""The registry of detectors, one line each, and the small backbone; PyTorch is imported late."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from detectors import boxes, cae, classifier, patchcore, unet
from detectors.entry import Entry
from detectors.settings import parse_setting, unknown_setting
from inspection.detector import Detector, DetectorInfo
from inspection.embedding import Embed
from inspection.errors import SettingsError
from inspection.names import join_names
from inspection.types import RGBImage

ENTRIES: Sequence[Entry] = (
    cae.ENTRY,
    unet.ENTRY,
    patchcore.ENTRY,
    classifier.ENTRY,
    boxes.ENTRY,
)
"""In the order in which they stand beside each other."""


def list_detectors() -> dict[str, DetectorInfo]:
    """Return what people see of each detector, by name."""
    return {entry.info.name: entry.info for entry in ENTRIES}


def list_defaults() -> tuple[str, ...]:
    """Return the names of the detectors that are trained where none is named."""
    return tuple(entry.info.name for entry in ENTRIES if entry.info.is_default)


def find_entry(name: str) -> Entry:
    """Return all that is known of a detector.

    Raises:
        SettingsError: there is no detector of that name.
    """
    for entry in ENTRIES:
        if entry.info.name == name:
            return entry
    raise SettingsError(
        f"There is no detector called {name}.", f"Choose from {', '.join(list_detectors())}."
    )


def setting_names(name: str) -> frozenset[str]:
    """Return the names of the settings that a detector takes, beside `device`.

    Raises:
        SettingsError: there is no detector of that name.
    """
    return frozenset(item.name for item in fields(find_entry(name).settings))


def name_knowing(setting: str) -> str:
    """Return the titles of the detectors that have a setting, as in a sentence."""
    detectors = list_detectors().items()
    return join_names([info.title for name, info in detectors if setting in setting_names(name)])


def parse_settings(name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return settings of a detector, given as texts such as "0.5", "false" or "layer2,layer3".

    Raises:
        SettingsError: no such detector or setting, or a text that fits no value of it.
    """
    hints = get_type_hints(find_entry(name).settings, include_extras=True)
    values = {}
    for key, text in texts.items():
        if key not in hints:
            raise unknown_setting(name, key, hints)
        try:
            values[key] = parse_setting(hints[key], text)
        except ValueError as error:
            raise SettingsError(
                f"{key} = {text} does not suit the {name} detector.",
                "`--set KEY=VALUE` takes a number, true, false, none, or values with commas.",
            ) from error
    return values


def create_detector(name: str, **settings: Any) -> Detector:
    """Make an unfitted detector with the given settings."""
    return find_entry(name).detector_class()(**settings)


def load_detector(folder: Path, *, device: str | None = None) -> Detector:
    """Read a checkpoint folder, whose name is the detector's.

    Raises:
        CheckpointError: missing, damaged, foreign or of another version.
    """
    from detectors.checkpoints import open_detector

    return open_detector(find_entry(folder.name).detector_class(), folder, device=device)


class LazyEmbedder:
    """The small backbone as an `Embed`; PyTorch is imported at the first call."""

    def __init__(self, device: str | None) -> None:
        self._device = device
        self._made: Embed | None = None

    @property
    def source(self) -> str:
        """Name the weights."""
        return self._load().source

    def __call__(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return one vector per image."""
        return self._load()(images)

    def _load(self) -> Embed:
        from detectors.backbones.embedding import Embedder

        if self._made is None:
            self._made = Embedder(device=self._device)
        return self._made
