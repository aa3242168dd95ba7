"""The page as a list of tabs; a new tab is one file and one line here."""

from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr

from inspection.products.catalog import Catalog
from ui import messages
from ui.explore import tab as explore_tab
from ui.inspect import tab as inspect_tab
from ui.parts.whole_blocks import WholeBlocks
from ui.results import tab as results_tab

TABS: Sequence[tuple[str, Callable[[gr.Blocks, Catalog], None]]] = (
    (inspect_tab.TITLE, inspect_tab.build),
    (explore_tab.TITLE, explore_tab.build),
    (results_tab.TITLE, results_tab.build),
)

HERE = Path(__file__).parent
FORGET_FILES = (3600, 3600)  # look every hour, delete what is older than an hour


def build_page(catalog: Catalog) -> gr.Blocks:
    """Return the page; nothing is loaded or inspected before somebody opens it."""
    page = WholeBlocks(
        title=messages.TITLE,
        fill_width=True,
        analytics_enabled=False,
        delete_cache=FORGET_FILES,
    )
    with page:
        _top_bar()
        with gr.Tabs(elem_id="tabs"):
            for title, build in TABS:
                with gr.Tab(title, id=title.lower().replace(" ", "-")):
                    build(page, catalog)
    return page


def _top_bar() -> None:
    template = (HERE / "topbar.html").read_text(encoding="utf-8")
    gr.HTML(
        elem_id="topbar",
        apply_default_css=False,
        html_template=template.replace("@lost@", messages.CONNECTION_LOST),
        js_on_load=(HERE / "topbar.js").read_text(encoding="utf-8"),
    )
