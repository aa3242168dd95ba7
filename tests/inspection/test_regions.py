"""Regions in numbers: worked by hand, against scikit-image, and on images of another size."""

import numpy as np
import pytest
from skimage.measure import label, regionprops

from inspection.regions import PIXEL_SPREAD, find_regions
from inspection.types import AnomalyMap, Box


def test_regions_are_measured_by_hand() -> None:
    anomaly_map = np.zeros((10, 20), np.float32)
    anomaly_map[2, 3:13] = 2.0
    anomaly_map[2, 5] = 5.0
    anomaly_map[8, 18] = 3.0
    line, dot = find_regions(anomaly_map, anomaly_map > 1.0)
    assert (line.area, line.peak, line.peak_at) == (10, 5.0, (2, 5))
    assert line.box == Box(3, 2, 13, 3)
    assert line.centroid == (2.0, 7.5)
    assert line.elongation == pytest.approx(10)
    assert (dot.area, dot.elongation, dot.area_share) == (1, 1, 1 / 200)
    assert find_regions(anomaly_map, anomaly_map > 5.0) == ()


def test_numbers_are_in_pixels_of_the_image() -> None:
    anomaly_map = np.zeros((10, 20), np.float32)
    anomaly_map[4, 6:8] = (2.0, 3.0)  # two pixels of the map, each 3 wide and 5 high in the image
    (region,) = find_regions(anomaly_map, anomaly_map > 1.0, image_size=(50, 60))
    assert region.box == Box(18, 20, 24, 25)
    assert (region.area, region.area_share) == (30, 0.01)
    assert region.centroid == pytest.approx((22, 20.5))  # rows 20-24, columns 18-23
    assert region.peak_at == (22, 22)
    assert region.elongation == pytest.approx(6 / 5)


def test_boxes_are_rounded_outwards_and_never_empty() -> None:
    anomaly_map = np.zeros((8, 8), np.float32)
    anomaly_map[3, 5] = 2.0
    (larger,) = find_regions(
        anomaly_map, anomaly_map > 1.0, image_size=(20, 20)
    )  # 2.5 pixels to one
    assert larger.box == Box(12, 7, 15, 10)
    (smaller,) = find_regions(anomaly_map, anomaly_map > 1.0, image_size=(4, 3))
    assert smaller.box == Box(1, 1, 3, 2)
    assert smaller.peak_at == (1, 2)


def test_diagonal_neighbours_are_one_region() -> None:
    assert len(find_regions(np.eye(5, dtype=np.float32), np.eye(5) > 0)) == 1


def test_equal_peaks_are_ordered_from_top_to_bottom() -> None:
    anomaly_map = np.zeros((9, 9), np.float32)
    places = [(0, 8), (4, 2), (4, 6), (8, 0)]
    for place in places:
        anomaly_map[place] = 2.0
    assert [region.peak_at for region in find_regions(anomaly_map, anomaly_map > 1.0)] == places


@pytest.mark.parametrize("seed", range(8))
def test_regions_are_those_of_scikit_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    anomaly_map: AnomalyMap = rng.random((23, 31), dtype=np.float32)
    expected = {}
    for known in regionprops(label(anomaly_map > 0.6, connectivity=2), anomaly_map):
        top, left, bottom, right = known.bbox
        long, short = np.asarray(known.inertia_tensor_eigvals) + PIXEL_SPREAD  # pixels, not points
        row, column = np.unravel_index(int(known.image_intensity.argmax()), known.image.shape)
        expected[left, top, right, bottom, int(known.area)] = (
            *known.centroid,
            known.intensity_max,
            top + row,
            left + column,
            np.sqrt(long / short),
        )
    found = find_regions(anomaly_map, anomaly_map > 0.6)
    assert len(found) == len(expected)
    for region in found:
        box = region.box
        key = (box.left, box.top, box.right, box.bottom, int(region.area))
        numbers = (*region.centroid, region.peak, *region.peak_at, region.elongation)
        assert numbers == pytest.approx(expected[key], rel=1e-6)


def test_a_stretched_map_has_the_elongation_of_the_stretched_picture() -> None:
    rng = np.random.default_rng(9)
    anomaly_map: AnomalyMap = (rng.random((12, 12)) > 0.5).astype(np.float32)
    wide = np.repeat(anomaly_map, 3, axis=1)  # each pixel becomes three
    found = find_regions(anomaly_map, anomaly_map > 0.5, image_size=(12, 36))
    # columns merge nothing new: regions touch where they touched, or at corners as before
    assert len(found) == len(find_regions(wide, wide > 0.5))
    for region, known in zip(found, find_regions(wide, wide > 0.5), strict=True):
        assert (region.box, region.area) == (known.box, known.area)
        assert region.centroid == pytest.approx(known.centroid)
        assert region.elongation == pytest.approx(known.elongation, rel=1e-9)
