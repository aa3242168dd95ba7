"""Tables and plots of the exploration, on small datasets whose answers are known."""

import json
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from plotly.offline import get_plotlyjs

from eda import gallery, location, overview, shape, similarity
from eda.choice import ORDER
from eda.classes import label_classes
from eda.defects import draw_places, draw_sizes
from eda.frame import (
    DEFECT_COLUMNS,
    leave_out,
    make_defect_frame,
    make_frame,
    make_problem_frame,
    select,
    select_with_normal,
)
from eda.index import Index, open_index
from eda.report import make_report
from eda.style import LEGEND_LINE
from eda.tables import table_value
from inspection.datasets.dataset import read_dataset
from inspection.types import Box, Sample, Split
from tests.doubles.disk import where_possible
from tests.doubles.layouts import write_neu
from tests.doubles.parts import write_dataset

LIMIT = 2_000_000


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("eda")
    write_dataset(folder / "parts", category="disc")
    write_dataset(folder / "parts", category="ring", num_test=2)
    return open_index(read_dataset(folder / "parts"), cache=folder / "cache")


@pytest.fixture(scope="module")
def frame(index: Index) -> pd.DataFrame:
    return make_frame(index)


def test_the_frame_has_one_row_per_image(index: Index, frame: pd.DataFrame) -> None:
    assert list(frame["id"]) == [sample.id for sample in index.samples]
    spot = frame[frame["defect_type"] == "spot"].iloc[0]
    assert spot["num_defects"] == 1
    assert spot["defect_area"] == pytest.approx(100 * 256 / 64**2)


def test_filters_keep_the_good_images_to_compare_with(frame: pd.DataFrame) -> None:
    assert set(select(frame, category="ring", defect_type="spot")["defect_type"]) == {"spot"}
    both = select_with_normal(frame, category="ring", defect_type="spot")
    assert set(both["defect_type"]) == {"good", "spot"}
    assert set(both["category"]) == {"ring"}


def test_tiles_and_counts_add_up(frame: pd.DataFrame) -> None:
    tiles = {tile.label: tile.value for tile in overview.make_tiles(frame, num_problems=0)}
    assert tiles["images"] == "36"
    assert tiles["median defect area"] == "6.2 %"
    counts = overview.count_images(frame)
    assert counts[["train", "test"]].to_numpy().sum() == 36
    single = overview.make_tiles(select(frame, category="ring"), num_problems=1)
    assert [tile.label for tile in single if tile.value == "1"] == [
        "category",
        "defect type",
        "missing or odd file",
    ]


def test_sizes_that_lie_close_together_do_not_write_over_each_other() -> None:
    frame = make_large(9).assign(width=512, height=[512] * 5 + [522] * 3 + [100])
    (trace,) = overview.draw_sizes(frame).data
    assert dict(zip(trace.y, trace.text, strict=True)) == {
        512: "512 × 512",
        522: "",
        100: "512 × 100",
    }


def test_a_legend_of_many_lines_leaves_the_plot_its_height(frame: pd.DataFrame) -> None:
    many = frame.assign(defect_type=[f"kind of flaw {row % 6}" for row in range(len(frame))])
    for chosen, num_lines in (
        (select(frame, category="ring"), 1),
        (select(many, category="ring"), 6),
    ):
        layout = overview.draw_light(chosen).layout
        added = layout.meta["narrow"]["height"] - layout.meta["wide"]["height"]
        assert added == LEGEND_LINE * (num_lines - 1)
        assert layout.height == layout.meta["wide"]["height"]


def test_problems_are_listed_without_naming_the_folder_they_lie_in(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "parts")
    (root / "disc" / "train" / "good" / "000.png").write_bytes(b"")
    (root / "disc" / "ground_truth" / "spot" / "000_mask.png").unlink()
    problems = make_problem_frame(open_index(read_dataset(root), cache=tmp_path / "cache"))
    assert set(problems["kind"]) == {"unreadable image", "defective image without a mask"}
    assert str(tmp_path) not in problems.to_csv()


def test_the_density_lies_where_the_defects_are(index: Index, frame: pd.DataFrame) -> None:
    panels = location.make_density_maps(index, frame)
    assert [panel.category for panel in panels] == ["disc", "ring"]
    rows, columns = np.nonzero(panels[0].density)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 35, 30, 45)
    assert panels[0].density.max() == 100
    where = location.describe_locations(panels, make_defect_frame(index))
    assert where.loc[0, "middle_y"] == pytest.approx(100 * 28 / 64, abs=0.1)
    assert where.loc[0, "gathered"] == 100


