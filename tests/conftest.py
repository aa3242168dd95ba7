"""What the browser tests share; each of their files brings its own `catalog`."""

from collections.abc import Iterator
from typing import Any

import pytest

from inspection.processors import share_processors
from inspection.products.catalog import Catalog
from tests.browser import open_browser

share_processors()  # as the commands do, before any test imports PyTorch


@pytest.fixture(scope="module")
def url(catalog: Catalog) -> Iterator[str]:
    """A page that shows the catalogue of the file that asks."""
    from ui.serve import serve

    served = serve(catalog, host="127.0.0.1")
    yield str(served.local_url)
    served.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as started:
        yield started
