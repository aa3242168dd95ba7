"""The parts that the Explore data tab is made of: figures, tables, tiles and the status line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from ui.quiet_plot import QuietPlot

HERE = Path(__file__).parent / "explore"
SHARED = Path(__file__).parent.parent / "eda" / "web"
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
    """Return a place for a table (see `eda.tables.table_value`)."""
    return make_part("table")


def make_tiles() -> gr.HTML:
    """Return a place for numbers that stand alone."""
    return make_part("tiles", template=TILES)


def make_status() -> gr.HTML:
    """Return the status line."""
    return make_part("status", template=STATUS)


def status_value(
    text: str = "", *, is_problem: bool = False, progress: tuple[int, int] = (0, 0)
) -> dict[str, Any]:
    """Return what the status line shows."""
    return {"text": text, "problem": is_problem, "done": progress[0], "total": progress[1]}


def read(name: str) -> str:
    """Return a file of the tab; the table is the report's as well."""
    path = HERE / name
    return (path if path.is_file() else SHARED / name).read_text(encoding="utf-8")


def tile_values(tiles: Sequence[Any]) -> list[Mapping[str, str]]:
    """Return what the tiles show."""
    return [{"value": tile.value, "label": tile.label} for tile in tiles]
