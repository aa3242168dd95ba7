"""`product.json`, in the folder of a product: what holds for all its detectors."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inspection.calibration import DEFAULT_RATE, default_rate
from inspection.errors import CheckpointError
from inspection.files import FORMAT, read_json, write_json
from inspection.paths import quote
from inspection.types import Calibration

PRODUCT = "product.json"


def product_rate(folder: Path, calibrations: Iterable[Calibration]) -> float:
    """Return a product's own false-alarm rate, or the default; never below a detector's floor.

    Raises:
        CheckpointError: `product.json` is damaged.
    """
    own = load_product_rate(folder)
    return default_rate(calibrations, wanted=DEFAULT_RATE if own is None else own)


def save_product_rate(folder: Path, false_alarm_rate: float) -> None:
    """Store a product's own false-alarm rate in the folder that holds its detectors."""
    write_json(folder / PRODUCT, {**_read(folder), "false_alarm_rate": false_alarm_rate})


def load_opening(folder: Path) -> str | None:
    """Return the id of the sample that a page opens with, if the product names one.

    Raises:
        CheckpointError: the file is damaged.
    """
    opening = _read(folder).get("opens_with")
    return opening if isinstance(opening, str) else None


def load_product_rate(folder: Path) -> float | None:
    """Return a product's own false-alarm rate, or None if it has none.

    Raises:
        CheckpointError: the file is damaged.
    """
    rate = _read(folder).get("false_alarm_rate")
    if rate is not None and (not isinstance(rate, float) or not 0 < rate < 1):
        raise CheckpointError(
            f"{folder / PRODUCT} holds no rate between 0 and 1.", _store_again(folder)
        )
    return rate


def _read(folder: Path) -> dict[str, Any]:
    path = folder / PRODUCT
    return read_json(path, fix=_store_again(folder)) if path.is_file() else {"format": FORMAT}


def _store_again(folder: Path) -> str:
    """Return the remedy for what is stored of a product DATASET/CATEGORY."""
    key = quote(f"{folder.parent.name}/{folder.name}")
    return (
        "Delete it, then store the product's rate anew: "
        f"`python cli.py calibrate --category {key} --false-alarm-rate R`."
    )
