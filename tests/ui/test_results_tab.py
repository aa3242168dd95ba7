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
from inspection.products.manifest import CARD
from inspection.types import Sample
from tests.doubles.page import to_json
from tests.doubles.products import (
    make_catalog,
    open_drawn,
    write_checkpoint,
    write_evaluations,
)
from ui.results.tab import Handlers
from ui.results.views import VIEWS

KEY = "drawn/part"


WEAKNESS = {"unet": 0.3}  # it misses faint defects


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn product with its evaluations, of which every test gets a copy."""
    root = tmp_path_factory.mktemp("evaluated")
    write_evaluations(make_catalog(root, weakness=WEAKNESS), KEY)
    return root


@pytest.fixture
def catalog(evaluated: Path, tmp_path: Path) -> Catalog:
    shutil.copytree(evaluated, tmp_path, dirs_exist_ok=True)
    return open_drawn(tmp_path, weakness=WEAKNESS)


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
    filters = [name for one in VIEWS for name in one.filters]
    names = (*filters, *(name for one in VIEWS for name in one.inputs), "rate")
    wanted = [choices.pop(name.replace("-", "_"), None) for name in names]
    assert not choices, "no such filter"
    (updates, *later) = handlers.show(view, dataset, category, *wanted, page)
    return {**updates, **{name: value for one in later for name, value in one.items()}}


EXPECTED = {
    "compare": {"judge", "found-size", "found-limits", "board-plot", "board"},
    "review": {"first", "second", "show", "scatter", "picked", "labels", "review"},
    "costs": {"cost-answer", "cost-plot", "costs"},
    "images": {"images"},
    "details": {
        *("roc", "pr", "pro", "pixel_pr", "pixel_roc", "seconds", "metrics", "trainings"),
        *("details-cae", "details-unet", "details-patchcore"),
    },
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
        ((), ["compare", "details"]),
        (("cae",), ["compare", "review", "costs", "images", "details"]),
        (("cae", "unet"), [view.name for view in VIEWS if not view.is_rare]),
    ],
)
def test_sub_tabs_without_anything_to_see_are_not_offered(
    tmp_path: Path, trained: tuple[str, ...], tabs: list[str]
) -> None:
    catalog = make_catalog(tmp_path, trained=trained or ("cae",))
    if trained:
        write_evaluations(catalog, KEY)
    updates = show(Handlers(catalog), "review")
    assert [view.name for view in VIEWS if updates[f"tab-{view.name}"]] == tabs
    assert updates.get("view") == (None if "review" in tabs else "compare")


def test_without_masks_one_sentence_stands_for_the_curves_of_pixels(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    shutil.rmtree(tmp_path / "data" / "drawn" / "part" / "ground_truth")
    write_evaluations(catalog, KEY)
    updates = show(Handlers(catalog), "details")
    assert "No pixels were compared" in updates["pro"].to_json().replace("<br>", " ")
    assert (updates["pixel_pr"], updates["pixel_roc"]) == (None, None)
    assert updates["roc"].data


def test_what_is_not_trained_is_named_and_takes_no_place(tmp_path: Path) -> None:
    updates = show(Handlers(make_catalog(tmp_path, trained=("cae",))), "details")
    assert [row[0] for row in updates["trainings"]["rows"]] == ["CAE"]
    places = [updates[f"details-{name}"] for name in ("cae", "unet", "patchcore")]
    assert places == [None, None, None], "the fake has no epochs to draw"
    assert updates["trainings"]["note"] == "Not trained yet: U-Net, PatchCore."


def test_the_metrics_are_those_of_the_reports(handlers: Handlers, catalog: Catalog) -> None:
    updates = show(handlers, "compare", metric="recall")
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
    updates = {
        **show(Handlers(catalog), "details"),
        **show(Handlers(catalog), "compare", metric="hits"),
    }
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
    judge = show(handlers, "compare")["judge"]
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
    updates = show(handlers, "compare", rate=rate)
    assert updates["rate"]["rate"] == 0.5
    assert (updates["rate"]["own"], updates["rate"]["rates"][0]) == (0.02, 1 / 101)
    assert sum(row["alarms"] for row in updates["answer"]["rows"]) > 0
    of_another = show(handlers, "compare", rate={**rate, "product": "drawn/ring"})
    assert of_another["rate"]["rate"] == 0.02, "a product keeps its own"


def test_a_view_that_does_not_follow_the_rate_says_so_beside_the_slider(
    handlers: Handlers,
) -> None:
    notes = {view: show(handlers, view)["rate"]["note"] for view in EXPECTED}
    assert notes.pop("details").startswith("Of this view, only the marks")
    assert set(notes.values()) == {""}


def test_sizes_of_defects_that_were_not_measured_name_the_command(handlers: Handlers) -> None:
    updates = show(handlers, "compare")
    assert "cli.py sensitivity" in updates["found-size"].to_json().replace("<br>", " ")
    assert (updates["found-contrast"], updates["found-limits"]) == (None, None)


def test_tiles_can_be_marked_where_their_dataset_is_on_this_machine(
    handlers: Handlers, tmp_path: Path
) -> None:
    updates = show(handlers, "review", show="all", page=0)
    page, bar = updates["review"], updates["labels"]
    assert page["marking"] == bar["marking"]
    assert page["marking"]["dataset"] == "drawn"
    assert str(tmp_path) not in str(page["marking"])
    assert len(page["kinds"]) == len(page["ids"])
    assert set(page["kinds"]) == {"good", "dent", "scratch"}
    assert (page["category"], bar["category"]) == ("part", "part")


def test_without_an_evaluation_there_is_no_answer(tmp_path: Path) -> None:
    updates = show(Handlers(make_catalog(tmp_path)), "compare")
    assert (updates["answer"], updates["rate"]) == (None, None)


def test_what_was_not_evaluated_stands_there_with_its_command(
    handlers: Handlers, catalog: Catalog
) -> None:
    (catalog.product(KEY).folder / "cae" / EVALUATION).unlink()
    updates = show(handlers, "compare")
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
    assert len(show(handlers, "compare")["judge"]["detectors"]) == 3
    (folder / "cae" / EVALUATION).write_text("{}")
    (folder / "unet" / EVALUATION).write_text(
        (folder / "patchcore" / EVALUATION).read_text(encoding="utf-8"), encoding="utf-8"
    )
    updates = show(handlers, "compare")
    assert [one["title"] for one in updates["judge"]["detectors"]] == ["PatchCore"]
    problems = [item["text"] for item in updates["troubles"]["items"]]
    assert "of another version" in problems[0]
    assert "other weights or thresholds" in problems[1]


def test_without_any_evaluation_every_view_still_answers(tmp_path: Path) -> None:
    handlers = Handlers(make_catalog(tmp_path, categories=("part", "tile")))
    for view in (one.name for one in VIEWS):
        updates = show(handlers, view)
        assert updates["status"]["text"] == ""
    items = show(handlers, "compare")["troubles"]["items"]
    assert len(items) == 1, "six are too many to list one by one"
    assert items[0]["text"].startswith("6 detectors were not evaluated")
    assert "--category" not in items[0]["command"]


def test_without_a_trained_detector_the_tab_says_what_to_do(tmp_path: Path) -> None:
    updates = show(Handlers(make_catalog(tmp_path, trained=())), "compare")
    assert "cli.py train" in updates["status"]["text"]


@pytest.mark.parametrize("odd", ["../part", None, 7, ["x"], {"y": 2}, "nonsense", -3])
def test_odd_requests_show_the_first_category(handlers: Handlers, odd: object) -> None:
    updates, *_ = handlers.show(odd, *[odd] * 20)
    assert updates["category"][1] == "part"
    assert "board" in updates
    for view in (one.name for one in VIEWS):
        updates, *_ = handlers.show(view, *[odd] * 20)
        assert updates["status"]["text"] == ""
        assert updates["rate"]["rate"] == 0.02


def test_tiles_show_what_the_filters_choose_and_turn_their_pages(handlers: Handlers) -> None:
    value = show(handlers, "review", first="cae", second="unet", page=99)["review"]
    assert value["product"] == KEY
    assert len(value["items"]) == len(value["ids"]) == 3, "the U-Net misses half of the defects"
    assert value["note"] == "3 of 10 test images"
    assert value["page"] == value["pages"] - 1 == 0
    item = value["items"][0]
    assert item["source"].startswith("data:image/jpeg")
    assert item["path"].startswith("M")
    assert [mark["isFlagged"] for mark in item["marks"]] == [True, False, True, True]
    missed = show(handlers, "review", first="unet", second="cae", show="missed-by-both")["review"]
    assert (missed["items"], missed["ids"]) == ([], [])
    everything = show(handlers, "review", show="all", order="name", defect_type="dent")["review"]
    assert everything["ids"] == sorted(everything["ids"])
    assert {one["label"] for one in everything["items"]} == {"dent"}


def test_heat_maps_follow_the_tiles_and_are_those_that_were_asked_for(handlers: Handlers) -> None:
    def sources(heat: str) -> list[str]:
        page = show(handlers, "review", first="cae", second="unet", heat=heat)["review"]
        return [item["source"] for item in page["items"]]

    plain, cae, unet = (sources(name) for name in ("none", "cae", "unet"))
    assert all(source.startswith("data:image/jpeg") for source in (*plain, *cae))
    assert len({plain[0], cae[0], unet[0]}) == 3
    assert sources("surer") == cae, "the U-Net sees nothing in these"
    assert sources("nonsense") == cae


def test_what_is_picked_in_the_plot_is_shown(handlers: Handlers) -> None:
    ids = [item["id"] for item in show(handlers, "review", show="all")["review"]["items"][:2]]
    picked = {"product": KEY, "ids": ids}
    updates = show(handlers, "review", picked=picked, show="missed-by-all")
    assert sorted(updates["review"]["ids"]) == sorted(ids)
    assert sum(len(trace.selectedpoints) for trace in updates["scatter"].data) == 2
    for other in (
        {**picked, "product": "drawn/ring"},
        {**picked, "ids": [3]},
        "x",
        {"product": KEY},
    ):
        updates = show(handlers, "review", picked=other)
        assert updates["picked"]["ids"] == []
        assert updates["scatter"].data[0].selectedpoints is None


def test_costs_follow_what_is_typed_and_odd_numbers_do_nothing(handlers: Handlers) -> None:
    first = show(handlers, "costs")
    assert "against 2,000 without inspection" in first["cost-answer"]
    typed = show(handlers, "costs", miss_price=50, alarm_price=0.5, defect_share=100)
    assert "against 5,000 without inspection" in typed["cost-answer"]
    assert typed["costs"]["columns"][7]["title"] == "cost at 2 in 100"
    for odd in (-1, float("nan"), "x", True, 1e30):
        again = show(handlers, "costs", miss_price=odd, alarm_price=odd, defect_share=odd)
        assert again["cost-answer"] == first["cost-answer"]


def test_the_table_of_images_has_truth_rank_verdict_and_overlap(
    handlers: Handlers, catalog: Catalog
) -> None:
    table = show(handlers, "images")["images"]
    titles = [column["title"] for column in table["columns"]]
    report = load_evaluation(catalog.product(KEY).folder / "unet")
    calibration = catalog.channels.judging(catalog.product(KEY), "unet").calibration
    assert len(table["rows"]) == len(report.images)
    for row, image in zip(table["rows"], report.images, strict=True):
        cells = dict(zip(titles, row, strict=True))
        assert cells["image"] == image.id
        assert cells["ground truth"] == (image.defect_type or "good")
        flagged = image.image_score > report.threshold
        assert cells["U-Net: verdict"] == ("defect" if flagged else "normal")
        below = sum(score < image.image_score for score in calibration.normal_scores)
        assert cells["U-Net: rank"] == pytest.approx(100 * below / calibration.num_normal)
        assert cells["U-Net: score"] == pytest.approx(image.image_score, abs=1e-5)
        assert cells["U-Net: IoU"] == (None if image.iou is None else pytest.approx(image.iou))
    assert "Joint verdict: rank" in titles


def test_every_view_follows_the_rate(handlers: Handlers) -> None:
    rate = {"product": KEY, "rate": 0.5}
    assert show(handlers, "compare", rate=rate)["judge"]["rate"] == 0.5
    strict, loose = (show(handlers, "details", rate=one)["roc"].data for one in (None, rate))
    marks = [[one.x[0] for one in plot if one.mode == "markers"] for plot in (strict, loose)]
    assert max(marks[0]) < max(marks[1])
    alarms = [
        show(handlers, "review", rate=one, show="false-alarms")["review"]["ids"]
        for one in (None, rate)
    ]
    assert alarms[0] == []
    assert len(alarms[1]) > 0


def test_images_that_are_not_on_this_machine_are_named_with_a_remedy(
    handlers: Handlers, tmp_path: Path
) -> None:
    for path in (tmp_path / "data" / "drawn" / "part" / "test" / "dent").iterdir():
        path.unlink()
    value = show(handlers, "review", first="cae", second="unet", page=0)["review"]
    assert any(item["source"] == "" for item in value["items"])
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
    value = show(handlers, "review", first="cae", second="unet", page=0)["review"]
    items = value["items"]
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
    value = show(handlers, "review", first="cae", second="unet", page=0)["review"]
    assert value["missing"].endswith("The disk is full. Make room.")


def test_a_product_that_is_trained_while_the_page_runs_appears(
    handlers: Handlers, tmp_path: Path
) -> None:
    assert show(handlers, "compare")["dataset"][0] == [("drawn", "drawn")]
    write_checkpoint(tmp_path / "checkpoints" / "later" / "ring" / "cae")
    updates = show(handlers, "compare", "later", None)
    assert [value for _, value in updates["dataset"][0]] == ["drawn", "later"]
    assert updates["category"] == ([("ring", "ring")], "ring")


def test_the_scatter_takes_two_different_detectors(handlers: Handlers) -> None:
    updates = show(handlers, "review", first="cae", second="cae")
    assert updates["first"][1] == "cae"
    assert updates["second"][1] != "cae"
    updates = show(handlers, "review", first="patchcore", second="cae")
    assert (updates["first"][1], updates["second"][1]) == ("patchcore", "cae")
    assert updates["scatter"].layout.xaxis.title.text == "PatchCore: times its threshold"
    assert ("only PatchCore flags", "only-first") in updates["show"][0]


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
    assert len(show(handlers, "details")["roc"].data) == 2
    updates = show(handlers, "review")
    assert updates["scatter"] is None
    assert [value for _, value in updates["show"][0]] == ["missed", "false-alarms", "all"]
    assert updates["answer"]["conclusion"].endswith("no other detector to compare it with.")


def test_visitors_of_a_shared_page_see_no_folder_of_the_machine(
    handlers: Handlers, catalog: Catalog, tmp_path: Path
) -> None:
    folder = catalog.product(KEY).folder
    (folder / "cae" / EVALUATION).write_text("{", encoding="utf-8")
    (folder / "unet" / CARD).write_text("{", encoding="utf-8")
    catalog.places.is_shared = True
    (note,) = show(handlers, "details")["details-unet"].layout.annotations
    for shown in (to_json(show(handlers, "compare")["troubles"]), note.text):
        assert "checkpoints/drawn/part/unet/detector.json" in shown.replace("<br>", " ")
        assert str(tmp_path) not in shown
