"""Components that tabs share: plots, tables, tiles and the status line."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from eda.assets import WEB
from ui import messages
from ui.parts.quiet_plot import QuietPlot

HERE = Path(__file__).parent
STYLES = (
    WEB / "parts.css",
    HERE / "components.css",
    HERE / "uploads.css",
    HERE / "labels" / "labels.css",
)
OVERLAY = HERE / "overlay.js"
PICTURES = (OVERLAY, HERE / "pictures.js")
GALLERY = (*PICTURES, HERE / "turn.js")
WORDS = WEB / "words.js"
SAVE_FILE = HERE / "save_file.js"
HAND_OVER = HERE / "hand_over.js"
LIST_FILES = HERE / "list_files.js"
POST_FILE = HERE / "post_file.js"
# What is marked as pending is copied whole, with all that it holds, at every message about any
# event from then on (`update_loading_stati_state` of Gradio's page): so nothing is marked.
QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "show_progress_on": [],
    "api_visibility": "private",
}
TILES = '<dl class="tiles"></dl>'
STATUS = """
<div class="status" role="status" hidden>
<progress aria-label="@progress@"></progress><p></p></div>
"""


def make_plot(elem_id: str | None = None) -> QuietPlot:
    """Return a place for a plot."""
    return QuietPlot(show_label=False, container=True, elem_classes="fig", elem_id=elem_id)


def make_part(
    path: Path,
    *,
    template: str | None = None,
    texts: Mapping[str, str] | None = None,
    elem_id: str | None = None,
    scripts: Sequence[Path | str] = (),
    value: Any = None,
) -> gr.HTML:
    """Return a part that its own script draws from its value; nothing in a value becomes markup.

    Args:
        path: of its script, and of its template where none is given, without the suffix.
        template: markup to begin with; @key@ stands for a text.
        texts: by key, beside `messages.PARTS`.
        elem_id: of the part.
        scripts: what its own script needs; a text is a script by itself.
        value: to begin with.
    """
    words = {**messages.PARTS, **(texts or {})}
    parts = [*scripts, path.with_suffix(".js")]
    markup = template or read(path.with_suffix(".html"))
    return gr.HTML(
        value,
        html_template=re.sub(r"@(\w+)@", lambda mark: words[mark[1]], markup),
        js_on_load="\n".join(one if isinstance(one, str) else read(one) for one in parts),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="xp",
    )


def define(name: str, value: Any) -> str:
    """Return a script that gives others a constant."""
    return f"const {name} = {json.dumps(value, ensure_ascii=False)};"


def make_table(scripts: Sequence[Path] = ()) -> gr.HTML:
    """Return a place for a table (see `eda.tables.table_value`), and what else its rows can do."""
    return make_part(WEB / "table", scripts=[WEB / "csv.js", WORDS, *scripts])


def make_tiles() -> gr.HTML:
    """Return a place for numbers that stand alone."""
    return make_part(HERE / "tiles", template=TILES)


def make_status(value: dict[str, Any] | None = None) -> gr.HTML:
    """Return the status line."""
    return make_part(HERE / "status", template=STATUS, scripts=[WORDS], value=value)


def make_plot_keeper() -> gr.HTML:
    """Return an unseen part that fits the plots to their places, as in the report."""
    return make_part(WEB / "plots", template="<i hidden></i>", elem_id="plot-keeper")


def status_value(text: str = "", *, is_problem: bool = False) -> dict[str, Any]:
    """Return what the status line shows when nothing is going on."""
    return {"text": text, "problem": is_problem, "busy": False, "done": 0, "total": 0}


def busy_value(text: str, done: int, total: int) -> dict[str, Any]:
    """Return what the status line shows while something is going on."""
    return {"text": text, "problem": False, "busy": True, "done": done, "total": total}


def read(path: Path) -> str:
    """Return the text of a script, a style sheet or markup."""
    return path.read_text(encoding="utf-8")


def tile_values(tiles: Sequence[Any]) -> list[Mapping[str, str]]:
    """Return what the tiles show."""
    return [{"value": tile.value, "label": tile.label} for tile in tiles]
