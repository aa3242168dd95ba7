"""The detectors by name, and the small backbone, each imported only when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from inspection.embedding import Embed
from inspection.errors import SettingsError
from inspection.types import Detector, RGBImage


class Entry(NamedTuple):
    """Where a detector and the record of its settings are to be found.

    Attributes:
        needs_labels: whether it learns from labelled defects only, so that it is trained when asked
            for by name.
    """

    module: str
    detector: str
    settings: str
    needs_labels: bool = False


CLASSES = {
    "cae": Entry("detectors.cae.detector", "CAE", "CAESettings"),
    "unet": Entry("detectors.unet.detector", "UNet", "UNetSettings"),
    "patchcore": Entry("detectors.patchcore.detector", "PatchCore", "PatchCoreSettings"),
    "classifier": Entry(
        "detectors.classifier.detector", "CNNClassifier", "ClassifierSettings", True
    ),
}


DEFAULT = tuple(name for name, entry in CLASSES.items() if not entry.needs_labels)
"""What is trained where no detector is named."""


def detector_class(name: str) -> type[Detector]:
    """Return the class of a detector.

    Raises:
        SettingsError: there is no detector of that name.
    """
    entry = _entry(name)
    found: type[Detector] = getattr(import_module(entry.module), entry.detector)
    return found


def setting_names(name: str) -> frozenset[str]:
    """Return the names of the settings that a detector takes, beside `device`.

    Raises:
        SettingsError: there is no detector of that name.
    """
    entry = _entry(name)
    record = getattr(import_module(entry.module), entry.settings)
    return frozenset(item.name for item in fields(record))


def parse_settings(name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return settings of a detector, given as texts such as "0.5", "false" or "layer2,layer3".

    Raises:
        SettingsError: no such detector or setting, or a text that fits no value of it.
    """
    from detectors.settings import parse_setting, unknown_setting

    entry = _entry(name)
    record = getattr(import_module(entry.module), entry.settings)
    hints = get_type_hints(record, include_extras=True)
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
    return detector_class(name)(**settings)


def load_detector(folder: Path, *, device: str | None = None) -> Detector:
    """Read a checkpoint folder, whose name is the detector's.

    Raises:
        CheckpointError: missing, damaged, foreign or of another version.
    """
    return detector_class(folder.name).load(folder, device=device)


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


def _entry(name: str) -> Entry:
    if name not in CLASSES:
        raise SettingsError(
            f"There is no detector called {name}.", f"Choose from {', '.join(CLASSES)}."
        )
    return CLASSES[name]
