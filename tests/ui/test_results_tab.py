"""The Results tab: it reads what was evaluated, and says what was not."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.demo.folder import DemoFolder
from inspection.errors import DatasetError
from inspection.evaluation.files import EVALUATION, load_evaluation
from inspection.evaluation.metrics import METRICS, Metric
from inspection.evaluation.records import Estimate
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import CARD
from inspection.types import Sample
from tests.doubles.page import to_json
from tests.doubles.products import make_catalog, write_checkpoint, write_evaluations
from ui.results.tab import Handlers
from ui.results.views import VIEWS, compare

KEY = "drawn/part"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """The U-Net misses faint defects."""
    catalog = make_catalog(tmp_path, weakness={"unet": 0.3})
    write_evaluations(catalog, KEY)
    return catalog


@pytest.fixture
def handlers(catalog: Catalog) -> Handlers:
    return Handlers(catalog)


def show(
    handlers: Handlers,
    view: object,
    dataset: object = "drawn",
    category: object = "part",
    *,
    page: object = 0,
    **choices: object,
) -> dict[str, Any]:
    """Return the updates of a view; filters are chosen by name, `rate` among them."""
    names = [name for one in VIEWS for name in one.filters]
    wanted = [choices.pop(name.replace("-", "_"), None) for name in (*names, "rate")]
    assert not choices, "no such filter"
    (updates,) = handlers.show(view, dataset, category, *wanted, page)
    return updates


EXPECTED = {
    "leaderboard": {"board-plot", "seconds", "board", "metrics"},
    "threshold": {"judge"},
    "curves": {"roc", "pr", "pro", "pixel_pr", "pixel_roc"},
    "compare": {"first", "second", "scatter", "click"},
    "mistakes": {"mistakes"},
    "training": {"training-cae", "training-unet", "training-patchcore", "trainings"},
}


@pytest.mark.parametrize("view", EXPECTED)
def test_every_sub_tab_has_something_to_show(handlers: Handlers, view: str) -> None:
    updates = show(handlers, view)
    assert EXPECTED[view] <= updates.keys()
    assert updates["status"]["text"] == ""
    assert updates["troubles"]["items"] == []
    to_json([value for value in updates.values() if not hasattr(value, "to_json")])


@pytest.mark.parametrize(
    ("trained", "tabs"),
    [
        ((), ["leaderboard", "training"]),
        (("cae",), ["leaderboard", "threshold", "curves", "mistakes", "training"]),
        (("cae", "unet"), [view.name for view in VIEWS if not view.is_rare]),
    ],
)
def test_sub_tabs_without_anything_to_see_are_not_offered(
    tmp_path: Path, trained: tuple[str, ...], tabs: list[str]
) -> None:
    catalog = make_catalog(tmp_path, trained=trained or ("cae",))
    if trained:
        write_evaluations(catalog, KEY)
    updates = show(Handlers(catalog), "compare")
    assert [view.name for view in VIEWS if updates[f"tab-{view.name}"]] == tabs
    assert updates.get("view") == (None if "compare" in tabs else "leaderboard")


def test_without_masks_one_sentence_stands_for_the_curves_of_pixels(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    shutil.rmtree(tmp_path / "data" / "drawn" / "part" / "ground_truth")
    write_evaluations(catalog, KEY)
    updates = show(Handlers(catalog), "curves")
    assert "No pixels were compared" in updates["pro"].to_json().replace("<br>", " ")
    assert (updates["pixel_pr"], updates["pixel_roc"]) == (None, None)
    assert updates["roc"].data


def test_what_is_not_trained_is_named_and_takes_no_place(tmp_path: Path) -> None:
    updates = show(Handlers(make_catalog(tmp_path, trained=("cae",))), "training")
    assert updates["training-cae"] is not None
    assert (updates["training-unet"], updates["training-patchcore"]) == (None, None)
    assert updates["trainings"]["note"] == "Not trained yet: U-Net, PatchCore."


def test_the_metrics_are_those_of_the_reports(handlers: Handlers, catalog: Catalog) -> None:
    updates = show(handlers, "leaderboard", metric="recall")
    titles = [column["title"] for column in updates["board"]["columns"]]
    row = dict(zip(titles, updates["board"]["rows"][0], strict=True))
    for name, title in (("cae", "CAE"), ("unet", "U-Net"), ("patchcore", "PatchCore")):
        report = load_evaluation(catalog.product(KEY).folder / name)
        assert row[title] == pytest.approx(report.metrics["recall"].value, abs=1e-3)
    assert row["U-Net"] < row["CAE"]


def test_a_metric_that_was_added_stands_in_every_table_and_an_older_evaluation_shows_a_dash(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = Metric("hits", lambda scored: Estimate(float(scored.verdicts.true_positives)))
    older = {name: catalog.product(KEY).folder / name / EVALUATION for name in ("cae", "unet")}
    kept = {path: path.read_text() for path in older.values()}
    monkeypatch.setitem(METRICS, "hits", added)
    write_evaluations(catalog, KEY)
    for path, content in kept.items():
        path.write_text(content)
    updates = show(Handlers(catalog), "leaderboard", metric="hits")
    (row,) = updates["board"]["rows"]
    assert row == ["part", None, None, 6, 6, "intervals overlap"]
    (cells,) = (cells for cells in updates["metrics"]["rows"] if cells[0] == "hits")
    assert cells == ["hits", "–", "–", "6.000", "6.000"]
    assert "before this metric was there" in updates["metrics"]["note"]
    names = [trace.name for trace in updates["board-plot"].data]
    assert names == ["PatchCore", "Joint verdict"]


def test_the_slider_begins_at_the_evaluated_rate_with_its_verdicts(
    handlers: Handlers, catalog: Catalog
) -> None:
    judge = show(handlers, "threshold")["judge"]
    assert judge["rate"] == 0.02
    unet = judge["detectors"][1]
    report = load_evaluation(catalog.product(KEY).folder / "unet")
    calibration = catalog.channels.judging(catalog.product(KEY), "unet").calibration
    assert calibration.threshold(judge["rate"]) == report.threshold
    assert unet["scores"] == [image.image_score for image in report.images]
    assert len(unet["normalScores"]) == calibration.num_normal


def test_the_answer_stands_above_every_view_and_follows_the_rate(handlers: Handlers) -> None:
    for view in EXPECTED:
        said = show(handlers, view)["answer"]
        assert said["headline"] == (
            "For part, CAE, PatchCore and Joint verdict each find 6 of 6 defects; U-Net 3."
        )
        assert said["conclusion"].startswith("The differences are within chance")
        assert [row["found"] for row in said["rows"]] == [6, 6, 6, 3]
    rate = {"product": KEY, "rate": 0.5}
    updates = show(handlers, "threshold", rate=rate)
    assert updates["rate"]["rate"] == 0.5
    assert (updates["rate"]["own"], updates["rate"]["rates"][0]) == (0.02, 1 / 101)
    assert sum(row["alarms"] for row in updates["answer"]["rows"]) > 0
    of_another = show(handlers, "threshold", rate={**rate, "product": "drawn/ring"})
    assert of_another["rate"]["rate"] == 0.02, "a product keeps its own"


def test_without_an_evaluation_there_is_no_answer(tmp_path: Path) -> None:
    updates = show(Handlers(make_catalog(tmp_path)), "leaderboard")
    assert (updates["answer"], updates["rate"]) == (None, None)


def test_what_was_not_evaluated_stands_there_with_its_command(
    handlers: Handlers, catalog: Catalog
) -> None:
    (catalog.product(KEY).folder / "cae" / EVALUATION).unlink()
    updates = show(handlers, "leaderboard")
    (item,) = updates["troubles"]["items"]
    assert item["text"] == "drawn/part, CAE: It has not been evaluated yet."
    assert "cli.py evaluate --data " in item["command"]
    assert item["command"].find("--category part --detector cae") > 0
    assert [c["title"] for c in updates["board"]["columns"]] == [
        *("category", "U-Net", "PatchCore", "best")
    ]


def test_a_report_of_other_weights_or_a_damaged_one_is_not_shown(
    handlers: Handlers, catalog: Catalog
) -> None:
    folder = catalog.product(KEY).folder
    assert len(show(handlers, "threshold")["judge"]["detectors"]) == 3
    (folder / "cae" / EVALUATION).write_text("{}")
    (folder / "unet" / EVALUATION).write_text(
        (folder / "patchcore" / EVALUATION).read_text(encoding="utf-8"), encoding="utf-8"
    )
    updates = show(handlers, "threshold")
    assert [one["title"] for one in updates["judge"]["detectors"]] == ["PatchCore"]
    problems = [item["text"] for item in updates["troubles"]["items"]]
    assert "written by another version" in problems[0]
    assert "other weights or thresholds" in problems[1]


def test_without_any_evaluation_every_view_still_answers(tmp_path: Path) -> None:
    handlers = Handlers(make_catalog(tmp_path, categories=("part", "tile")))
    for view in (one.name for one in VIEWS):
        updates = show(handlers, view)
        assert updates["status"]["text"] == ""
    items = show(handlers, "leaderboard")["troubles"]["items"]
    assert len(items) == 1, "six are too many to list one by one"
    assert items[0]["text"].startswith("6 detectors were not evaluated")
    assert "--category" not in items[0]["command"]
    assert show(handlers, "training")["troubles"]["items"] == []


def test_without_a_trained_detector_the_tab_says_what_to_do(tmp_path: Path) -> None:
    updates = show(Handlers(make_catalog(tmp_path, trained=())), "leaderboard")
    assert "cli.py train" in updates["status"]["text"]


@pytest.mark.parametrize("odd", ["../part", None, 7, ["x"], {"y": 2}, "nonsense", -3])
def test_odd_requests_show_the_first_category(handlers: Handlers, odd: object) -> None:
    (updates,) = handlers.show(odd, *[odd] * 20)
    assert updates["category"][1] == "part"
    assert "board" in updates
    for view in (one.name for one in VIEWS):
        (updates,) = handlers.show(view, *[odd] * 20)
        assert updates["status"]["text"] == ""
        assert updates["rate"]["rate"] == 0.02


def test_galleries_show_thumbnails_by_id_and_turn_their_pages(handlers: Handlers) -> None:
    value = show(handlers, "mistakes", kind="misses", page=99)["mistakes"]
    assert value["product"] == KEY
    titles = [section["title"] for section in value["sections"]]
    assert titles[0] == "No detector finds 0 of 6 defective images"
    assert titles[2].startswith("U-Net misses ")
    items = value["sections"][2]["items"]
    assert items[0]["source"].startswith("data:image/jpeg")
    assert items[0]["path"].startswith("M")
    assert value["page"] == value["pages"] - 1 == 0
    mixed = show(handlers, "mistakes", kind="disagreements", page=0)["mistakes"]
    assert {item["id"] for item in items} == {i["id"] for i in mixed["sections"][0]["items"]}
    assert mixed["sections"][0]["items"][0]["detail"] == "flagged by CAE and PatchCore"


def test_images_that_are_not_on_this_machine_are_named_with_a_remedy(
    handlers: Handlers, tmp_path: Path
) -> None:
    for path in (tmp_path / "data" / "drawn" / "part" / "test" / "dent").iterdir():
        path.unlink()
    value = show(handlers, "mistakes", kind="misses", page=0)["mistakes"]
    missed = value["sections"][2]["items"]
    assert any(item["source"] == "" for item in missed)
    assert "not on this machine" in value["missing"]


class Drawer:
    """A demo whose test images are drawn when somebody wants them, or cannot be."""

    def __init__(self, root: Path, catalog: Catalog, *, trouble: DatasetError | None) -> None:
        self.root, self.trouble = root, trouble
        self.samples = read_dataset(root).samples
        self.kept = {
            one.id: one.image_path.read_bytes()
            for one in catalog.samples.unseen(catalog.product(KEY))
        }
        for sample in catalog.samples.unseen(catalog.product(KEY)):
            sample.image_path.unlink()

    def draw(self, samples: Iterable[Sample]) -> None:
        if self.trouble is not None:
            raise self.trouble
        for sample in samples:
            sample.image_path.write_bytes(self.kept[sample.id])


def test_images_of_the_demo_are_drawn_when_a_mistake_is_to_be_seen(
    handlers: Handlers, catalog: Catalog, tmp_path: Path
) -> None:
    root = tmp_path / "data" / "drawn"
    catalog.datasets.demo = cast("DemoFolder", Drawer(root, catalog, trouble=None))
    value = show(handlers, "mistakes", kind="misses", page=0)["mistakes"]
    items = [item for section in value["sections"] for item in section["items"]]
    assert items
    assert all(item["source"] for item in items)
    assert value["missing"] == ""
    num_there = sum(
        sample.image_path.exists() for sample in catalog.samples.unseen(catalog.product(KEY))
    )
    assert num_there == len({item["id"] for item in items}), "nothing else was drawn"


def test_what_keeps_the_demo_from_being_drawn_is_reported(
    handlers: Handlers, catalog: Catalog, tmp_path: Path
) -> None:
    trouble = DatasetError("The disk is full.", "Make room.")
    root = tmp_path / "data" / "drawn"
    catalog.datasets.demo = cast("DemoFolder", Drawer(root, catalog, trouble=trouble))
    value = show(handlers, "mistakes", kind="misses", page=0)["mistakes"]
    assert value["missing"].endswith("The disk is full. Make room.")


def test_a_product_that_is_trained_while_the_page_runs_appears(
    handlers: Handlers, tmp_path: Path
) -> None:
    assert show(handlers, "leaderboard")["dataset"][0] == [("drawn", "drawn")]
    write_checkpoint(tmp_path / "checkpoints" / "later" / "ring" / "cae")
    updates = show(handlers, "leaderboard", "later", None)
    assert [value for _, value in updates["dataset"][0]] == ["drawn", "later"]
    assert updates["category"] == ([("ring", "ring")], "ring")


def test_the_scatter_takes_two_different_detectors(handlers: Handlers) -> None:
    updates = show(handlers, "compare", first="cae", second="cae")
    assert updates["first"][1] == "cae"
    assert updates["second"][1] != "cae"
    updates = show(handlers, "compare", first="patchcore", second="cae")
    assert (updates["first"][1], updates["second"][1]) == ("patchcore", "cae")
    assert updates["scatter"].layout.xaxis.title.text == "PatchCore: score / threshold"
    assert updates["click"] == {"product": KEY, "hint": compare.HINT}


def test_an_evaluation_made_meanwhile_is_shown(handlers: Handlers, catalog: Catalog) -> None:
    folder = catalog.product(KEY).folder / "cae"
    kept = (folder / EVALUATION).read_text(encoding="utf-8")
    (folder / EVALUATION).unlink()
    assert len(handlers.results.shown(KEY)) == 2
    (folder / EVALUATION).write_text(kept, encoding="utf-8")
    titles = [one.title for one in handlers.results.shown(KEY)]
    assert titles == ["CAE", "U-Net", "PatchCore", "Joint verdict"]


def test_one_detector_alone_has_curves_and_no_scatter(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, trained=())
    write_checkpoint(tmp_path / "checkpoints" / "drawn" / "part" / "cae")
    write_evaluations(catalog, KEY)
    handlers = Handlers(catalog)
    assert len(show(handlers, "curves")["roc"].data) == 2
    updates = show(handlers, "compare")
    assert (updates["view"], updates["tab-compare"]) == ("leaderboard", False)
    alone = show(handlers, "mistakes", kind="disagreements")["mistakes"]
    assert alone["sections"] == []
    assert alone["missing"] == "It takes two detectors to disagree."


def test_visitors_of_a_shared_page_see_no_folder_of_the_machine(
    handlers: Handlers, catalog: Catalog, tmp_path: Path
) -> None:
    folder = catalog.product(KEY).folder
    (folder / "cae" / EVALUATION).write_text("{", encoding="utf-8")
    (folder / "unet" / CARD).write_text("{", encoding="utf-8")
    catalog.places.is_shared = True
    (note,) = show(handlers, "training")["training-unet"].layout.annotations
    for shown in (to_json(show(handlers, "leaderboard")["troubles"]), note.text):
        assert "checkpoints/drawn/part/unet/detector.json" in shown.replace("<br>", " ")
        assert str(tmp_path) not in shown
