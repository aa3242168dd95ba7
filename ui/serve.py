"""Launch the page with the settings that a page on an open link needs."""

import errno
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import httpx
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect

from inspection.errors import SettingsError, first_line
from inspection.products.catalog import Catalog
from ui.address import is_loopback
from ui.api.messages import NO_MCP, NO_MCP_FIX
from ui.gate.events import MOST_WAITING
from ui.gate.folder import Folder, open_folder
from ui.gate.gate import Gate, make_lifespan
from ui.gate.login import Login, check_password
from ui.gate.sessions import Sessions
from ui.layout import build_page, list_styles
from ui.theme import make_theme, page_head

if TYPE_CHECKING:
    from ui.api.tools import Tools

MAX_UPLOAD = "20mb"
SELDOM = str(10**9)
MOST_CONNECTIONS = 16_384
NOT_REACHED = "This machine does not reach the page that it serves ({reason})."
NOT_REACHED_FIX = (
    "It must know its own name: the file `hosts` needs the line `127.0.0.1 localhost`. Where a "
    "proxy is set in the environment, NO_PROXY=localhost,127.0.0.1 leaves this machine out."
)
QUIETLY: Mapping[str, Any] = {
    "prevent_thread_lock": True,
    "quiet": True,
    "footer_links": ["api"],
    "max_file_size": MAX_UPLOAD,
    "allowed_paths": [],
    "run_history": False,
    "enable_monitoring": False,
    "ssr_mode": False,
    "mcp_server": False,  # `ui/api/tools.py` answers: Gradio's own writes Python, not JSON
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """Where and how the page is shown; without an address, Gradio's environment variables count.

    Attributes:
        host: address to listen on.
        port: a free one.
        share: make a public link as well, as with GRADIO_SHARE=true; never unasked.
        inline: show the page below a notebook cell.
        private: folders of which no file is ever served.
        password: that visitors are asked for; without one, a page that others reach is read-only.
        root_path: the path, or the whole address, at which a proxy serves the page.
        mcp: offer the endpoints as tools for assistants, too.
    """

    host: str | None = None
    port: int | None = None
    share: bool = False
    inline: bool = False
    private: Sequence[Path] = ()
    password: str | None = None
    root_path: str | None = None
    mcp: bool = False


def serve(catalog: Catalog, **options: Any) -> gr.Blocks:
    """Launch the page and return at once.

    Args:
        catalog: what the page shows.
        options: those of `Launch`.

    Raises:
        SettingsError: the address is taken or cannot be used, or a package is missing.
    """
    launch = Launch(**options)
    # else every event ends with a table of all events, for which pandas is imported
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", SELDOM)
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(is_news)
    allow_connections()
    has_link = launch.share or is_share_wanted()
    catalog.places.is_shared = has_link or not is_loopback(launch.host)
    catalog.places.has_password = launch.password is not None
    login = None if launch.password is None else Login(check_password(launch.password))
    folder = Folder(open_folder())
    page = build_page(catalog)
    tools = load_tools(page) if launch.mcp else None
    app_kwargs = {
        "middleware": [Middleware(Gate, page=page, folder=folder, login=login, tools=tools)],
        "lifespan": make_lifespan(folder, nullcontext if tools is None else tools.running),
    }
    page.queue(max_size=MOST_WAITING, api_open=False)
    head = page_head(list_styles(), catalog.detectors)
    _start(page, launch, share=has_link, head=head, app_kwargs=app_kwargs)
    page.app.state_holder = Sessions(page)
    return page


def _start(page: gr.Blocks, launch: Launch, **options: Any) -> None:
    """Let Gradio serve a page, and turn what keeps it from that into sentences."""
    try:
        page.launch(
            inline=launch.inline,
            server_name=launch.host,
            server_port=launch.port,
            theme=make_theme(),
            root_path=launch.root_path,
            blocked_paths=[str(one.resolve()) for one in launch.private],
            **options,
            **QUIETLY,
        )
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The page cannot be served at this address ({error}).",
            "Choose another with --host and --port.",
        ) from error
    except httpx.TransportError as error:  # Gradio asks its own page whether it has started
        page.close(verbose=False)
        problem = NOT_REACHED.format(reason=first_line(error))
        raise SettingsError(problem, NOT_REACHED_FIX) from error


def load_tools(page: gr.Blocks) -> "Tools":
    """Return what answers assistants.

    Raises:
        SettingsError: the package for it is missing.
    """
    try:
        from ui.api.tools import Tools
    except ModuleNotFoundError as error:
        raise SettingsError(NO_MCP, NO_MCP_FIX) from error
    return Tools(page)


def is_share_wanted() -> bool:
    """Return whether Gradio's environment variable asks for a public link."""
    return os.environ.get("GRADIO_SHARE", "").lower() == "true"


def allow_connections(most: int = MOST_CONNECTIONS) -> None:
    """Let the program hold as many connections as the system grants; 1,024 are soon used up."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def is_news(record: logging.LogRecord) -> bool:
    """Return whether a line is worth printing.

    A visitor who stops an upload is no fault. Connections beyond what the system grants wait until
    others end; asyncio would print each time that it looks, hundreds of times a second.
    """
    error = record.exc_info[1] if record.exc_info else None
    is_crowded = isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}
    return not is_crowded and not isinstance(error, ClientDisconnect)
