"""Start the page: `python app.py`, or `app.main(...)` from a notebook cell."""

import argparse
import atexit
import getpass
import os
import signal
import sys

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `raise_interrupts`: imports take seconds

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detectors.catalog import LEARNING, open_catalog
from inspection.errors import InspectionError, SettingsError
from inspection.memory import check_libraries, share_memory
from inspection.paths import expand_home
from inspection.processors import share_processors
from inspection.products.dataset_folders import check_folder, name_folders
from inspection.products.demo_data import add_demo_data, find_demo
from inspection.products.own import OWN
from inspection.products.places import CHECKPOINTS, DEMO_DATA, OWN_DATA
from inspection.terminal import (
    accept_all_characters,
    raise_interrupts,
    report_error,
    say,
    show_log,
    write_log,
)
from ui.address import check_address
from ui.background import drawing_samples, paused_collector, say_note, start_background

PASSWORD = "DEFECT_LENS_PASSWORD"  # noqa: S105 (the name of a variable)
INTERRUPTED = 130  # as shells have it: 128 + SIGINT


def main(
    *,
    data: Sequence[Path | str] = (),
    checkpoints: Path | str = CHECKPOINTS,
    products: Path | str = OWN_DATA,
    device: str | None = None,
    **launch: Any,
) -> Any:
    """Open the page, then load the detectors; with `inline=True` the call returns at once.

    Args:
        data: dataset folders, shown before the demo products; NAME=DIR shows one under another
            name, such as the one that `cli.py train --dataset` was given.
        checkpoints: where trained detectors lie, as DATASET/CATEGORY/DETECTOR.
        products: where the photographs of products lie that are made in the page.
        device: auto, cpu, mps, cuda or cuda:N; the best present by default.
        launch: host, port, share, inline, password, root_path and mcp, as in `ui.serve.Launch`.

    Raises:
        InspectionError: a folder or an address cannot be used.
    """
    share_processors()
    share_memory()
    check_libraries()
    check_address(launch.get("host"), launch.get("port"))
    folders = name_folders(data)
    if OWN in folders:
        raise SettingsError(
            f"A dataset cannot be called {OWN}: the products of the page are.",
            f"Give it another name: --data NAME={folders[OWN]}.",
        )
    root, made = Path(checkpoints), expand_home(products).absolute()
    if root != CHECKPOINTS:  # that one may be missing: the page says what to train
        root = check_folder(root, "--checkpoints")
    with paused_collector():
        with drawing_samples(root):  # the import of Gradio takes as long as the drawing
            from ui.serve import serve
        if (trouble := add_demo_data(folders)) is not None:
            say_note(trouble)
        catalog = open_catalog(root, folders, device=device)
        catalog.datasets.demo = find_demo(folders, root)
        workshop = catalog.open_workshop(made, LEARNING, device=device)
        workshop.show()
        atexit.register(workshop.queue.close)
        page = serve(catalog, private=[*folders.values(), DEMO_DATA, root, made], **launch)
    say_where(page, **launch)
    start_background(catalog)
    if not launch.get("inline"):
        from ui.stop import wait_for_end

        wait_for_end(page)
    return page


def say_where(page: Any, *, password: str | None = None, mcp: bool = False, **_: Any) -> None:
    """Say at which addresses the page is."""
    say(f"Defect Lens is at {page.local_url} (Ctrl+C ends it)")
    if page.share_url:
        to = "whoever has it" if password is None else "whoever has the password"
        say(f"Public link, open to {to}: {page.share_url}")
    if mcp:
        say(f"For assistants (MCP): {page.local_url}gradio_api/mcp/")


def run(arguments: Sequence[str] | None = None) -> int:
    """Open the page for a command line and return its exit code."""
    raise_interrupts()
    accept_all_characters()
    options = vars(build_parser().parse_args(arguments))
    if options.pop("verbose"):
        show_log()
    try:
        write_log(options.pop("log_file"))
        options["password"] = read_password(is_asked=options["password"])
        main(**options)
    except InspectionError as error:
        report_error(error)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def read_password(*, is_asked: bool) -> str | None:
    """Return the password for visitors: the environment's, or one that is typed in if asked for.

    Raises:
        SettingsError: nobody can be asked.
    """
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    if not is_asked:
        return None
    try:
        return getpass.getpass("Password for visitors: ")
    except EOFError as error:
        raise SettingsError(
            "There is no terminal to type a password in.", f"Set {PASSWORD} instead."
        ) from error


def build_parser() -> argparse.ArgumentParser:
    """Return the options of `python app.py`."""
    parser = argparse.ArgumentParser(description="Open the page of Defect Lens.")
    add = parser.add_argument
    add("--host", help="address to listen on; 0.0.0.0 lets other machines in")
    add("--port", type=int, help="by default the first free one from 7860")
    add(
        "--data", action="append", default=[], metavar="[NAME=]DIR", help="dataset; may be repeated"
    )
    add("--checkpoints", default=CHECKPOINTS, metavar="DIR", help="where trained detectors lie")
    add("--products", default=OWN_DATA, metavar="DIR", help="where products of the page are kept")
    add("--share", action="store_true", help="also make a public link")
    add("--password", action="store_true", help=f"ask for one that visitors give; or {PASSWORD}")
    add("--root-path", metavar="PATH", help="where a proxy serves the page: /lens, or an address")
    add("--mcp", action="store_true", help="offer the API to assistants, too, as MCP tools")
    add("--log-file", metavar="FILE", help="what is asked and refused, a JSON record a line")
    add("--device", help="auto, cpu, mps, cuda or cuda:N; by default the best present")
    add("--verbose", action="store_true", help="show the tracebacks of what fails")
    return parser


if __name__ == "__main__":
    sys.exit(run())
