"""The page as a list of tabs; a new tab is one folder and one line here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import gradio as gr

from inspection.products.catalog import Catalog
from ui import messages
from ui.api.endpoints import offer
from ui.explore import tab as explore
from ui.inspect import tab as inspect
from ui.link import make_link
from ui.new_product import tab as new_product
from ui.parts import components
from ui.parts.queue import make_queue
from ui.parts.whole_blocks import WholeBlocks
from ui.results import tab as results
from ui.sensitivity import tab as sensitivity


class Tab(Protocol):
    """What the module of a tab holds: its title, its style sheets, and what fills it."""

    TITLE: str
    STYLES: Sequence[Path]

    def build(self, tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:
        """Lay out the open tab and bind its events, and those of the page that concern it."""


TABS: Sequence[Tab] = (
    inspect,
    new_product,
    sensitivity,
    explore,
    results,
)

HERE = Path(__file__).parent


def build_page(catalog: Catalog) -> gr.Blocks:
    """Return the page; nothing is loaded or inspected before somebody opens it."""
    page = WholeBlocks(
        title=messages.TITLE,
        fill_width=True,
        analytics_enabled=False,
    )
    with page:
        _top_bar()
        make_link(page)
        make_queue(page)
        with gr.Tabs(elem_id="tabs"):
            for one in TABS:
                with gr.Tab(one.TITLE, id=one.TITLE.lower().replace(" ", "-")) as tab:
                    one.build(tab, page, catalog)
        offer(page, catalog)
    return page


def list_styles() -> list[Path]:
    """Return the style sheets of the page, those of all tabs before those of each."""
    shared = (HERE / "page.css", *components.STYLES)
    return [*shared, *(path for tab in TABS for path in tab.STYLES)]


def _top_bar() -> None:
    template = components.read(HERE / "topbar.html")
    gr.HTML(
        elem_id="topbar",
        apply_default_css=False,
        html_template=template.replace("@lost@", messages.CONNECTION_LOST),
        js_on_load=components.read(HERE / "topbar.js"),
    )