def test_the_resolution_check_counts_what_gets_too_thin() -> None:
    defects = pd.DataFrame({"id": list("abcd"), "thickness_share": [0.001, 0.006, 0.01, 0.5]})
    table = shape.check_resolution(defects, (128, 512))
    assert table["thinner_than_1_px"].tolist() == [2, 1]
    assert table["thinner_than_2_px"].tolist() == [3, 1]
    assert table["images_lost"].tolist() == [2, 1]
    assert set(table["verdict"]) == {"Loses defects"}
    assert "Even at" in shape.recommend_size(table)
    assert shape.find_side(defects, (128, 512)) is None
    assert shape.find_side(defects.iloc[1:], (128, 200, 512)) == 512


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (1.1, 3.9, [1, 1.5, 2, 3, 4]),
        (0.03, 3.1, [0.03, 0.1, 0.3, 1, 3]),
        (0.001, 90, [0.001, 0.01, 0.1, 1, 10, 100]),
        (2.0, 2.0, [2]),
    ],
)
def test_a_logarithmic_axis_has_marks_however_short_it_is(
    low: float, high: float, marks: list[float]
) -> None:
    assert shape.choose_log_ticks(low, high) == marks


def test_a_thick_defect_is_kept_at_every_size(index: Index) -> None:
    shares = make_defect_frame(index)["thickness_share"]
    assert shares.tolist() == pytest.approx([16 / 64] * len(shares), abs=0.02)
    table = shape.check_resolution(make_defect_frame(index))
    assert set(table["verdict"]) == {"Keeps the defects"}
    assert shape.recommend_size(table).startswith("From 64 × 64")


def test_the_gallery_filters_by_area_and_contrast(frame: pd.DataFrame) -> None:
    everything = gallery.choose_page(frame)
    assert (everything.num_good, everything.num_defective) == (30, 6)
    assert gallery.choose_page(frame, area="under 0.1 %").num_defective == 0
    assert gallery.choose_page(frame, area="1 to 10 %").num_defective == 6
    assert gallery.choose_page(frame, contrast="strong: over 40 levels").num_defective == 6
    assert gallery.choose_page(frame, page=99, size=4).page == 1


def test_images_are_put_in_order_by_what_is_measured_and_it_is_said() -> None:
    images = pd.DataFrame(
        {
            "id": ["good", "faint", "dark", "bright", "none"],
            "defect_type": ["good", *["spot"] * 4],
            "problem": "",
            "defect_contrast": [np.nan, -3.0, -40.0, 60.0, np.nan],
        }
    )
    order = ORDER.values["faintest defects first"]
    page = gallery.choose_page(gallery.sort_images(images, order))
    assert page.defective == ("faint", "dark", "bright", "none"), "the sign does not count"
    notes = gallery.describe_values(images, page, order)
    assert notes == {"faint": "-3 levels", "dark": "-40 levels", "bright": "+60 levels"}


def test_every_order_is_one_of_a_column(frame: pd.DataFrame) -> None:
    for name, order in ORDER.values.items():
        if name != ORDER.first:
            values = gallery.sort_images(frame, order)[order.column].abs().dropna().tolist()
            assert values == sorted(values, reverse=not order.is_rising)
            assert len(values) > 0


def test_an_outline_goes_round_the_mask() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[5:10, 6:12] = True
    path = gallery.trace_outline(mask)
    assert path.startswith("M6.5 5.5")
    assert path.endswith("Z")
    assert gallery.trace_outline(np.zeros((20, 20), np.bool_)) == ""


def test_boxes_are_outlined_one_by_one_and_told_from_masks(tmp_path: Path) -> None:
    Image.new("RGB", (60, 60)).save(tmp_path / "a.png")
    boxes = (Box(5, 5, 25, 15), Box(20, 10, 40, 30))
    sample = Sample("a.png", tmp_path / "a.png", "c", Split.TEST, "bad", boxes=boxes)
    item = gallery.make_item(sample)
    assert item is not None
    assert item["isBoxes"]
    assert item["path"] == "M5.0 5.0H25.0V15.0H5.0ZM20.0 10.0H40.0V30.0H20.0Z"


def test_good_images_are_circles_and_nothing_else_is(frame: pd.DataFrame) -> None:
    for chosen in (frame, select(frame, category="ring")):
        for trace in overview.draw_light(chosen).data:
            is_circle = trace.marker.symbol.startswith("circle")
            assert is_circle == trace.name.startswith("good")
    symbols = [trace.marker.symbol for trace in overview.draw_light(frame).data]
    assert len(set(symbols)) == len(symbols) == 4


