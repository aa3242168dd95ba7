"""Settings of the trained networks: one flat record per detector, checked when it is made."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, TypeVar

from inspection.errors import SettingsError
from inspection.types import Size

Record = TypeVar("Record")

Watch = Callable[[Mapping[str, float]], None]
"""Called after every epoch with its figures; what it raises ends the training."""


class TrainingSettings(Protocol):
    """What the training loop reads; every trained detector's settings have it."""

    @property
    def input_size(self) -> Size: ...
    @property
    def max_epochs(self) -> int: ...
    @property
    def epoch_images(self) -> int: ...
    @property
    def max_seconds(self) -> float | None: ...
    @property
    def patience(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a number may take, both ends included."""

    least: float
    most: float


SHARED_RANGES: Mapping[str, Range] = {
    "max_epochs": Range(1, 100_000),
    "epoch_images": Range(1, 1_000_000),
    "max_seconds": Range(1, 10_000_000),
    "patience": Range(1, 100_000),
    "batch_size": Range(1, 4096),
    "learning_rate": Range(1e-6, 1.0),
    "seed": Range(0, 2**31 - 1),
    "smoothing": Range(0.0, 64.0),
}


def make_settings(
    kind: type[Record], name: str, given: Mapping[str, Any], ranges: Mapping[str, Range]
) -> Record:
    """Make the settings record of a detector from keyword arguments or from a checkpoint.

    Raises:
        SettingsError: an unknown setting, or a value of another kind or outside its range.
    """
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise SettingsError(
                f"The {name} detector has no setting called {key}.",
                f"Choose from {', '.join(known)}.",
            )
    values = dict(given)
    if "input_size" in values:
        values["input_size"] = _read_size(values["input_size"])
    settings = kind(**values)
    for key, allowed in {**SHARED_RANGES, **ranges}.items():
        _check_number(name, key, getattr(settings, key, None), allowed)
    return settings


def settings_to_json(settings: Any) -> dict[str, Any]:
    """Return the settings as plain values."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(settings).items()
    }


def _read_size(value: Any) -> Size:
    try:
        height, width = (int(side) for side in value)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"An input size of {value} is not possible.", "Give height and width, such as 256 256."
        ) from error
    return height, width


def _check_number(name: str, key: str, value: Any, allowed: Range) -> None:
    if value is None:  # not a setting of this detector, or one that may be left open
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not allowed.least <= value <= allowed.most:
        raise SettingsError(
            f"{key} = {value} does not suit the {name} detector.",
            f"Give a number from {allowed.least:g} to {allowed.most:g}.",
        )
