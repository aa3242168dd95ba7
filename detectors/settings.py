"""Settings (hyperparameters) of the detectors: one flat record each, checked when it is made.

A setting is one line in its record: name, kind, range and default. What several trained networks
share is explained here once; `None` leaves a choice open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from types import UnionType
from typing import Annotated, Any, Protocol, TypeVar, get_args, get_origin, get_type_hints

from inspection.errors import SettingsError
from inspection.types import Size

Record = TypeVar("Record")

STUDENT = "student"
"""The backbone that the project carries."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a number may take, both ends included."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class OneOf:
    """The words that a setting may be."""

    words: tuple[str, ...]


Smoothing = Annotated[float, Range(0.0, 64.0)]
"""Standard deviation of the map's Gaussian filter, in pixels of the input."""

Flips = bool | None
"""Vary by mirroring; None to find out whether that is normal."""

Rotation = bool | None
"""Vary by quarter turns; None to find out whether that is normal."""

Epochs = Annotated[int, Range(1, 100_000)]
"""Most epochs, of `epoch_images` each."""

EpochImages = Annotated[int, Range(1, 1_000_000)]
"""Images drawn per epoch, whatever the size of the data set."""

Seconds = Annotated[float | None, Range(1, 10_000_000)]
"""Most seconds from the first image to the thresholds; learning ends early enough for these."""

Patience = Annotated[int, Range(1, 100_000)]
"""Epochs without progress after which the training ends."""

BatchSize = Annotated[int, Range(1, 4096)]
"""Images per step."""

LearningRate = Annotated[float, Range(1e-6, 1.0)]
"""The highest value of the learning rate."""

Seed = Annotated[int, Range(0, 2**31 - 1)]
"""Of everything random."""

Share = Annotated[float, Range(0.0, 1.0)]


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


def make_settings(kind: type[Record], name: str, given: Mapping[str, Any]) -> Record:
    """Make the settings record of a detector from keyword arguments or from a checkpoint.

    Raises:
        SettingsError: an unknown setting, or a value of another kind or outside its range.
    """
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise unknown_setting(name, key, known)
    values = dict(given)
    if "input_size" in values:
        values["input_size"] = _read_size(values["input_size"])
    settings = kind(**values)
    for key, hint in get_type_hints(kind, include_extras=True).items():
        if key in values and not _suits(hint, values[key]):
            raise SettingsError(
                f"{key} = {values[key]!r:.60} does not suit the {name} detector.",
                f"Give {_describe(hint)}.",
            )
        for allowed in getattr(hint, "__metadata__", ()):
            _check_value(name, key, getattr(settings, key), allowed)
    return settings


def unknown_setting(name: str, key: str, known: Iterable[str]) -> SettingsError:
    """Return the error for a setting that a detector does not have."""
    return SettingsError(
        f"The {name} detector has no setting called {key}.",
        f"Choose from {', '.join(known)}.",
    )


def parse_setting(hint: Any, text: str) -> Any:
    """Return the value that a text such as "0.5", "false", "640x256" or "none" stands for.

    Args:
        hint: type of the setting.
        text: as on the command line; one number for both sides of a size, or height and width.

    Raises:
        ValueError: the text fits none of the hinted types.
    """
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if hint == Size:
        return parse_size(text)
    if get_origin(hint) is tuple:
        return tuple(parse_setting(get_args(hint)[0], part) for part in text.split(","))
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if type(None) in kinds and text.lower() == "none":
        return None
    if bool in kinds:
        return _read_switch(text)
    kind = next(one for one in kinds if one is not type(None))
    return parse_setting(kind, text) if get_origin(kind) else kind(text)


def parse_size(text: str) -> Size:
    """Return the size that a text such as "640x256", "640,256" or "256" stands for.

    Raises:
        ValueError: it is none.
    """
    sides = [int(side) for side in text.lower().replace(",", "x").split("x")]
    height, width = sides if len(sides) > 1 else sides * 2
    return height, width


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


def _suits(hint: Any, value: Any) -> bool:
    """Tell whether a value is of the kind that a setting is; lists of JSON stand for tuples."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if isinstance(hint, UnionType):
        return any(_suits(one, value) for one in get_args(hint))
    if get_origin(hint) is tuple:
        kind = get_args(hint)[0]
        return isinstance(value, list | tuple) and all(_suits(kind, one) for one in value)
    if hint in (int, float):  # a bool is an int to Python; a whole number may stand for any
        kinds = int if hint is int else int | float
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, hint)


def _describe(hint: Any) -> str:
    """Return what a setting can be, in words."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if isinstance(hint, UnionType):
        return " or ".join(map(_describe, get_args(hint)))
    if get_origin(hint) is tuple:
        return "a list of names" if get_args(hint)[0] is str else "a list of numbers"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a name"}
    return words.get(hint, "none")


def _check_value(name: str, key: str, value: Any, allowed: Range | OneOf) -> None:
    if value is None:  # left open
        return
    if isinstance(allowed, OneOf):
        is_fit = value in allowed.words
        fix = f"Choose from {', '.join(allowed.words)}."
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_fit = is_number and allowed.least <= value <= allowed.most
        fix = f"Give a number from {allowed.least:g} to {allowed.most:g}."
    if not is_fit:
        raise SettingsError(f"{key} = {value} does not suit the {name} detector.", fix)


def _read_switch(text: str) -> bool:
    switches = {"true": True, "false": False}
    if text.lower() not in switches:
        raise ValueError(text)
    return switches[text.lower()]
