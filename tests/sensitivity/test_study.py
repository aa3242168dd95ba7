from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inspection.detector import Channel
from inspection.errors import CheckpointError, SensitivityError, SettingsError
from inspection.progress import Monitor, StoppedError
from inspection.sensitivity.answering import BATCH
from inspection.sensitivity.places import find_part, find_places
from inspection.sensitivity.placing import place_defect
from inspection.sensitivity.records import Answer, Trial
from inspection.sensitivity.study import (
    Ground,
    StudyOptions,
    Subject,
    check_study,
    choose_cell,
    choose_sizes,
    find_flagged,
    make_ground,
    run_study,
)
from inspection.types import Prediction, RGBImage
from tests.doubles.detectors import FakeDetector, make_calibration
from tests.doubles.parts import draw_part

GREY = 115
THRESHOLD = 30.0
OPTIONS = StudyOptions(("missing-piece",), (8.0, 20.0), (15.0, 60.0), num_trials=40, seed=1)


class Departure(FakeDetector):
    """Sees by how much a grey plate departs from its tone; it hits what exceeds 30."""

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        apart = [np.abs(one.astype(np.float32) - GREY).max(axis=2) for one in images]
        return [Prediction(one) for one in apart]


def make_subject(**changes: Any) -> Subject:
    """Return a detector of known truth."""
    channel = Channel(Departure(), make_calibration(*np.linspace(1, THRESHOLD, 60)))
    return replace(Subject({"brightness": channel}, rate=0.02), **changes)


def make_plate() -> Ground:
    return make_ground("plate.png", np.full((96, 128, 3), GREY, np.uint8))


def run(subject: Subject, options: StudyOptions = OPTIONS, **more: Any) -> list[Trial]:
    return [one for batch in run_study(subject, [make_plate()], options, **more) for one in batch]


def test_it_hits_what_the_detector_must_see_and_nothing_else() -> None:
    trials = run(make_subject())
    assert len(trials) == 40
    for one in trials:
        answer = one.answers["brightness"]
        assert answer.is_hit == answer.is_flagged == (one.contrast > THRESHOLD)
        assert answer.relative_score == pytest.approx(one.contrast / THRESHOLD, rel=0.2)
        assert (answer.iou > 0.5) == answer.is_hit


def test_every_size_and_contrast_has_some_trials() -> None:
    counts = Counter((one.size, one.contrast) for one in run(make_subject()))
    assert set(counts) == set(OPTIONS.cells)
    assert min(counts.values()) >= 3


def test_kinds_take_turns() -> None:
    options = replace(OPTIONS, kinds=("stain", "dent"), num_trials=6)
    kinds = [one.kind for one in run(make_subject(), options)]
    assert kinds == ["stain", "dent"] * 6


def test_a_trial_can_be_drawn_again_from_its_record() -> None:
    one = run(make_subject())[7]
    _, mask = place_defect(make_plate().image, one)
    assert abs(mask.sum(axis=0).astype(bool).sum() - one.size) < one.size


@pytest.mark.parametrize("num_done", [0, BATCH, 3 * BATCH, 3 * BATCH + 5])
def test_a_study_that_was_interrupted_goes_on_as_if_it_had_not_been(num_done: int) -> None:
    whole = run(make_subject())
    rest = run(make_subject(), done=whole[:num_done])
    assert [*whole[:num_done], *rest] == whole


def test_more_trials_continue_the_same_study() -> None:
    few, many = run(make_subject(), replace(OPTIONS, num_trials=21)), run(make_subject())
    assert many[: len(few)] == few


def test_another_seed_draws_others() -> None:
    assert run(make_subject(), replace(OPTIONS, seed=2)) != run(make_subject())


def test_further_trials_go_where_the_curve_is_steep() -> None:
    seen, missed = Answer(2, 2, True, True, 1), Answer(0, 0, False, False, 0)
    cells = [(size, 40.0) for size in (4.0, 8.0, 16.0, 32.0)]
    trials = [
        Trial("", "scratch", size, 40, 0, 0, 0, 0, {"a": seen if is_hit else missed})
        for size, hits in zip((4.0, 8.0, 16.0, 32.0), (0, 1, 5, 5), strict=True)
        for is_hit in [True] * hits + [False] * (5 - hits)
    ]
    rng = np.random.default_rng(0)
    assert choose_cell(cells, trials, trials, rng) == (8.0, 40.0)
    more = [*trials, *[trials[5]] * 20]  # enough of them at that size
    assert choose_cell(cells, more, trials, rng) != (8.0, 40.0)


