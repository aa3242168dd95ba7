"""Detectors that are missing or broken: their panels say so, and the others answer."""

from pathlib import Path
from typing import Any

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.detector import Channel
from inspection.errors import BackboneError, CheckpointError
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import load_calibration
from inspection.products.manifest import CARD
from inspection.products.panels import Status
from inspection.products.product_file import PRODUCT
from tests.doubles.detectors import DETECTORS, FakeDetector, make_infos
from tests.doubles.page import merge, problem, states, to_json
from tests.doubles.parts import write_bad_files
from tests.doubles.products import make_catalog
from ui.inspect.tab import Handlers

KEY = "drawn/part"


def test_a_missing_detector_greys_its_own_panel_and_the_others_work(tmp_path: Path) -> None:
    held = merge(Handlers(make_catalog(tmp_path, trained=("cae", "patchcore"))).open_page(KEY))
    assert states(held) == {"cae": "done", "unet": "missing", "patchcore": "done"}
    assert held["unet"]["fix"].startswith("python cli.py train --data ")
    assert " --category part --detector unet --checkpoints " in held["unet"]["fix"]


@pytest.mark.parametrize(
    "error",
    [
        CheckpointError("weights are damaged.", "Train again."),
        RuntimeError("no memory\nx"),
        TypeError("no memory"),
    ],
)
@pytest.mark.parametrize("moment", ["loading", "predicting"])
def test_a_broken_detector_says_so_on_its_own_panel(
    tmp_path: Path, error: Exception, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaks(FakeDetector):
        def predict(self, images: Any) -> Any:
            raise error

    make_catalog(tmp_path)

    def load(folder: Path) -> Channel:
        breaks = folder.name == "unet"
        if breaks and moment == "loading":
            raise error
        detector = Breaks("unet") if breaks else FakeDetector(folder.name)
        return Channel(detector, load_calibration(folder).calibration)

    catalog = Catalog(
        tmp_path / "checkpoints",
        [tmp_path / "data" / "drawn"],
        loader=load,
        detectors=make_infos(*DETECTORS),
    )
    held = merge(Handlers(catalog).open_page(KEY))
    assert states(held) == {"cae": "done", "unet": "broken", "patchcore": "done"}
    assert held["header"]["state"] == "done"
    assert "damaged" in held["unet"]["problem"] or "no memory" in held["unet"]["problem"]
    assert "\n" not in held["unet"]["problem"]
    assert held["unet"]["fix"]


def test_a_detector_whose_remedy_was_followed_answers_the_next_inspection(tmp_path: Path) -> None:
    make_catalog(tmp_path)
    weights = tmp_path / "backbone.safetensors"

    def load(folder: Path) -> Channel:
        if folder.name == "unet" and not weights.is_file():
            raise BackboneError("No weights are on this machine.", f"Put them at {weights}.")
        return Channel(FakeDetector(folder.name), load_calibration(folder).calibration)

    catalog = Catalog(
        tmp_path / "checkpoints",
        [tmp_path / "data" / "drawn"],
        loader=load,
        detectors=make_infos(*DETECTORS),
    )
    handlers = Handlers(catalog)
    assert states(merge(handlers.open_page(KEY)))["unet"] == "broken"
    assert states(merge(handlers.clear(KEY)))["unet"] == "broken", "said before there is an image"
    weights.touch()
    assert states(merge(handlers.open_page(KEY))) == dict.fromkeys(DETECTORS, "done")


def test_an_error_still_says_which_detectors_could_answer(tmp_path: Path) -> None:
    """A page that is not told would show the panels of detectors that nobody expects."""
    handlers = Handlers(make_catalog(tmp_path, trained=("cae",)))
    held = merge(handlers.upload(KEY, write_bad_files(tmp_path / "bad")["empty"]))
    assert "is empty" in problem(held)
    assert states(held) == {"cae": "idle", "unet": "missing", "patchcore": "missing"}


def test_clear_forgets_the_image_and_still_says_which_detectors_could_answer(
    tmp_path: Path,
) -> None:
    handlers = Handlers(make_catalog(tmp_path, trained=("cae",)))
    held = merge(handlers.clear(KEY))
    assert (held["image"], held["source"]) == (None, None)
    assert held["header"]["state"] == "empty"
    assert states(held) == {"cae": "idle", "unet": "missing", "patchcore": "missing"}


def test_what_is_broken_is_shown_to_visitors_without_a_path_of_the_server(
    tmp_path: Path,
) -> None:
    make_catalog(tmp_path, trained=("unet", "patchcore"))
    product = tmp_path / "checkpoints" / "drawn" / "part"

    def load(folder: Path) -> Channel:
        raise CheckpointError(f"{folder / CARD} is damaged.", f"Look into {tmp_path / 'data'}.")

    data = tmp_path / "data" / "drawn"
    catalog = Catalog(
        tmp_path / "checkpoints", [data], loader=load, detectors=make_infos(*DETECTORS)
    )
    handlers = Handlers(catalog)
    shown = merge(handlers.open_page(KEY))["unet"]["problem"]
    assert shown == f"{product / 'unet' / CARD} is damaged.", "whoever started the page may know"
    catalog.places.is_shared = True
    shown = merge(handlers.open_page(KEY))["unet"]["problem"]
    assert shown == "checkpoints/drawn/part/unet/detector.json is damaged."
    (product / PRODUCT).write_text("{")
    (product / "split.json").write_text("{")
    sample = read_dataset(data).samples[0].id
    for updates in (
        {**merge(handlers.open_page(KEY)), "source": None},
        merge(handlers.pick_sample(KEY, sample)),
        merge(handlers.clear(KEY)),
        handlers.reporter.make(
            {"format": "json", "rate": 0.1, "product": KEY, "sample": sample}, None
        ),
    ):
        assert "damaged" in to_json(updates)
        assert str(tmp_path / "checkpoints") not in to_json(updates)
        assert str(data) not in to_json(updates)


def test_a_checkpoint_that_is_broken_does_not_take_the_strip_with_it(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    broken = tmp_path / "checkpoints" / "drawn" / "part" / "unet" / "detector.json"
    broken.write_text("{")
    assert Handlers(catalog).strips.strip(catalog.product(KEY))["items"]
    assert catalog.channels.peek(catalog.product(KEY), "unet").status is Status.LOADING
