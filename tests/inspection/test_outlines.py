"""What is outlined: worked by hand, against scikit-image, and found on masks."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_cdt, maximum_filter
from skimage.measure import label

from inspection.outlines import REACH, fit_outline, flagged_mask, highest_around
from inspection.types import AT_THRESHOLD, AnomalyMap, Mask, Outline


def row(*values: float) -> AnomalyMap:
    """Return a map of one row above an empty one."""
    anomaly_map = np.zeros((2, 24), np.float32)
    anomaly_map[0, : len(values)] = values
    return anomaly_map


def test_an_outline_goes_down_to_its_level_around_what_exceeds_the_threshold() -> None:
    anomaly_map = row(1, 2, 5, 2, 0, 2, 2, 0, 4)
    flagged = flagged_mask(anomaly_map, 4, Outline(1.5))
    assert np.flatnonzero(flagged[0]).tolist() == [1, 2, 3]
    assert np.flatnonzero(flagged_mask(anomaly_map, 4, AT_THRESHOLD)[0]).tolist() == [2]
    assert np.flatnonzero(flagged_mask(anomaly_map, 1.5, Outline(4))[0]).tolist() == [
        *(1, 2, 3),
        *(5, 6, 8),
    ]


def test_it_ends_where_the_map_has_fallen_by_a_share_of_its_rise() -> None:
    anomaly_map = np.zeros((40, 40), np.float32)
    anomaly_map[4:36, 4:36] = 2.0
    anomaly_map[20, 20] = 6.0
    wide = flagged_mask(anomaly_map, 5, Outline(1, 0.1))  # above 1 + 0.1 * (6 - 1)
    assert wide.sum() == 32 * 32
    narrow = flagged_mask(anomaly_map, 1, Outline(1, 0.5))  # above 3.5 near the peak, else 1.5
    assert narrow[20, 20]
    assert narrow[12:29, 12:29].sum() == 1
    assert narrow.sum() == 32 * 32 - 17 * 17 + 1
    assert flagged_mask(anomaly_map, 5, Outline(1, 0.5)).sum() == 1


@pytest.mark.parametrize("seed", range(6))
def test_hysteresis_is_that_of_scikit_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    anomaly_map: AnomalyMap = rng.random((40, 31), dtype=np.float32)
    labels = label(anomaly_map > 0.8, connectivity=2)
    expected = np.isin(labels, labels[anomaly_map > 0.95])
    assert np.array_equal(flagged_mask(anomaly_map, 0.95, Outline(0.8)), expected)


@pytest.mark.parametrize("size", [(40, 31), (24, 60), (5, 5)])
def test_the_highest_around_is_that_of_scipy(size: tuple[int, int]) -> None:
    anomaly_map = np.random.default_rng(1).random(size, dtype=np.float32)
    expected = maximum_filter(anomaly_map, 2 * REACH + 1, mode="nearest")
    assert np.array_equal(highest_around(anomaly_map), expected)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("level", [None, 0.0, 0.3, 2.0])
def test_something_is_outlined_if_and_only_if_the_image_is_flagged(
    level: float | None, share: float
) -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        anomaly_map: AnomalyMap = rng.random((20, 24), dtype=np.float32)
        highest = float(anomaly_map.max())
        below = float(np.nextafter(np.float32(highest), np.float32(0)))
        for threshold in (highest, below, 0.5, 0.0):
            flagged = flagged_mask(anomaly_map, threshold, Outline(level, share))
            assert flagged.any() == (highest > threshold)
            assert flagged.flat[anomaly_map.argmax()] == (highest > threshold)


def blurred(mask: Mask, radius: int) -> AnomalyMap:
    """Return a map that falls from 10 inside the mask to 0 at so many pixels around it."""
    away = distance_transform_cdt(~mask, metric="chessboard")
    return np.asarray(np.maximum(0, 10 * (1 - away / radius)), np.float32)


def test_the_outline_that_fits_masks_best_is_found() -> None:
    mask = np.zeros((48, 48), np.bool_)
    mask[20:26, 18:30] = True
    wide = blurred(mask, 3)
    outline = fit_outline([(wide, mask)], threshold=1)
    assert (flagged_mask(wide, 1, outline) == mask).all()
    narrow = np.where(mask, np.float32(5), np.float32(0.1))
    narrow[22, 22] = 20
    outline = fit_outline([(narrow, mask)], threshold=12)
    assert (flagged_mask(narrow, 12, outline) == mask).all()
    assert outline.level == pytest.approx(0.1)


def test_defects_that_are_not_flagged_yet_say_where_outlines_end_too() -> None:
    mask = np.zeros((48, 48), np.bool_)
    mask[20:26, 18:30] = True
    faint = blurred(mask, 3)
    assert fit_outline([(faint, mask)], threshold=99) == fit_outline([(faint, mask)], threshold=1)
    assert fit_outline([(faint, mask)]) == fit_outline([(faint, mask)], threshold=1)


def test_the_level_is_that_of_normal_images_and_an_outline_stays_off_them() -> None:
    mask = np.zeros((48, 48), np.bool_)
    mask[20:26, 18:30] = True
    noise: AnomalyMap = np.random.default_rng(3).random((48, 48), dtype=np.float32)
    normal = [(noise * np.float32(gain), np.zeros_like(mask)) for gain in (0.5, 1, 4)]
    seen: AnomalyMap = np.where(mask, np.float32(9), noise)
    outline = fit_outline([(seen, mask), *normal], threshold=8)
    assert outline.level == pytest.approx(float(np.quantile(noise, 0.9)))
    assert (flagged_mask(seen, 8, outline) == mask).all()


def test_without_a_mask_the_threshold_decides() -> None:
    empty = np.zeros((8, 8), np.bool_)
    assert fit_outline([(row(1, 2)[:, :8], empty[:2])], threshold=1) == AT_THRESHOLD
    assert fit_outline([]) == AT_THRESHOLD
