"""Tables as plain values, for the page and for the report."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

MAX_ROWS = 10_000  # about 1 MB; MVTec AD as a whole has 5,354 images
CUT = "Shown are the first {shown:,} of {total:,} rows; `python cli.py eda` writes them all."
ID_COLUMNS = frozenset({"id", "first", "second"})
"""Columns that hold the id of an image."""
TITLES: Mapping[str, str] = {
    "middle_x": "middle x, %",
    "middle_y": "middle y, %",
    "gathered": "gathered, %",
    "at_border": "touch the border, %",
    "thinner_than_1_px": "thinner than 1 px",
    "percent_1": "%",
    "thinner_than_2_px": "thinner than 2 px",
    "percent_2": "% ",
    "id": "image",
    "num_defects": "defects",
    "defect_area": "defect area, %",
    "largest_defect": "largest defect, %",
    "defect_contrast": "contrast of the largest",
    "kilobytes": "kB",
    "area": "area, px",
    "area_share": "area, %",
    "border_distance": "to the border, px",
    "thickness": "thickness, px",
    "thickness_share": "thickness, share of the side",
    "truth": "ground truth",
    "sharpness": "sharpness, %",
    "dark": "nearly black, %",
    "bright": "nearly white, %",
    "noise": "noise, levels",
    "red": "red (+) or green (-)",
    "yellow": "yellow (+) or blue (-)",
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of a view.

    Attributes:
        file: name of the CSV file that a reader may save it as, without the suffix.
        note: a sentence below it.
        dataset: that its images are of, where it is another than is shown.
        picks: columns by which a row stands for images: `ID_COLUMNS`, or what the images share.
    """

    frame: pd.DataFrame
    title: str
    file: str
    note: str = ""
    picks: Sequence[str] = ()
    dataset: str = ""

    def value(self, *, max_rows: int | None = MAX_ROWS) -> dict[str, Any]:
        """Return what `table.js` draws (see `table_value`)."""
        return table_value(
            self.frame, self.title, file=self.file, note=self.note, max_rows=max_rows
        )

    def pick_places(self) -> dict[str, Any]:
        """Return where a row says which images it stands for, {} where it stands for none."""
        names = [str(name) for name in self.frame.columns]
        places = {name: names.index(name) for name in self.picks if name in names}
        if not places:
            return {}
        is_by_id = places.keys() <= ID_COLUMNS
        return {"ids": list(places.values())} if is_by_id else {"condition": places}


def table_value(
    frame: pd.DataFrame, title: str, *, file: str, note: str = "", max_rows: int | None = MAX_ROWS
) -> dict[str, Any]:
    """Return what `table.js` draws; of a very long table the beginning."""
    if max_rows is not None and len(frame) > max_rows:
        note = f"{CUT.format(shown=max_rows, total=len(frame))} {note}".strip()
        frame = frame.head(max_rows)
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    columns = [
        {
            "title": TITLES.get(str(name), str(name).replace("_", " ")),
            "digits": _digits(rows, place),
        }
        for place, name in enumerate(frame.columns)
    ]
    return {"title": title, "columns": columns, "rows": rows, "file": file, "note": note}


def _digits(rows: list[list[Any]], place: int) -> int:
    """Return how many digits stand behind the point, the same in all rows of a column."""
    values = [abs(row[place]) for row in rows if isinstance(row[place], float)]
    if not values:
        return 0
    wanted = 1 if min(values) >= 10 else 2 if max(values) >= 1 else 3
    given = max(len(f"{value:.4f}".rstrip("0").partition(".")[2]) for value in values)
    return min(wanted, given)


def _cell(value: Any) -> Any:
    """Return a number, short but with digits to round once more, or text; None for no number."""
    if value is None or isinstance(value, bool | str):
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else round(number, 6)
