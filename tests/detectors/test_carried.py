"""The checkpoints that the project carries fit each other, and the page that opens with them."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detectors import list_defaults, setting_names
from detectors.backbones.files import FOLDER
from detectors.settings import STUDENT
from detectors.workflow import load_channel
from inspection.demo.products import PRODUCTS, draw_sample
from inspection.evaluation.files import load_evaluation
from inspection.joint import JOINT
from inspection.preprocess import to_input_size
from inspection.products.checkpoint_folders import load_calibration
from inspection.products.manifest import CARD, WEIGHTS
from inspection.products.places import CHECKPOINTS
from inspection.products.product_file import read_settings
from inspection.products.split_plan import load_split
from inspection.types import Split

DEMO = CHECKPOINTS / "demo"
MAPS = Path(__file__).with_name("carried_maps.json")
GRID = (8, 8)
FOLDERS = [
    folder
    for folder in sorted(DEMO.glob("*/*"))
    if folder.is_dir() and folder.name != JOINT  # of which only the evaluation is kept
]
CHANNELS = [pytest.param(one, id=f"{one.parent.name}-{one.name}") for one in FOLDERS]


def read(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def test_every_demo_product_has_every_detector_and_nothing_else() -> None:
    found = {(path.parent.name, path.name) for path in DEMO.glob("*/*") if path.is_dir()}
    products = {path.name for path in DEMO.iterdir() if path.is_dir()}
    assert len(products) >= 3
    names = (*list_defaults(), JOINT)
    assert found == {(product, name) for product in products for name in names}


@pytest.mark.parametrize("folder", CHANNELS)
def test_a_carried_detector_fits_its_weights_its_backbone_and_the_promised_rate(
    folder: Path,
) -> None:
    card = read(folder / CARD)
    assert card["weights_sha256"] == hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    needed = card["state"].get("backbone_sha256")
    assert needed in (None, read(FOLDER / f"{STUDENT}.json")["sha256"])
    assert (needed is None) == ("backbone" not in setting_names(folder.name))
    assert load_calibration(folder).calibration.num_normal >= 100
    assert load_evaluation(folder).checkpoint.detector == folder.name  # of these weights


def test_the_page_opens_with_an_unseen_sample_that_every_detector_flags() -> None:
    openings = {
        folder: opening
        for folder in DEMO.iterdir()
        if folder.is_dir() and (opening := read_settings(folder).opening)
    }
    assert len(openings) == 1
    ((product, opening),) = openings.items()
    plan = load_split(product)
    assert plan is not None
    assert plan.roles[opening] is Split.TEST
    for name in list_defaults():
        with (product / name / "evaluation.csv").open(encoding="utf-8-sig", newline="") as file:
            (row,) = (row for row in csv.DictReader(file) if row["id"] == opening)
        assert row["is_flagged"] == "True"


def summarise_maps(folder: Path) -> list[list[float]]:
    """Return the mean of 8 x 8 fields of the maps of a good and of a defective drawn part."""
    detector = load_channel(folder, device="cpu").detector
    product = folder.parent.name
    rows = []
    for defect_type in (None, PRODUCTS[product].defect_types[0]):
        image, _ = draw_sample(product, "test", defect_type, 0)
        (found,) = detector.predict([to_input_size(image, detector.input_size)])
        fields = cv2.resize(found.anomaly_map, GRID, interpolation=cv2.INTER_AREA)
        rows.append([float(f"{value:.6g}") for value in fields.ravel()])
    return rows


@pytest.mark.parametrize("folder", CHANNELS)
def test_a_carried_detector_answers_as_on_the_day_it_was_made(folder: Path) -> None:
    """A hash would differ from processor to processor; a thousandth of the highest field does not.

    After a new training: `python -m tests.detectors.test_carried` writes the file anew.
    """
    (expected,) = (
        rows for name, rows in read(MAPS).items() if name == f"{folder.parent.name}/{folder.name}"
    )
    for fields, then in zip(summarise_maps(folder), expected, strict=True):
        np.testing.assert_allclose(fields, then, rtol=0, atol=1e-3 * max(then))


def test_the_stored_maps_tell_a_defect_and_detectors_apart() -> None:
    stored = read(MAPS)
    assert len({json.dumps(rows) for rows in stored.values()}) == len(CHANNELS)
    assert all(good != bad for good, bad in stored.values())


if __name__ == "__main__":
    found = {f"{one.parent.name}/{one.name}": summarise_maps(one) for one in FOLDERS}
    lines = [f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in found.items()]
    MAPS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