def test_many_classes_become_good_and_defective() -> None:
    kinds = ["good", *(f"type{number}" for number in range(20))]
    frame = pd.DataFrame({"defect_type": kinds, "category": "part"})
    assert set(label_classes(frame)) == {"good", "defective"}
    frame["category"] = [f"category{number}" for number in range(21)]
    assert set(label_classes(frame)) == {"good", "defective"}


def test_panels_stand_in_fewer_columns_on_a_narrow_screen(
    index: Index, frame: pd.DataFrame
) -> None:
    panels = location.make_density_maps(index, frame) * 3
    layout = location.draw_density(panels).layout
    wide, narrow = layout.meta["wide"], layout.meta["narrow"]
    assert (layout.xaxis4.domain[1], layout.xaxis5.domain[0]) == (0.99, 0.01)
    assert narrow["xaxis2.domain"][1] == 0.99
    assert narrow["xaxis3.domain"][0] == 0.01
    assert wide["yaxis.domain"] == wide["yaxis4.domain"]
    assert narrow["yaxis3.domain"][1] < narrow["yaxis.domain"][0]
    assert layout.height == wide["height"]


def test_the_share_of_images_by_number_of_defects_adds_up(frame: pd.DataFrame) -> None:
    shares = np.array([trace.x for trace in shape.draw_counts(frame).data], float)
    np.testing.assert_allclose(shares.sum(axis=0), 100)


def make_vectors(num: int = 200) -> np.ndarray:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=64) * 20
    return (shared + rng.normal(size=(num, 64))).astype(np.float32)


def test_copies_are_found_and_likeness_of_the_whole_category_is_not() -> None:
    vectors = make_vectors()
    vectors[150] = vectors[3] + 0.05
    pairs = similarity.find_near_duplicates(vectors, ["part"] * len(vectors))
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [(3, 150)]
    assert pairs.similarity[0] > 0.9


def test_unreadable_images_are_like_no_other() -> None:
    vectors = make_vectors()
    vectors[[5, 6]] = 0
    pairs = similarity.find_near_duplicates(vectors, ["part"] * len(vectors))
    assert not len(pairs.first)


def test_groups_follow_chains_of_duplicates_and_known_parts() -> None:
    pairs = similarity.Pairs(np.array([0, 1]), np.array([1, 2]), np.ones(2, np.float32))
    groups = similarity.group_duplicates(pairs, ["a", "b", "c", "d", "d"])
    assert groups[0] == groups[1] == groups[2]
    assert groups[3] == groups[4]
    assert len(set(groups)) == 2


def test_a_pair_across_the_split_is_a_leak(frame: pd.DataFrame) -> None:
    train = int(np.flatnonzero(frame["split"] == "train")[0])
    test = int(np.flatnonzero(frame["split"] == "test")[0])
    one, other = sorted((train, test))
    pairs = similarity.Pairs(np.array([one]), np.array([other]), np.ones(1, np.float32))
    assert similarity.tabulate_pairs(frame, pairs)["leak"].tolist() == ["yes"]
    assert similarity.describe_pairs(frame, pairs).startswith("1 of 12 test images")


def test_boxes_say_nothing_of_thickness(tmp_path: Path) -> None:
    index = open_index(read_dataset(write_neu(tmp_path / "steel")), cache=tmp_path / "cache")
    defects = make_defect_frame(index)
    assert len(defects) == 20
    assert defects["thickness"].isna().all()
    assert defects["area"].notna().all()
    (words,) = shape.draw_resolution(defects).layout.annotations
    assert words.text == "Boxes do not show how thick a defect is."
    table = shape.check_resolution(defects)
    assert set(table["verdict"]) == {"–"}
    assert "Boxes do not show" in shape.recommend_size(table)
    one = defects.iloc[:1].assign(thickness_share=0.5)
    mixed = shape.check_resolution(pd.concat([defects, one]), (64,))
    assert mixed["verdict"].tolist() == ["Keeps the defects"], "masks count, and boxes do not"


@pytest.mark.parametrize("size", [(60, 8), (40, 300), (90, 200)])
def test_the_projection_is_that_of_an_independent_implementation(size: tuple[int, int]) -> None:
    from sklearn.decomposition import PCA

    strengths = np.linspace(8, 1, size[1]) ** 2
    vectors = np.random.default_rng(1).normal(size=size).astype(np.float32) * strengths
    points, shares = similarity.project(vectors.astype(np.float32))
    reference = PCA(2, svd_solver="full").fit(vectors)
    expected = np.abs(reference.transform(vectors))
    np.testing.assert_allclose(np.abs(points), expected, atol=1e-4 * expected.max())
    np.testing.assert_allclose(shares, reference.explained_variance_ratio_, rtol=1e-4)


