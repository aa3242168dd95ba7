"""Start the page: `python app.py`, or `app.main(...)` from a notebook cell."""

import argparse
import atexit
import gc
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inspection.datasets.dataset import check_name, read_dataset, split_name
from inspection.demo.folder import DemoFolder
from inspection.demo.products import PRODUCTS, is_demo
from inspection.detector import Channel
from inspection.errors import InspectionError, SettingsError
from inspection.paths import quote_path
from inspection.products.catalog import Catalog
from inspection.products.panels import attempt
from inspection.products.places import CHECKPOINTS, DEMO_DATA
from inspection.terminal import accept_all_characters, report_error, show_log
from ui.address import check_address

INTERRUPTED = 130  # as shells have it: 128 + SIGINT
PATIENCE = 0.5  # seconds; a few images of the demo take less


def main(
    *,
    data: Sequence[Path | str] = (),
    checkpoints: Path | str = CHECKPOINTS,
    device: str | None = None,
    **launch: Any,
) -> Any:
    """Open the page, then load the detectors; with `inline=True` the call returns at once.

    Args:
        data: dataset folders, shown before the demo products; NAME=DIR shows one under another
            name, such as the one that `cli.py train --dataset` was given.
        checkpoints: where trained detectors lie, as DATASET/CATEGORY/DETECTOR.
        device: auto, cpu, mps, cuda or cuda:N; the best present by default.
        launch: host, port, share and inline, as in `ui.serve.serve`.

    Raises:
        InspectionError: a folder or an address cannot be used.
    """
    check_address(launch.get("host"), launch.get("port"))
    folders = name_folders(data)
    root = Path(checkpoints)
    if root != CHECKPOINTS:  # that one may be missing: the page says what to train
        root = check_folder(root, "--checkpoints")
    with paused_collector():
        with drawn_samples(root):  # the import of Gradio takes as long as the drawing
            from ui.serve import serve
        add_demo_data(folders)
        catalog = make_catalog(root, folders, device)
        catalog.datasets.demo = find_demo(folders, root)
        page = serve(catalog, private=[*folders.values(), DEMO_DATA, root], **launch)
    print(f"Defect Lens is at {page.local_url} (Ctrl+C ends it)", flush=True)
    if page.share_url:
        print(f"Public link, open to everybody who has it: {page.share_url}", flush=True)
    work_behind(catalog)
    if not launch.get("inline"):
        page.block_thread()
    return page


@contextmanager
def drawn_samples(checkpoints: Path) -> Iterator[None]:
    """Draw the demo samples meanwhile; what keeps them from being drawn does not stop the page."""
    from ui.inspect.showcase import draw_samples

    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        drawing = pool.submit(
            draw_samples, DEMO_DATA, checkpoints / DEMO_DATA.name, is_stopped=stop.is_set
        )
        try:
            yield
            troubles = drawing.result()
        finally:
            stop.set()  # or the pool would wait for all of them, whatever has gone wrong
    for trouble in troubles:
        print_note(trouble)


def add_demo_data(folders: dict[str, Path]) -> None:
    """Show the demo products as well, unless their folder cannot be read: nobody asked for it."""
    if (own := folders.get(DEMO_DATA.name)) is not None:
        if own.resolve() != DEMO_DATA.resolve():
            print_note(
                SettingsError(
                    f"The demo images are not shown: {own} is called {DEMO_DATA.name}, too.",
                    f"Give it another name: --data NAME={quote_path(own)}.",
                )
            )
        return
    try:
        if DEMO_DATA.is_dir():
            read_dataset(DEMO_DATA)
    except InspectionError as error:
        print_note(error)
    else:
        folders[DEMO_DATA.name] = DEMO_DATA


def find_demo(folders: Mapping[str, Path], checkpoints: Path) -> DemoFolder | None:
    """Return the demo products, if they are shown and are those that are drawn now."""
    if folders.get(DEMO_DATA.name) != DEMO_DATA or not is_demo(DEMO_DATA):
        return None
    places = (DEMO_DATA, checkpoints / DEMO_DATA.name)
    names = [name for name in PRODUCTS if any((place / name).is_dir() for place in places)]
    return DemoFolder(DEMO_DATA, names)


