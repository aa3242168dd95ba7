"""Average precision of boxes: a case worked by hand, and random ones against torchmetrics."""

import numpy as np
import pytest

from inspection.boxes import KindBox
from inspection.evaluation.boxes import (
    OVERLAPS,
    RECALLS,
    BoxedImage,
    find_best_score,
    list_kinds,
    match_boxes,
    measure_overlaps,
    rank_boxes,
)


def box(left: float, top: float, right: float, bottom: float, score: float = 1.0) -> KindBox:
    return KindBox((left, top, right, bottom), "dent", score)


MARKED = (box(0, 0, 10, 10), box(20, 20, 30, 30))
FOUND = (
    box(0, 0, 10, 8, 0.9),  # 0.8 of the first
    box(0, 0, 10, 10, 0.8),  # all of it, but it is taken where 0.8 is enough
    box(20, 20, 30, 25, 0.6),  # half of the second
    box(50, 50, 60, 60, 0.4),
)


def test_overlap_is_intersection_over_union() -> None:
    assert measure_overlaps(FOUND, MARKED).tolist() == [[0.8, 0], [1, 0], [0, 0.5], [0, 0]]
    assert measure_overlaps((), MARKED).shape == (0, 2)
    assert measure_overlaps(FOUND, ()).shape == (4, 0)


def test_a_marked_box_is_taken_by_the_surest_that_overlaps_enough() -> None:
    hits = match_boxes(FOUND, MARKED)
    assert hits[0].tolist() == [True, False, True, False]
    assert hits[OVERLAPS.tolist().index(0.8)].tolist() == [True, False, False, False]
    assert hits[OVERLAPS.tolist().index(0.85)].tolist() == [False, True, False, False]


def test_average_precision_worked_by_hand() -> None:
    ranked = rank_boxes([BoxedImage(FOUND, MARKED)], "dent")
    (found,) = ranked.average_precision(np.ones((1, 1)))
    # at 0.5: precision 1 up to recall 0.5, which is 51 of 101, and 2/3 up to recall 1
    assert found[0] == pytest.approx((51 + 50 * 2 / 3) / 101)
    # from 0.55 to 0.8: the first alone; from 0.85 on: the second box alone, behind a wrong one
    assert found[1:7] == pytest.approx([51 / 101] * 6)
    assert found[7:] == pytest.approx([51 / 2 / 101] * 3)
    assert ranked.count_sure() == (2, 1)


def test_an_image_that_counts_twice_is_as_two() -> None:
    images = make_images(3)
    for kind in list_kinds(images):
        once = rank_boxes([*images, images[0]], kind).average_precision(np.ones((1, 4)))
        twice = rank_boxes(images, kind).average_precision(np.array([[2.0, 1.0, 1.0]]))
        assert twice == pytest.approx(once, nan_ok=True)


def test_a_kind_that_nobody_marked_has_no_precision() -> None:
    ranked = rank_boxes([BoxedImage(FOUND, ())], "dent")
    assert np.isnan(ranked.average_precision(np.ones((1, 1)))).all()
    none = rank_boxes([BoxedImage((), MARKED)], "dent").average_precision(np.ones((1, 1)))
    assert none.tolist() == [[0.0] * len(OVERLAPS)]


def test_the_best_score_separates_right_boxes_from_wrong_ones() -> None:
    assert find_best_score([BoxedImage(FOUND, MARKED)]) == pytest.approx(0.5)
    assert find_best_score([BoxedImage((), MARKED)]) == 0.5
    assert find_best_score([]) == 0.5


def make_images(count: int) -> list[BoxedImage]:
    """Draw boxes of three kinds, and found ones that lie beside, on or far from them."""
    rng = np.random.default_rng(5)
    images = []
    for _ in range(count):
        marked, found = [], []
        for _ in range(int(rng.integers(0, 5))):
            corner, size = rng.uniform(0, 80, 2), rng.uniform(8, 40, 2)
            kind = "abc"[int(rng.integers(3))]
            edges = (*corner, *(corner + size))
            marked.append(KindBox(tuple(map(float, edges)), kind))  # type: ignore[arg-type]
            for _ in range(int(rng.integers(0, 4))):
                moved = np.array(edges) + rng.normal(0, 3, 4)
                guess = kind if rng.uniform() < 0.8 else "abc"[int(rng.integers(3))]
                score = float(np.round(rng.uniform(), 3))
                found.append(KindBox(tuple(map(float, moved)), guess, score))  # type: ignore[arg-type]
        images.append(BoxedImage(tuple(found), tuple(marked)))
    return images


@pytest.mark.filterwarnings("ignore")  # of torchmetrics, about its own dependencies
def test_it_is_what_torchmetrics_says() -> None:
    pytest.importorskip("pycocotools", reason="torchmetrics counts with the COCO API")
    import torch
    from torchmetrics.detection import MeanAveragePrecision

    images = make_images(40)
    kinds = list_kinds(images)

    def to_tensors(boxes: tuple[KindBox, ...]) -> dict[str, torch.Tensor]:
        return {
            "boxes": torch.tensor([one.edges for one in boxes]).reshape(-1, 4),
            "labels": torch.tensor([kinds.index(one.kind) for one in boxes], dtype=torch.int64),
            "scores": torch.tensor([one.score for one in boxes]),
        }

    # its own recalls are rounded to 32 bits
    metric = MeanAveragePrecision(
        rec_thresholds=RECALLS.tolist(), iou_thresholds=OVERLAPS.tolist(), class_metrics=True
    )
    metric.update(
        [to_tensors(one.found) for one in images], [to_tensors(one.marked) for one in images]
    )
    theirs = metric.compute()
    ours = np.array(
        [rank_boxes(images, kind).average_precision(np.ones((1, 40)))[0] for kind in kinds]
    )
    assert ours.mean() == pytest.approx(float(theirs["map"]), abs=1e-6)
    assert ours[:, 0].mean() == pytest.approx(float(theirs["map_50"]), abs=1e-6)
    assert ours[:, 5].mean() == pytest.approx(float(theirs["map_75"]), abs=1e-6)
    assert ours.mean(axis=1) == pytest.approx(theirs["map_per_class"].numpy(), abs=1e-6)
