"""The page is a list of tabs: what stands in the list stands on the page, with its styles."""

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from inspection.products.catalog import Catalog
from ui import layout


def test_a_new_tab_is_one_line_in_the_list(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(tab: gr.Tab, page: gr.Blocks, catalog: Catalog) -> None:
        shown = gr.Markdown("Nothing was asked yet.")
        tab.select(lambda: "Hello.", None, shown, api_visibility="private")
        page.load(lambda: len(catalog.products), None, None, api_visibility="private")

    style = tmp_path / "news.css"
    news = SimpleNamespace(TITLE="What is new", STYLES=(style,), build=build)
    monkeypatch.setattr(layout, "TABS", (*layout.TABS, news))
    components = layout.build_page(catalog).get_config_file()["components"]
    titles = [part["props"]["label"] for part in components if part["type"] == "tabitem"]
    assert titles[-1] == "What is new"
    assert layout.list_styles()[-1] == style


def test_no_event_marks_components_as_pending(catalog: Catalog) -> None:
    """Gradio's page would copy all of them at every message about any event."""
    events = layout.build_page(catalog).get_config_file()["dependencies"]
    asked = [one for one in events if one["backend_fn"] and one["api_visibility"] == "private"]
    assert len(asked) > 50
    assert [one["api_name"] for one in asked if one["show_progress_on"] != []] == []


def test_the_styles_of_a_tab_come_after_those_that_tabs_share() -> None:
    styles = layout.list_styles()
    assert styles[0].name == "page.css"
    assert all(path.is_file() for path in styles)
    assert len(set(styles)) == len(styles)