def work_behind(catalog: Catalog) -> threading.Thread:
    """Load what the first visitor needs, then draw the rest of the demo; both end with the page."""
    stop = threading.Event()

    def work() -> None:
        print_first_inspection(catalog)
        if catalog.datasets.demo is not None:
            catalog.datasets.demo.draw_rest(stop)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    atexit.register(end, thread, stop)
    return thread


def end(thread: threading.Thread, stop: threading.Event) -> None:
    """Let a thread that draws finish the images at hand."""
    stop.set()
    thread.join(PATIENCE)


def print_note(trouble: InspectionError) -> None:
    """Say what is not as it might be expected; the page opens all the same."""
    print(f"Note: {trouble}", flush=True)


@contextmanager
def paused_collector() -> Iterator[None]:
    """Import without collecting garbage: a tenth of the time goes into searches that find none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def make_catalog(checkpoints: Path, data: Mapping[str, Path], device: str | None) -> Catalog:
    """Return the products; PyTorch is imported when the first detector is asked for."""
    from detectors import LazyEmbedder, list_detectors

    def load(folder: Path) -> Channel:
        from detectors.workflow import load_channel

        return load_channel(folder, device=device)

    return Catalog(
        checkpoints,
        data,
        loader=load,
        detectors=list_detectors(),
        embed=LazyEmbedder(device),
    )


def print_first_inspection(catalog: Catalog) -> None:
    """Load the detectors that visitors need first, and say what they make of the first sample."""
    from ui.inspect.first import describe_first_inspection

    def show() -> None:
        for line in describe_first_inspection(catalog):
            print(line, flush=True)

    with paused_collector():
        trouble = attempt(show)
    if trouble is not None:
        print(f"First inspection: {trouble}", flush=True)
    print_mismatched(catalog)


def print_mismatched(catalog: Catalog) -> None:
    """Say which detectors do not answer since their products were mixed up with others."""
    found = [
        error
        for product in catalog.products.values()
        for error in catalog.checkpoints.mismatched(product).values()
    ]
    for error in {str(error): error for error in found}.values():
        print_note(error)


def name_folders(data: Sequence[Path | str]) -> dict[str, Path]:
    """Return dataset folders by name.

    Raises:
        SettingsError: one is not there, or two have the same name.
        DatasetError: one has a name that no dataset can have.
    """
    folders: dict[str, Path] = {}
    for name, folder in map(name_folder, data):
        if (other := folders.setdefault(name, folder)).resolve() != folder.resolve():
            raise SettingsError(
                f"{other} and {folder} are both called {name}.",
                f"Give one another name: --data NAME={quote_path(folder)}.",
            )
    return folders


def name_folder(given: Path | str) -> tuple[str, Path]:
    """Return name and absolute path of a dataset folder given as DIR or as NAME=DIR."""
    name, folder = split_name(given)
    folder = check_folder(folder, "--data")
    return check_name(name or folder.name), folder


def check_folder(folder: Path, option: str) -> Path:
    """Return the absolute path of a folder that was given with an option."""
    if not folder.expanduser().is_dir():
        raise SettingsError(f"There is no folder {folder}.", f"Give one that exists with {option}.")
    return Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 (links stay as they are)


def run(arguments: Sequence[str]) -> int:
    """Open the page for a command line and return its exit code."""
    accept_all_characters()
    options = vars(build_parser().parse_args(arguments))
    if options.pop("verbose"):
        show_log()
    try:
        main(**options)
    except InspectionError as error:
        report_error(error)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


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
    add("--share", action="store_true", help="also make a public link")
    add("--device", help="auto, cpu, mps, cuda or cuda:N; by default the best present")
    add("--verbose", action="store_true", help="show the traceback behind each sentence")
    return parser


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
