"""The record with which a detector joins the others; importing one loads no PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any

from detectors.search.space import SearchSpace
from inspection.detector import Detector, DetectorInfo


@dataclass(frozen=True, slots=True)
class Entry:
    """A detector: what people see of it, and what training, search and tests need.

    Attributes:
        location: "module:Class" of the detector, imported when it is needed.
        settings: the record of its settings.
        search_space: what a search for settings tries; empty where there is nothing to search.
        tiny_settings: settings with which it learns in a moment, for tests.
        multiple: both sides of its input size are multiples of it.
    """

    info: DetectorInfo
    location: str
    settings: type[Any]
    search_space: SearchSpace = field(default_factory=dict)
    tiny_settings: Mapping[str, Any] = field(default_factory=dict)
    multiple: int = 16

    def detector_class(self) -> type[Detector]:
        """Return the class of the detector."""
        found: type[Detector] = resolve_name(self.location)
        return found
