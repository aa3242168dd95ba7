"""`product.json`, in the folder of a product: what holds for all its detectors.

It may be edited by hand, and is therefore not sealed: every field is checked instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.calibration import DEFAULT_RATE, default_rate
from inspection.errors import CheckpointError
from inspection.files import FORMAT, read_json, write_json
from inspection.names import join_names
from inspection.paths import quote
from inspection.types import Calibration, Size

PRODUCT = "product.json"
RATE, OPENING, SIZE = "false_alarm_rate", "opens_with", "input_size"
SIDES = range(16, 4097)  # of what detectors take


@dataclass(frozen=True, slots=True)
class ProductSettings:
    """What a product has decided for all its detectors.

    Attributes:
        own_rate: its false-alarm rate, between 0 and 1; None where it has none.
        opening: id of the sample that a page opens with; None where it names none.
        input_size: (height, width) for detectors that are given none; None where it is not decided.
    """

    own_rate: float | None = None
    opening: str | None = None
    input_size: Size | None = None

    def rate(self, calibrations: Iterable[Calibration] = ()) -> float:
        """Return its false-alarm rate, or the default; never below a detector's floor."""
        wanted = DEFAULT_RATE if self.own_rate is None else self.own_rate
        return default_rate(calibrations, wanted=wanted)


def read_settings(folder: Path) -> ProductSettings:
    """Read what is stored in the folder of a product.

    Raises:
        CheckpointError: the file is damaged.
    """
    content = _read(folder)
    rate, opening = content.get(RATE), content.get(OPENING)
    if rate is not None and (not isinstance(rate, float) or not 0 < rate < 1):
        raise CheckpointError(
            f"{folder / PRODUCT} holds no rate between 0 and 1.", _store_again(folder)
        )
    if opening is not None and (not isinstance(opening, str) or not opening):
        raise CheckpointError(
            f"{folder / PRODUCT} does not name the sample to open with.",
            f"Write its id, such as part/test/hole/000.png, or delete the line of {OPENING}.",
        )
    return ProductSettings(rate, opening, _read_size(content.get(SIZE), folder))


def save_product_rate(folder: Path, false_alarm_rate: float) -> None:
    """Store a product's own false-alarm rate in the folder that holds its detectors."""
    write_json(folder / PRODUCT, {**_read(folder), RATE: false_alarm_rate})


def save_product_size(folder: Path, size: Size) -> None:
    """Store the input size of a product in the folder that holds its detectors."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / PRODUCT, {**_read(folder), SIZE: list(size)})


def _read_size(stored: Any, folder: Path) -> Size | None:
    match stored:
        case None:
            return None
        case [int(height), int(width)] if height in SIDES and width in SIDES:
            return height, width
    raise CheckpointError(
        f"{folder / PRODUCT} holds no input size of height and width.", _store_again(folder)
    )


def _read(folder: Path) -> dict[str, Any]:
    path = folder / PRODUCT
    if not path.is_file():
        return {"format": FORMAT}
    content = read_json(path, fix=_store_again(folder))
    known = (RATE, OPENING, SIZE)
    for name in content.keys() - {"format", *known}:
        raise CheckpointError(
            f"{path} holds {quote(name)}, which nothing reads.",
            f"Correct the name, or delete the line: known are {join_names(known)}.",
        )
    return content


def _store_again(folder: Path) -> str:
    """Return the remedy for what is stored of a product DATASET/CATEGORY."""
    key = quote(f"{folder.parent.name}/{folder.name}")
    return (
        "Delete it, then store the product's rate anew: "
        f"`python cli.py calibrate --category {key} --false-alarm-rate R`."
    )
