"""The time that a training is given covers everything, and what it leaves out is told."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from detectors import create_detector, find_entry, list_detectors, setting_names
from detectors.backbones.student import Student
from detectors.classifier.detector import CNNClassifier
from detectors.classifier.schedule import Schedule, Work, fit_schedule
from detectors.classifier.training import describe_left_out
from detectors.learning.budget import Budget
from detectors.learning.coreset import ASKED_EVERY, select_coreset
from detectors.patchcore import detector as patchcore
from detectors.patchcore.detector import PatchCore
from detectors.training import TrainingJob, train_product
from inspection.datasets.dataset import read_dataset
from inspection.progress import Monitor, StoppedError
from inspection.types import Sample, Split
from tests.doubles.parts import SIDE, make_samples, write_dataset


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("backbone") / "student.safetensors"
    save_file(Student((8, 12, 16)).state_dict(), path)
    return str(path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return make_samples(tmp_path_factory.mktemp("parts"), num_normal=16, num_defective=12)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    def takes(self, seconds: float) -> Callable[[], None]:
        def work() -> None:
            self.now += seconds

        return work


def hold_out(samples: list[Sample], count: int) -> list[Sample]:
    normal = [replace(one, split=Split.CALIBRATION) for one in samples if not one.is_anomalous]
    return (normal * count)[:count]


def test_learning_gets_what_reading_and_calibrating_leave(samples: list[Sample]) -> None:
    clock = Clock()
    budget = Budget(60.0, hold_out(samples, 20), clock=clock)
    clock.now += 10.0  # 100 images are read
    left = budget.learning_seconds(100, clock.takes(0.2), num_checked=5)
    # 10 s and the two predictions that are timed are over; 20 images are read in 0.1 s each and
    # take two and a half predictions, 5 others one
    assert left == pytest.approx(60 - 10 - 0.4 - 20 * (0.1 + 2.5 * 0.2) - 5 * 0.2)


def test_learning_is_never_left_without_any_time(samples: list[Sample]) -> None:
    clock = Clock()
    crowded = Budget(60.0, hold_out(samples, 1000), clock=clock)
    assert crowded.learning_seconds(1, clock.takes(1.0)) == pytest.approx((60 - 2) / 4)
    over = Budget(60.0, [], clock=clock)
    clock.now += 100.0
    assert over.learning_seconds(1, clock.takes(1.0)) == 1.0


@pytest.mark.parametrize("name", list_detectors())
def test_every_detector_keeps_to_the_time_that_it_is_given(
    name: str, samples: list[Sample], weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(budget: Budget, num_read: int, predict: Callable[[], object], **_: Any) -> float:
        predict()
        asked.append(num_read)
        return 5.0

    monkeypatch.setattr(Budget, "learning_seconds", note)
    settings = {**find_entry(name).tiny_settings, "input_size": (SIDE, SIDE), "max_seconds": 60.0}
    if "backbone_weights" in setting_names(name):
        settings["backbone_weights"] = weights
    create_detector(name, device="cpu", progress=False, **settings).fit(samples)
    assert len(asked) == 1
    assert asked[0] in (16, 28), "the normal images, or all"


def test_without_a_limit_nothing_is_timed() -> None:
    def fail() -> None:
        raise AssertionError

    assert Budget(None, []).learning_seconds(1, fail) is None


WORK = Work(num_learned=10, num_held=4, num_steps=24, plain=1.0, varied=2.0)
"""Features take 14 s and 20 s for every further view, an epoch of blocks 2 x 24 x 2 + 4 s."""


@pytest.mark.parametrize(
    ("seconds", "expected", "left_out"),
    [
        (None, Schedule(3, 3), ""),
        (3600.0, Schedule(3, 3, 0.25 * (3600 - 54)), ""),
        # two stages of two epochs each would take 400 s of the 384 s that blocks get
        (566.0, Schedule(3, 2, 0.25 * (566 - 54)), "training the last 3 blocks"),
        (
            100.0,  # 40 s are enough for two views
            Schedule(2, 1, 100.0 - 34.0),
            "more than 2 of 3 views of each image and for training the last 3 blocks",
        ),
        (
            10.0,
            Schedule(1, 1, 0.0),
            "more than 1 of 3 views of each image and for training the last 3 blocks",
        ),
    ],
)
def test_the_classifier_leaves_out_what_does_not_fit_and_tells_it(
    seconds: float | None, expected: Schedule, left_out: str
) -> None:
    schedule = fit_schedule(WORK, seconds=seconds, num_views=3, num_stages=3)
    assert (schedule.num_views, schedule.num_stages) == (expected.num_views, expected.num_stages)
    assert schedule.head_seconds == (
        None if expected.head_seconds is None else pytest.approx(expected.head_seconds)
    )
    assert describe_left_out(schedule, 3, 3) == left_out


def test_a_classifier_without_time_for_its_blocks_says_so(
    samples: list[Sample], capfd: pytest.CaptureFixture[str], weights: str
) -> None:
    quick: dict[str, Any] = {"input_size": (64, 64), "hidden": 16, "max_epochs": 2}
    settings = {**quick, "epoch_images": 100_000, "batch_size": 8, "max_seconds": 1.5}
    detector = CNNClassifier(device="cpu", progress=False, **settings).fit(samples)
    assert detector.training is not None
    assert "there was no time for " in detector.training.summary
    assert "training the last block" in detector.training.summary
    assert {epoch["stage"] for epoch in detector.state["history"]} == {1}


def test_a_coreset_that_is_ended_early_holds_the_first_ones() -> None:
    rows = torch.randn(500, 8, generator=torch.Generator().manual_seed(0))

    def choose(most: int) -> list[int]:
        generator = torch.Generator().manual_seed(1)
        return select_coreset(
            rows, 300, generator=generator, goes_on=lambda num: num < most
        ).tolist()

    assert choose(2 * ASKED_EVERY) == choose(1000)[: 2 * ASKED_EVERY]
    assert len(choose(1000)) == 300


def test_patchcore_remembers_less_where_there_is_no_time_and_says_so(
    samples: list[Sample], weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Budget, "learning_seconds", lambda *_, **__: 0.0)
    detector = PatchCore(
        device="cpu", input_size=(64, 64), backbone_weights=weights, progress=False, max_seconds=60
    ).fit(samples)
    assert detector.training is not None
    assert f"remembers {ASKED_EVERY} patches (of " in detector.training.summary
    assert len(detector.weights()["memory_bank"]) == ASKED_EVERY


def test_patchcore_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path, weights: str) -> None:
    write_dataset(tmp_path / "parts", num_train=14)
    told: list[float] = []
    last = 1.0

    def note(name: str, metrics: Mapping[str, float]) -> None:
        told.append(metrics["share"])

    monitor = Monitor(epoch=note, is_stopped=lambda: bool(told) and told[-1] >= last)
    job = TrainingJob(
        tmp_path / "ck",
        {"patchcore": {"input_size": (64, 64), "backbone_weights": weights}},
        device="cpu",
    )
    last = 0.7  # while patches are chosen
    with pytest.raises(StoppedError):
        train_product(read_dataset(tmp_path / "parts"), job, monitor=monitor)
    assert told == sorted(told)
    assert told[0] < 1 / 3
    assert last <= told[-1] < 1
    assert not (tmp_path / "ck" / "parts" / "disc" / "patchcore").exists()


def test_a_training_that_took_much_longer_than_it_was_given_says_why(
    tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dataset(tmp_path / "parts", num_train=14)
    warned: list[str] = []
    settings = {"input_size": (64, 64), "backbone_weights": weights, "max_seconds": 0.001}
    monkeypatch.setattr(patchcore, "make_settings", lambda kind, _, given: kind(**given))
    job = TrainingJob(tmp_path / "ck", {"patchcore": settings}, device="cpu")
    train_product(read_dataset(tmp_path / "parts"), job, monitor=Monitor(warn=warned.append))
    assert any("instead of" in sentence for sentence in warned)
