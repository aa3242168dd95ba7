"""The parts that the Explore data tab is made of: figures, tables, tiles and the status line."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui import messages
from ui.quiet_plot import QuietPlot

if TYPE_CHECKING:
    import pandas as pd  # at run time only when somebody opens the tab

HERE = Path(__file__).parent / "explore"
MAX_ROWS = 5000
TILES = '<dl class="tiles"></dl>'
STATUS = """
<div class="status" role="status" hidden>
<progress aria-label="Images measured"></progress><p></p></div>
"""


def make_plot(elem_id: str | None = None) -> QuietPlot:
    """Return a place for a figure."""
    return QuietPlot(show_label=False, container=True, elem_classes="fig", elem_id=elem_id)


def make_part(name: str, *, template: str | None = None, elem_id: str | None = None) -> gr.HTML:
    """Return a part that its own script draws from its value; nothing in a value becomes markup."""
    return gr.HTML(
        html_template=template or read(f"{name}.html"),
        js_on_load=read(f"{name}.js"),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="xp",
    )


def make_table() -> gr.HTML:
    """Return a place for a table (see `table_value`)."""
    return make_part("table")


def make_tiles() -> gr.HTML:
    """Return a place for numbers that stand alone."""
    return make_part("tiles", template=TILES)


def make_status() -> gr.HTML:
    """Return the status line."""
    return make_part("status", template=STATUS)


def table_value(
    frame: "pd.DataFrame", title: str, *, file: str, note: str = "", digits: int = 2
) -> dict[str, Any]:
    """Return what a table shows; of a very long one the beginning."""
    if len(frame) > MAX_ROWS:
        note = f"{messages.TABLE_CUT.format(shown=MAX_ROWS, total=len(frame))} {note}".strip()
        frame = frame.head(MAX_ROWS)
    columns = [
        {"title": messages.COLUMNS.get(str(name), str(name).replace("_", " ")), "digits": digits}
        for name in frame.columns
    ]
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return {"title": title, "columns": columns, "rows": rows, "file": file, "note": note}


def status_value(
    text: str = "", *, is_problem: bool = False, progress: tuple[int, int] = (0, 0)
) -> dict[str, Any]:
    """Return what the status line shows."""
    return {"text": text, "problem": is_problem, "done": progress[0], "total": progress[1]}


def read(name: str) -> str:
    """Return a file of the tab."""
    return (HERE / name).read_text(encoding="utf-8")


def tile_values(tiles: Sequence[Any]) -> list[Mapping[str, str]]:
    """Return what the tiles show."""
    return [{"value": tile.value, "label": tile.label} for tile in tiles]


def _cell(value: Any) -> Any:
    """Return a number rounded to four digits behind the point, or text; None for no number."""
    if isinstance(value, bool | str):
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else round(number, 4)