def test_few_images_are_whitened_as_by_all_of_their_dimensions() -> None:
    vectors = make_vectors(40) * np.linspace(1, 3, 64, dtype=np.float32)
    centred = vectors - vectors.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred / 40)  # (64, 64)
    scores = (centred @ axes)[:, :-11:-1] / np.sqrt(variances[:-11:-1])
    scores /= np.linalg.norm(scores, axis=1, keepdims=True)
    whitened = similarity.whiten(vectors)
    np.testing.assert_allclose(whitened @ whitened.T, scores @ scores.T, atol=1e-3)


def test_comparing_few_images_takes_apart_no_matrix_of_their_dimensions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides: list[int] = []
    decompose = np.linalg.eigh

    def note(matrix: NDArray[Any]) -> Any:
        sides.append(len(matrix))
        return decompose(matrix)

    monkeypatch.setattr(np.linalg, "eigh", note)
    vectors = np.random.default_rng(0).normal(size=(12, 1536)).astype(np.float32)
    similarity.find_near_duplicates(vectors, ["part"] * 12)
    similarity.project(vectors)
    assert sides == [12, 12]


def make_large(num: int = 100_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": [f"category/test/{i:06d}.png" for i in range(num)],
            "category": rng.choice(["a", "b", "c"], num),
            "defect_type": rng.choice(["good", "scratch", "dent"], num),
            "split": rng.choice(["train", "test"], num),
            "mode": "RGB",
            "width": rng.integers(200, 2000, num),
            "height": rng.integers(200, 2000, num),
            "brightness": rng.uniform(0, 255, num),
            "contrast": rng.uniform(0, 80, num),
            "problem": "",
        }
    )


def test_a_metric_in_a_table_is_not_rounded_twice() -> None:
    table = table_value(pd.DataFrame({"image AUROC": [0.936458, 0.5]}), "Metrics", file="metrics")
    (column,) = table["columns"]
    assert f"{table['rows'][0][0]:.{column['digits']}f}" == "0.936"


def test_no_plot_of_100_000_images_is_larger_than_two_megabytes() -> None:
    frame = make_large()
    points = np.random.default_rng(0).normal(size=(len(frame), 2)).astype(np.float32)
    plots = [
        overview.draw_splits(frame),
        overview.draw_defect_types(frame),
        overview.draw_sizes(frame),
        overview.draw_light(frame),
        similarity.draw_projection(
            similarity.choose_points(frame), points, (0.5, 0.1), source="test"
        ),
    ]
    assert all(len(plot.to_json()) < LIMIT for plot in plots)
    assert len(json.dumps(table_value(frame, "Images", file="images"))) < LIMIT


def test_without_defects_the_plots_say_so() -> None:
    nothing: Any = make_large(0)
    empty = pd.DataFrame(columns=list(DEFECT_COLUMNS))
    for draw in (draw_sizes, draw_places):
        assert draw(empty).layout.annotations[0].text
    assert overview.draw_light(nothing).layout.annotations[0].text
    assert location.draw_density([]).layout.annotations[0].text


def test_the_report_stands_alone_and_names_hold_no_markup(tmp_path: Path) -> None:
    with where_possible():
        root = write_dataset(tmp_path / "parts", category="<script>alert(1)")
    index = open_index(read_dataset(root), cache=tmp_path / "cache")
    text = make_report(index, detectors={}).replace(get_plotlyjs(), "")
    assert "<script>alert(1)" not in text
    assert 'src="http' not in text
    assert "Resolution check" in text
    plain = make_report(index, detectors={}, pictures=False)
    assert "data:image/jpeg" not in plain.split("<script>")[0]


@pytest.mark.parametrize(
    ("root", "text"),
    [
        (PurePosixPath("/srv/ada/parts"), "/srv/ada/parts/train/a.png is empty."),
        (PureWindowsPath(r"D:\ada\parts"), r"D:\ada\parts\train\a.png is empty."),
        (PureWindowsPath(r"D:\ada\parts"), "D:/ada/parts/train/a.png is empty."),
        (
            PureWindowsPath(r"D:\ada\parts"),
            r"'D:\\ada\\parts\\train' is empty.",
        ),
    ],
)
def test_a_sentence_says_nothing_of_the_folder_that_a_dataset_lies_in(
    root: PurePath, text: str
) -> None:
    sentence = leave_out(root, text)
    assert "ada" not in sentence
    assert sentence.strip("'").startswith("train")
    assert sentence.endswith("is empty.")
