"""Classes in the Results tab: metrics worked by hand, and what the tab shows of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eda.results.classes import draw_confusion, tabulate_classes, tabulate_classifiers
from inspection.errors import EvaluationError, InspectionError
from inspection.evaluation.classes import ClassifiedImage
from inspection.evaluation.classification import (
    BASELINE,
    CLASSES,
    Classification,
    check_baseline,
    count_differences,
    load_baseline,
    make_classification,
)
from inspection.evaluation.files import save_record
from inspection.evaluation.records import Checkpoint
from inspection.files import read_json, write_json
from inspection.products.catalog import Catalog
from inspection.products.manifest import CARD
from tests.doubles.products import make_catalog, write_checkpoint
from ui.results import messages
from ui.results.tab import Handlers
from ui.results.views import VIEWS

TRUTH = ("normal", "normal", "dent", "dent", "dent")
KEY = "drawn/part"


def make_named(*predicted: str) -> tuple[ClassifiedImage, ...]:
    """Return five images of two datasets: the normal ones of the first, the dents of the second."""
    return tuple(
        ClassifiedImage(
            f"{place}.png", "glass" if truth == "normal" else "steel", "00", truth, guess
        )
        for place, (truth, guess) in enumerate(zip(TRUTH, predicted, strict=True))
    )


def classify(*predicted: str, backbone: str = "resnet18") -> Classification:
    checkpoint = Checkpoint("pool", "all", "classifier", "00", "00")
    return Classification(checkpoint, backbone, make_named(*predicted))


OWN = classify("normal", "dent", "dent", "dent", "scratch")
BASE = classify("normal", "normal", "dent", "normal", "normal", backbone="small-cnn")


def test_rows_of_the_matrix_are_true_classes_in_counts_and_percent() -> None:
    plot = draw_confusion(OWN)
    (matrix,) = plot.data
    assert list(plot.layout.xaxis.ticktext) == ["normal", "dent", "scratch"]
    assert [list(row) for row in matrix.text] == [[1, 1, 0], [0, 2, 1], [0, 0, 0]]
    assert [list(row) for row in matrix.z] == [[50, 50, 0], [0, 66.7, 33.3], [0, 0, 0]]


def test_accuracy_stands_by_dataset_and_beside_the_baseline() -> None:
    table = tabulate_classifiers(OWN, BASE, title="Classifier")
    assert table["detector"].tolist() == ["Classifier"] * 3 + ["small-cnn (baseline)"] * 3
    assert table["images of"].tolist() == ["all", "glass", "steel"] * 2
    assert table["images"].tolist() == [5, 2, 3] * 2
    expected = [3 / 5, 1 / 2, 2 / 3, 3 / 5, 1, 1 / 3]
    assert table["accuracy"].tolist() == pytest.approx(expected)
    assert count_differences(OWN, BASE) == (1, 1)


def test_every_class_has_its_metrics_and_their_mean() -> None:
    table = tabulate_classes(OWN, BASE)
    assert table["class"].tolist() == ["normal", "dent", "scratch", "macro (mean)"]
    assert table["precision"].tolist() == pytest.approx([1, 2 / 3, 0, 5 / 9])
    assert table["recall"].tolist() == pytest.approx([1 / 2, 2 / 3, 0, 7 / 18])
    assert table["F1 of the baseline"].tolist()[:2] == pytest.approx([2 / 3, 1 / 2])
    assert "F1 of the baseline" not in tabulate_classes(OWN, None)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """The classes of one detector are known; nothing else was evaluated."""
    catalog = make_catalog(tmp_path, trained=("cae",), categories=("part", "ring"))
    folder = catalog.product(KEY).folder / "cae"
    save_record(folder / CLASSES, make_classification(folder, OWN.images))
    return catalog


def test_the_sub_tab_is_there_only_where_classes_were_named(catalog: Catalog) -> None:
    handlers = Handlers(catalog)
    (updates,) = handlers.show("classes", "drawn", "part")
    assert updates["tab-classes"]
    assert updates["troubles"]["items"] == []
    assert "--detector cae --" in updates["classifiers"]["note"]
    assert "--baseline DIR" in updates["classifiers"]["note"]
    assert len(updates["per-class"]["rows"]) == 4
    (updates,) = handlers.show("compare", "drawn", "part")
    assert updates["status"]["text"] == messages.CLASSES_ONLY
    assert updates["view"] == "classes", "the leaderboard would be empty"
    tabs = [view.name for view in VIEWS if updates[f"tab-{view.name}"]]
    assert tabs == ["classes", "details"]
    updates, *_ = handlers.show("classes", "drawn", "ring")
    assert not updates["tab-classes"]
    assert updates["view"] == "compare"
    assert "board" in updates


def test_a_detector_is_named_by_its_title_and_boxes_have_no_baseline(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = catalog.product(KEY).folder / "cae"
    save_record(folder / CLASSES, replace(make_classification(folder, OWN.images), backbone="x18"))
    (updates,) = Handlers(catalog).show("classes", "drawn", "part")
    assert updates["classifiers"]["rows"][0][0] == "CAE (x18)"
    assert updates["per-class"]["title"] == "Class by class: CAE (x18)"
    boxes = replace(catalog.detectors["cae"], title="Box detector", gives_boxes=True)
    monkeypatch.setattr(catalog, "detectors", {**catalog.detectors, "cae": boxes})
    (updates,) = Handlers(catalog).show("classes", "drawn", "part")
    assert updates["classifiers"]["rows"][0][0] == "Box detector (x18)"
    assert updates["classifiers"]["note"] == ""


def test_a_baseline_is_shown_only_about_the_same_images(catalog: Catalog) -> None:
    folder = catalog.product(KEY).folder / "cae"
    handlers = Handlers(catalog)
    save_record(folder / BASELINE, BASE)
    (updates,) = handlers.show("classes", "drawn", "part")
    assert "1 images; the other way round on 1" in updates["classifiers"]["note"]
    assert len(updates["classifiers"]["rows"]) == 6
    save_record(folder / BASELINE, replace(BASE, images=BASE.images[:4]))
    (updates,) = handlers.show("classes", "drawn", "part")
    assert "about other images" in updates["classifiers"]["note"]
    assert len(updates["classifiers"]["rows"]) == 3


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"format": 1, "images": []})])
def test_damaged_classes_are_refused_with_a_sentence(catalog: Catalog, content: str) -> None:
    folder = catalog.product(KEY).folder / "cae"
    (folder / BASELINE).write_text(content)
    with pytest.raises(EvaluationError, match=r"damaged|another version"):
        load_baseline(folder, OWN)
    (folder / CLASSES).write_text(content)
    updates, *_ = Handlers(catalog).show("compare", "drawn", "part")
    assert not updates["tab-classes"]
    texts = [item["text"] for item in updates["troubles"]["items"]]
    assert "part, CAE" in texts[0]
    assert "not evaluated" not in texts[0]


def test_a_baseline_that_saw_an_image_or_tells_other_classes_is_refused(tmp_path: Path) -> None:
    own, baseline = tmp_path / "own" / "classifier", tmp_path / "baseline" / "classifier"
    for folder, seen in ((own, {}), (baseline, {"renamed.png": "00"})):
        write_checkpoint(folder.parent / "cae", seen=seen)
        (folder.parent / "cae").rename(folder)
        write_json(folder / CARD, {**read_json(folder / CARD), "state": {"classes": ["a", "b"]}})
    check_baseline(OWN, baseline, own)
    with pytest.raises(EvaluationError, match="has seen 5 of the 5 test images"):
        check_baseline(OWN, own, baseline)
    write_json(baseline / CARD, {**read_json(baseline / CARD), "state": {"classes": ["a", "c"]}})
    with pytest.raises(EvaluationError, match="has other classes"):
        check_baseline(OWN, own, baseline)
    with pytest.raises(InspectionError, match="There is no baseline"):
        check_baseline(OWN, own, tmp_path / "nothing")
