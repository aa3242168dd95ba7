"""A page with fakes in a headless browser, for the files that bring no catalogue of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspection.products.catalog import Catalog
from tests.browser import DESKTOP, PHONE, choose_product, open_page, part, wait_for
from tests.doubles.detectors import FakeEmbed
from tests.doubles.products import make_catalog, write_checkpoint, write_product


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def catalog(root: Path) -> Catalog:
    """The U-Net misses faint defects, and is not trained for the second product."""
    write_product(root / "data" / "drawn", "tile")
    write_checkpoint(root / "checkpoints" / "drawn" / "tile" / "cae")
    write_checkpoint(root / "checkpoints" / "drawn" / "tile" / "patchcore", num_normal=30)
    return make_catalog(root, weakness={"unet": 0.3}, embed=FakeEmbed())


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the browsers complained about, and every request that left the machine."""
    return []


@pytest.fixture(scope="module")
def desktop(browser: Any, url: str, complaints: list[str]) -> Iterator[Any]:
    with open_page(browser, url, complaints, viewport=DESKTOP) as opened:
        yield opened


@pytest.fixture
def page(desktop: Any, complaints: list[str]) -> Iterator[Any]:
    """The page on a desktop, shared by all tests, with everything put back after each."""
    yield desktop
    assert complaints == []
    if "part" not in desktop.locator("#product input").input_value():
        choose_product(desktop, "part")
        wait_for(desktop, "done:3")
    if part(desktop, "reset").is_visible():
        part(desktop, "reset").click()
    part(desktop, "truth").uncheck(force=True)
    part(desktop, "boxes").uncheck()
    if part(desktop, "regions").is_visible():
        part(desktop, "regions-toggle").click()
    desktop.get_by_role("button", name="Overlay", exact=True).click()
    desktop.get_by_role("button", name="Fit").click()


@pytest.fixture(scope="module")
def phone(browser: Any, url: str, complaints: list[str]) -> Iterator[Any]:
    with open_page(browser, url, complaints, viewport=PHONE, has_touch=True) as opened:
        yield opened
    assert complaints == []
