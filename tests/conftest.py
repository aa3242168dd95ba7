"""What the browser tests share; each of their files brings its own `catalog`."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from inspection.processors import count_processors, share_processors
from inspection.products.catalog import Catalog
from tests.browser import open_browser, serving

MOST_WORKERS = 8  # each takes about 2 GB with its browser
NUM_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

if NUM_WORKERS > 1:  # else each would start as many threads as there are processors
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, count_processors() // NUM_WORKERS)))
# Gradio takes the first free port of the 100 from here; two workers could take the same one at once
os.environ.setdefault("GRADIO_SERVER_PORT", str(7860 + 100 * WORKER))
share_processors()  # as the commands do, before any test imports PyTorch


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers() -> int:
    """Count as the program does: within the quota of a container, too."""
    return min(count_processors(), MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the browser: at the end one worker would wait for the other's slow file."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="module")
def url(catalog: Catalog) -> Iterator[str]:
    """A page that shows the catalogue of the file that asks."""
    with serving(catalog) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as started:
        yield started
