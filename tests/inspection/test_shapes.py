"""Outlines, circles, lines, boxes and runs of pixels become masks of known size."""

import math

import numpy as np
import pytest

from inspection.masks.shapes import (
    Point,
    decode_runs,
    draw_shapes,
    encode_runs,
    make_box,
    make_circle,
    make_line,
    make_polygon,
    make_runs,
    parse_counts,
    scale_shape,
)
from inspection.types import Box, Mask, Shape


def draw(*shapes: Shape, size: tuple[int, int] = (24, 32)) -> Mask:
    mask = np.zeros(size, np.bool_)
    draw_shapes(mask, shapes)
    return mask


def corners(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def test_a_polygon_marks_the_pixels_whose_centres_are_inside() -> None:
    mask = draw(make_polygon(corners(20, 4, 28, 10)))
    assert mask.sum() == 48
    assert mask[4:10, 20:28].all()
    assert draw(make_polygon(corners(20.4, 4.4, 28.4, 10.4))).sum() == 48
    assert draw(make_polygon(corners(20.6, 4.4, 28.4, 10.4))).sum() == 42


def test_a_polygon_may_be_concave_or_cross_itself() -> None:
    ell = [(0.0, 0.0), (10.0, 0.0), (10.0, 4.0), (4.0, 4.0), (4.0, 10.0), (0.0, 10.0)]
    assert draw(make_polygon(ell)).sum() == 64
    bow = [(0.0, 0.0), (8.0, 8.0), (8.0, 0.0), (0.0, 8.0)]
    assert not draw(make_polygon(bow))[0, 3:5].any()


def test_what_lies_outside_of_the_image_is_cut_off() -> None:
    assert draw(make_polygon(corners(-9, -9, 99, 99))).all()
    assert draw(make_polygon(corners(-9, -9, 3, 2))).sum() == 6
    assert not draw(make_polygon(corners(-9, 3, -2, 9))).any()
    assert not draw(make_polygon(corners(40, 40, 50, 50))).any()


def test_a_polygon_thinner_than_a_pixel_is_still_there() -> None:
    assert draw(make_polygon(corners(2.6, 3, 2.9, 9))).sum() == 7


def test_a_circle_has_the_pixels_within_its_radius() -> None:
    rows, columns = np.mgrid[:100, :100] + 0.5
    expected = (rows - 50) ** 2 + (columns - 50) ** 2 < 20**2
    mask = draw(make_circle((50.0, 50.0), 20.0), size=(100, 100))
    assert np.array_equal(mask, expected)
    assert mask.sum() == 1264


def test_a_line_has_its_width_and_round_ends() -> None:
    mask = draw(*make_line([(10.0, 50.0), (60.0, 50.0), (60.0, 90.0)], 10.0), size=(100, 100))
    assert mask[45:55, 10:60].all()
    assert mask[50:90, 55:65].all()
    assert not mask[44].any()
    assert mask.sum() == pytest.approx(500 + 400 + 25 * math.pi, abs=12)


def test_a_box_has_the_pixels_whose_centres_it_holds_and_one_at_least() -> None:
    assert make_box(19.6, 3.9, 28.2, 10.49) == Box(20, 4, 28, 10)
    assert make_box(5.1, 5.1, 5.2, 9.0) == Box(5, 5, 6, 9)
    assert make_box(-30, 2, -5, 8) == Box(0, 2, 0, 8), "a negative end would count from the right"


@pytest.mark.parametrize(
    "edges", [(3, 3, 3, 9), (9, 3, 3, 9), (0, 0, math.nan, 9), (0, 0, 1e99, 9)]
)
def test_a_box_without_a_size_is_refused(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"box has no width|no sensible number"):
        make_box(*edges)


@pytest.mark.parametrize(
    "points", [[(0.0, 0.0), (1.0, 1.0)], [(0.0, 0.0), (1.0, math.inf), (2.0, 2.0)]]
)
def test_a_damaged_outline_is_refused(points: list[Point]) -> None:
    with pytest.raises(ValueError, match=r"fewer than three|no sensible number"):
        make_polygon(points)


def test_runs_count_column_by_column_and_come_back_as_they_were() -> None:
    runs = make_runs((3, 4), [4, 2, 6])
    assert decode_runs(runs).astype(int).tolist() == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]]
    mask = np.random.default_rng(0).random((24, 32)) > 0.5
    assert np.array_equal(decode_runs(encode_runs(mask)), mask)
    assert encode_runs(np.ones((2, 3), np.bool_)).counts == (0, 6)
    with pytest.raises(ValueError, match="do not add up"):
        make_runs((3, 4), [4, 2])


def test_compressed_runs_are_those_of_the_coco_tools() -> None:
    # pycocotools.mask.encode of a 51 x 39 mask with rows 12 to 25 and columns 9 to 19 marked
    counts = parse_counts("g>>U10000000000000000000mm0")
    expected = np.zeros((51, 39), np.bool_)
    expected[12:26, 9:20] = True
    assert np.array_equal(decode_runs(make_runs((51, 39), counts)), expected)


@pytest.mark.parametrize("text", ["g>>U1\n", "ü", "oooooooooooooooooooooo", "o"])
def test_damaged_runs_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="compressed runs"):
        parse_counts(text)


def test_runs_of_another_size_mark_what_both_have() -> None:
    mask = draw(encode_runs(np.ones((4, 99), np.bool_)))
    assert mask.sum() == 4 * 32


def test_an_outline_can_be_scaled_and_runs_cannot() -> None:
    scaled = scale_shape(make_polygon(corners(40, 8, 56, 20)), 0.5, 0.5)
    assert draw(scaled)[4:10, 20:28].all()
    assert draw(scaled).sum() == 48
    with pytest.raises(ValueError, match="cannot be scaled"):
        scale_shape(encode_runs(np.ones((2, 3), np.bool_)), 2.0, 2.0)
