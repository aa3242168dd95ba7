"""What a bar, a cell of a map or a row of a table stands for: images that meet a condition."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from eda.facts import GRID, decode_coverage
from eda.frame import GOOD, select_with_normal
from eda.index import Index

STATE = "state"
CELL = "cell"
GOOD_STATE, DEFECTIVE_STATE = "good", "defective"
COUNTED = ("category", "defect_type", "split", "mode", "width", "height", "num_defects")
"""Columns of the images that bars count; by them a browser knows which bars hold an image."""


def select_images(
    index: Index,
    images: pd.DataFrame,
    condition: Mapping[str, Any],
    *,
    category: str | None = None,
    defect_type: str | None = None,
) -> pd.DataFrame:
    """Return the images that meet a condition, which a browser may have sent.

    Args:
        index: whose coverages are read for a cell.
        images: of the index (`frame.make_frame`).
        condition: column -> its value, or `[low, high]` for a range with both ends; `STATE` ->
            `GOOD_STATE` or `DEFECTIVE_STATE`; `CELL` -> `[column, row]` of the density map, which
            a defect must cover. Nothing meets one that cannot be understood.
        category: that the view is narrowed to.
        defect_type: likewise; good images stay among those that are asked.
    """
    rows = select_with_normal(images, category=category, defect_type=defect_type)
    for name, wanted in condition.items():
        if name != CELL:
            rows = rows[_meets(rows, name, wanted)]
    return _covering(index, rows, condition[CELL]) if CELL in condition else rows


def _meets(rows: pd.DataFrame, name: str, wanted: Any) -> Any:
    if name == STATE:
        is_good = rows["defect_type"] == GOOD
        return {GOOD_STATE: is_good, DEFECTIVE_STATE: ~is_good}.get(str(wanted), is_good & ~is_good)
    if name not in rows:
        return np.zeros(len(rows), bool)
    match wanted:
        case [int() | float() as low, int() | float() as high]:
            if not pd.api.types.is_numeric_dtype(rows[name]):
                return np.zeros(len(rows), bool)
            return rows[name].between(low, high)
        case str() | int() | float():
            return rows[name] == wanted
    return np.zeros(len(rows), bool)


def _covering(index: Index, rows: pd.DataFrame, cell: Any) -> pd.DataFrame:
    """Return the images a defect of which covers a cell."""
    match cell:
        case [int() as column, int() as row] if 0 <= column < GRID and 0 <= row < GRID:
            found = index.coverages([str(one) for one in rows["id"]])
            covering = [one for one, data in found.items() if decode_coverage(data)[row, column]]
            return rows[rows["id"].isin(covering)]
    return rows.iloc[:0]
