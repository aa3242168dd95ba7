"""Which samples the page offers and opens with, and how those of the demo products are drawn."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspection.demo.products import write_demo_data
from inspection.files import FORMAT, write_json
from inspection.products.demo_data import draw_samples, wanted_samples
from inspection.products.product_file import PRODUCT
from inspection.products.showcase import PER_KIND, choose_samples, find_opening
from inspection.products.split_plan import SplitPlan, save_split
from inspection.types import Split
from tests.doubles.products import make_catalog
from ui.parts.images import encode_thumbnail

KEY = "drawn/part"


def test_a_thumbnail_shows_the_whole_image_however_tall() -> None:
    tall = np.zeros((800, 200, 3), np.uint8)
    data = base64.b64decode(encode_thumbnail(tall, 132).partition(",")[2])
    assert Image.open(io.BytesIO(data)).size == (33, 132)


def test_the_page_opens_with_what_the_product_names_or_with_a_defect(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    chosen = choose_samples(catalog.samples.unseen(catalog.product(KEY)))
    opening = find_opening(catalog, catalog.product(KEY))
    assert opening is not None
    assert opening.is_anomalous
    named = {"format": FORMAT, "opens_with": chosen[-1].id}
    write_json(catalog.product(KEY).folder / PRODUCT, named)
    assert find_opening(catalog, catalog.product(KEY)) is chosen[-1]


def test_only_the_demo_samples_that_the_strip_would_choose_are_wanted() -> None:
    is_wanted = wanted_samples({"washer": None})
    assert is_wanted("washer/test/good/000.png")
    assert not is_wanted(f"washer/test/good/{PER_KIND:03d}.png")
    assert not is_wanted("washer/train/good/000.png")


@pytest.fixture
def demo_checkpoints(tmp_path: Path) -> Path:
    """Return the folder of two demo products, each with one test image."""
    for name in ("bottle", "washer"):
        roles = {f"{name}/test/good/000.png": Split.TEST}
        save_split(tmp_path / "checkpoints" / name, SplitPlan(0, 0.0, roles))
    return tmp_path / "checkpoints"


def test_a_damaged_split_of_one_demo_product_leaves_the_others_their_samples(
    demo_checkpoints: Path, tmp_path: Path
) -> None:
    (demo_checkpoints / "washer" / "split.json").write_text("{")
    (trouble,) = draw_samples(tmp_path / "demo", demo_checkpoints)
    assert "washer" in trouble.problem
    drawn = [path.relative_to(tmp_path / "demo") for path in (tmp_path / "demo").rglob("*.png")]
    assert drawn == [Path("bottle/test/good/000.png")]


def test_demo_data_of_another_seed_is_kept_and_reported(
    demo_checkpoints: Path, tmp_path: Path
) -> None:
    write_demo_data(tmp_path / "demo", seed=1, only=lambda _: False)
    (trouble,) = draw_samples(tmp_path / "demo", demo_checkpoints)
    assert "seed 1" in trouble.problem
    assert not list((tmp_path / "demo").rglob("*.png"))


def test_a_drawing_that_is_stopped_draws_no_more(demo_checkpoints: Path, tmp_path: Path) -> None:
    assert draw_samples(tmp_path / "demo", demo_checkpoints, is_stopped=lambda: True) == []
    assert not list((tmp_path / "demo").rglob("*.png"))