def test_a_replaced_checkpoint_ends_the_study() -> None:
    states = iter([0, 0, 0, 1])
    subject = make_subject(state=lambda: next(states))
    trials = run_study(subject, [make_plate()], OPTIONS)
    assert len(next(trials)) == len(next(trials)) == BATCH
    with pytest.raises(CheckpointError, match="replaced"):
        next(trials)


def test_a_study_can_be_stopped_between_two_batches() -> None:
    found: list[Trial] = []
    monitor = Monitor(is_stopped=lambda: len(found) >= 2 * BATCH)
    batches = run_study(make_subject(), [make_plate()], OPTIONS, monitor=monitor)
    with pytest.raises(StoppedError):
        found.extend(one for batch in batches for one in batch)
    assert len(found) == 2 * BATCH


def test_the_part_is_told_from_its_background() -> None:
    image, _ = draw_part(1, side=96)
    part = find_part(image)
    rows, columns = np.mgrid[0:96, 0:96] / 96 - 0.5
    disc = np.hypot(rows, columns) < 0.42
    assert (part & disc).sum() / (part | disc).sum() > 0.93
    ground = make_ground("disc.png", image)
    trials = run_study(make_subject(), [ground], OPTIONS)
    places = [(int(one.row), int(one.column)) for batch in trials for one in batch]
    assert all(disc[place] for place in places)


def test_a_texture_is_a_part_as_a_whole() -> None:
    noise = np.random.default_rng(0).integers(60, 200, (80, 90, 1)).astype(np.uint8)
    assert find_part(noise.repeat(3, axis=2)).all()
    threads = np.full((64, 64, 3), 120, np.uint8)
    for row in range(10, 56, 10):
        threads[row : row + 2, 8:56] = 180
    threads[20:26, 20:26] = 220  # one knot is no part, either
    assert find_part(threads).all()


def test_places_are_where_normal_images_are_most_alike() -> None:
    rng = np.random.default_rng(0)
    images = []
    for _ in range(8):
        image = np.full((96, 96, 3), 120, np.uint8)
        image[:, 48:] = rng.integers(60, 200, (96, 48, 1))
        images.append(image)
    places = find_places(images[0], images)
    assert places[:, :40].mean() > 0.9
    assert not places[:, 56:].any()
    assert find_places(images[0], images, is_everywhere=True).all()
    assert find_places(images[0], images[:3]).all()  # too few to say what varies


def test_images_that_are_flagged_before_anything_is_drawn_are_named() -> None:
    good, bad = make_plate().image, make_plate().image.copy()
    bad[10:20, 10:20] = 250
    assert list(find_flagged(make_subject(), [good, bad])) == [(), ("brightness",)]


def test_sizes_reach_from_what_a_pixel_sees_to_a_third_of_the_part() -> None:
    sizes = choose_sizes(make_plate(), make_subject().channels)
    assert sizes[0] == 2
    assert sizes[-1] == pytest.approx(0.3 * 96, abs=1)
    ratios = np.diff(np.log(sizes))
    assert ratios.max() < 0.7


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kinds": ("ghost",)}, "Choose from"),
        ({"kinds": ()}, "at least one kind"),
        ({"sizes": (1.0,)}, "smaller than a pixel of the detectors"),
        ({"sizes": (500.0,)}, "cannot be drawn"),
        ({"contrasts": (float("nan"),)}, "from 0 to 255"),
        ({"num_trials": 0}, "1 to 20000 trials"),
        ({"seed": -1}, "seed of 0 or more"),
    ],
)
def test_a_study_that_can_say_nothing_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        check_study(replace(OPTIONS, **change), [make_plate()], make_subject().channels)


def test_a_defect_larger_than_the_part_is_refused() -> None:
    image = np.full((128, 128, 3), 20, np.uint8)
    image[50:80, 50:80] = 200
    with pytest.raises(SettingsError, match="larger than the part, which spans 3"):
        check_study(
            replace(OPTIONS, sizes=(60.0,)), [make_ground("", image)], make_subject().channels
        )


def test_without_an_image_there_is_no_study() -> None:
    with pytest.raises(SensitivityError, match="no good image"):
        check_study(OPTIONS, [], make_subject().channels)
