"""The quality of a picture: what each measure answers to, and what it does not."""

import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from eda.frame import MEASURES as COLUMNS
from eda.quality import Quality, measure_quality
from eda.quality_plots import MEASURES, draw_quality, show_odd


def draw(seed: int = 0) -> NDArray[np.uint8]:
    """Draw soft blobs with a little grain, (96, 128, 3)."""
    rng = np.random.default_rng(seed)
    blobs = cv2.GaussianBlur(rng.normal(0, 1, (96, 128)), (0, 0), 2.0)
    grey = 120 + 40 * blobs / blobs.std() + rng.normal(0, 2, (96, 128))
    image = np.clip(grey, 10, 240).astype(np.uint8)
    return np.repeat(image[:, :, None], 3, axis=2)


def test_sharpness_answers_to_blur_and_not_to_light_or_contrast() -> None:
    image = draw()
    before = measure_quality(image).sharpness
    darker = np.clip(image * 0.6, 0, 255).astype(np.uint8)
    assert measure_quality(darker).sharpness == pytest.approx(before, abs=1.5)
    blurred = cv2.GaussianBlur(image, (0, 0), 1.5)
    assert measure_quality(blurred).sharpness < before - 4


def test_noise_is_that_of_the_grain() -> None:
    flat = np.full((128, 128), 120.0)
    grain = np.random.default_rng(0).normal(0, 6, flat.shape)
    noisy = np.clip(flat + grain, 0, 255).astype(np.uint8)
    assert measure_quality(noisy).noise == pytest.approx(6, rel=0.1)
    slope = np.tile(np.arange(128, dtype=np.uint8), (128, 1))
    assert measure_quality(slope).noise == 0


def test_exposure_and_tint_are_told() -> None:
    image = np.full((40, 40, 3), (200, 160, 90), np.uint8)
    image[:10] = 255
    image[10:14] = 0
    found = measure_quality(image)
    assert (found.bright, found.dark) == (25, 10)
    assert found.yellow > 10
    grey = measure_quality(draw())
    assert (grey.red, grey.yellow) == (0, 0)


def test_a_place_that_is_left_out_does_not_count() -> None:
    image = draw()
    spoiled = image.copy()
    spoiled[20:40, 30:60] = 255
    place = np.zeros(image.shape[:2], np.bool_)
    place[20:40, 30:60] = True
    assert measure_quality(spoiled, place) == measure_quality(image, place)
    assert measure_quality(spoiled).bright > 1
    everything = np.ones_like(place)
    assert measure_quality(image, everything) == measure_quality(image), "nothing would be left"


def make_frame(num: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [[*rng.normal((120, 30, 35, 0.1, 0.1, 3, 0, 0), 0.05)] for _ in range(num)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(
        id=[f"{row}.png" for row in range(num)],
        category="part",
        split=["train", "test"] * (num // 2),
        defect_type=["good"] * (num - 10) + ["dent"] * 10,
        problem="",
    )


def test_the_odd_ones_are_shown_with_what_is_odd() -> None:
    frame = make_frame()
    assert show_odd(frame).groups == ()
    assert "No picture" in show_odd(frame).note
    frame.loc[3, "sharpness"] = 12
    (group,) = show_odd(frame).groups
    assert group.ids == ("3.png",)
    assert group.note == "blurred: 12 % of edges lost by one more blur"


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_drawn_by_class_and_split_the_good_ones_first(measure: str) -> None:
    names = [box.y[0] for box in draw_quality(make_frame(), measure).data]
    assert names == ["good, test (15)", "good, train (15)", "dent, test (5)", "dent, train (5)"]
    assert draw_quality(make_frame().iloc[:0], measure).layout.annotations[0].text
    assert len(COLUMNS) == len(Quality.__slots__)
