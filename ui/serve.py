"""Launch the page with the settings that a page on an open link needs."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from starlette.requests import ClientDisconnect

from inspection.errors import SettingsError
from inspection.products.catalog import Catalog
from ui.address import is_loopback
from ui.gate.sessions import Sessions
from ui.layout import build_page, list_styles
from ui.theme import make_theme, page_head

MAX_UPLOAD = "20mb"
MAX_WAITING = 24
SELDOM = str(10**9)


def serve(
    catalog: Catalog,
    *,
    host: str | None = None,
    port: int | None = None,
    share: bool = False,
    inline: bool = False,
    private: Sequence[Path] = (),
) -> gr.Blocks:
    """Launch the page and return at once; without an address, Gradio's environment variables count.

    Args:
        catalog: what the page shows.
        host: address to listen on.
        port: a free one.
        share: make a public link as well, as with GRADIO_SHARE=true; never unasked.
        inline: show the page below a notebook cell.
        private: folders of which no file is ever served.

    Raises:
        SettingsError: the address is taken or cannot be used.
    """
    # else every event ends with a table of all events, for which pandas is imported
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", SELDOM)
    logging.getLogger("uvicorn.error").addFilter(is_news)
    has_link = share or is_share_wanted()
    catalog.places.is_shared = has_link or not is_loopback(host)
    page = build_page(catalog)
    page.queue(max_size=MAX_WAITING, api_open=False)
    try:
        page.launch(
            inline=inline,
            share=has_link,
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            theme=make_theme(),
            head=page_head(list_styles(), catalog.detectors),
            footer_links=[],
            max_file_size=MAX_UPLOAD,
            allowed_paths=[],
            blocked_paths=[str(folder.resolve()) for folder in private],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
        )
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The page cannot be served at this address ({error}).",
            "Choose another with --host and --port.",
        ) from error
    page.app.state_holder = Sessions(page)
    return page


def is_share_wanted() -> bool:
    """Return whether Gradio's environment variable asks for a public link."""
    return os.environ.get("GRADIO_SHARE", "").lower() == "true"


def is_news(record: logging.LogRecord) -> bool:
    """Return whether a line is worth printing; a visitor who stops an upload is no fault."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ClientDisconnect)
