"""The time that a training announces is that of its steps, whatever setting them up takes."""

import re
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from detectors.backbones.student import Student
from detectors.classifier import training as classifier_training
from detectors.classifier.training import ClassifierTrainer, LabelledImages, Task
from detectors.learning import bar as bars
from detectors.learning import coreset
from detectors.patchcore import detector as patchcore
from detectors.patchcore.detector import PatchCore
from detectors.settings import TrainingSettings
from inspection.progress import Pace
from tests.doubles.parts import make_samples

CPU = torch.device("cpu")
SET_UP = 5.0  # seconds


class Clock:
    """Stands still but for what is said to pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    for module in (patchcore, classifier_training):
        monkeypatch.setattr(module, "announce_duration", lambda _, whole: seconds.append(whole))
    return seconds


def test_a_pace_leaves_out_the_first_steps_and_is_reported_once(clock: Clock) -> None:
    pace = Pace(skipped=2, timed=4, clock=clock)
    found = []
    for seconds in (SET_UP, 1.0, 0.5, 0.5, 0.5, 0.1, 9.0, 9.0):
        clock.now += seconds
        found.append(pace.step())
    assert found == [None] * 5 + [pytest.approx(0.4)] + [None] * 2


@pytest.mark.parametrize("count", [3, 10, 24, 1000])
def test_the_time_of_a_selection_counts_its_set_up_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def select(rows: Tensor, steps: int, **_: Any) -> None:
        clock.now += SET_UP + 0.02 * steps

    monkeypatch.setattr(coreset, "select_coreset", select)
    seconds = coreset.estimate_seconds(50_000, count, device=CPU, clock=clock)
    assert seconds == pytest.approx(SET_UP + 0.02 * count)


def test_steps_too_short_to_be_told_apart_are_never_taken_for_nothing(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = iter((1.0, 0.3, 0.24))

    def select(*_: Any, **__: Any) -> None:
        clock.now += next(passing)

    monkeypatch.setattr(coreset, "select_coreset", select)
    seconds = coreset.estimate_seconds(50_000, 1000, device=CPU, clock=clock)
    assert seconds == pytest.approx(0.24 / 24 * 1000)


@pytest.mark.parametrize(
    ("num_images", "angles", "passes"),
    [
        (5, (0,), SET_UP + 1.0),
        (24, (0,), SET_UP + 3.0),  # all batches are over by then
        (80, (0,), SET_UP + 10.0),
        (24, (0, 90, 180), SET_UP + 9.0),
    ],
)
def test_patchcore_announces_its_passes_and_its_selection(
    clock: Clock,
    said: list[float],
    monkeypatch: pytest.MonkeyPatch,
    num_images: int,
    angles: tuple[int, ...],
    passes: float,
) -> None:
    monkeypatch.setattr(patchcore, "Pace", partial(Pace, clock=clock))
    monkeypatch.setattr(patchcore, "time", SimpleNamespace(perf_counter=clock))
    asked = []

    def estimate(num_rows: int, count: int, **_: Any) -> float:
        asked.append((num_rows, count))
        return 30.0

    monkeypatch.setattr(patchcore, "estimate_seconds", estimate)
    detector = PatchCore(device="cpu", max_candidates=200, max_memory=50)
    images = np.zeros((num_images, 1, 1, 3), np.uint8)

    def embed(_: Any, images: Any, angles: Any) -> Any:
        for angle, start in product(angles, range(0, len(images), 8)):
            clock.now += 1.0 + SET_UP * (start == angle == 0)
            yield torch.zeros(len(images[start : start + 8]), 4, 2)

    monkeypatch.setattr(detector, "_embed", embed)
    _, num_patches = detector._collect(None, images, angles, torch.Generator())
    assert num_patches == 4 * num_images * len(angles)
    assert said == [pytest.approx(passes + 30.0)]
    detector.settings = replace(detector.settings, max_seconds=3.0)
    detector._collect(None, images, angles, torch.Generator())
    assert said[1:] == [3.0], "no longer than it is given"
    num_candidates = min(200, num_patches)
    assert asked == [(num_candidates, min(50, num_patches // 4))] * 2


@pytest.mark.parametrize(
    ("epoch", "said"),
    [
        # 8 steps of 0.5 s and a check of 2 batches at a third of that: 4.33 s
        (4.4, ["about 87 seconds at most, about 22 seconds where nothing gets better"]),
        (
            9.0,
            [
                "about 87 seconds at most, about 22 seconds where nothing gets better",
                "about 3 minutes at most, about 45 seconds where nothing gets better",
            ],
        ),
    ],
)
def test_a_training_tells_its_longest_and_shortest_time_and_again_where_an_epoch_disagrees(
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    epoch: float,
    said: list[str],
) -> None:
    monkeypatch.setattr(bars, "time", SimpleNamespace(perf_counter=clock))
    monkeypatch.setattr(bars, "Pace", partial(Pace, clock=clock))
    settings: Any = SimpleNamespace(max_epochs=20, patience=4, max_seconds=None)
    trainer: Any = SimpleNamespace(
        num_training_batches=8,
        num_val_batches=[2],
        max_epochs=20,
        current_epoch=0,
        callback_metrics={"loss": 1.0},
    )
    module: Any = SimpleNamespace(device=CPU)
    bar = bars.Bar("unet", settings)
    bar.on_train_start(trainer, module)
    for current in range(3):
        trainer.current_epoch = current
        for step in range(8):
            clock.now += SET_UP if current == step == 0 else 0.5 if current == 0 else epoch / 8
            bar.on_train_batch_end(trainer, module)
        bar.on_train_epoch_end(trainer, module)
    bar.teardown()
    assert re.findall(r"training unet takes (.*)\n", capfd.readouterr().err) == said


def test_a_training_that_cannot_end_early_tells_one_time(
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings: Any = SimpleNamespace(max_epochs=20, patience=40, max_seconds=None)
    bars.Bar("cae", settings)._tell(2.0)
    settings.max_seconds = 10.0
    bars.Bar("cae", settings)._tell(2.0)
    said = re.findall(r"training cae takes (.*)\n", capfd.readouterr().err)
    assert said == ["about 40 seconds", "about 10 seconds"]


def test_the_classifier_announces_all_its_passes(
    clock: Clock, said: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier_training, "time", SimpleNamespace(perf_counter=clock))
    images = np.zeros((300, 2, 2, 3), np.uint8)
    learned = LabelledImages(images, np.zeros(300, np.int64))
    held = LabelledImages(images[:40], np.zeros(40, np.int64))
    task = Task(("normal", "spot"), learned, held, lambda image: image, 0.0, 3, 0.0)
    settings: TrainingSettings = SimpleNamespace(
        seed=0, max_seconds=None, epoch_images=64, batch_size=32
    )
    trainer = ClassifierTrainer(task, settings, device=CPU, progress=True)
    is_first = iter((True, *[False] * 99))

    def read(_: Any, images: Any, *, is_varied: bool, count: Any = bool) -> list[Tensor]:
        torch.rand(1)
        for _start in range(0, len(images), 32):
            clock.now += (4.0 if is_varied else 1.0) + SET_UP * next(is_first)
            count()
        return [torch.zeros(len(images), 1)]

    monkeypatch.setattr(trainer, "_pool", read)
    torch.manual_seed(0)
    torch.rand(4)  # one for each pass
    expected = torch.rand(1)
    torch.manual_seed(0)
    network: Any = torch.nn.Identity()
    schedule = trainer.plan(network, 1)
    views, _ = trainer._pool_all(network, schedule.num_views)
    assert torch.equal(torch.rand(1), expected), "the announcement changes nothing that is drawn"
    assert views.shape == (3, 300, 1)
    # 10 batches as they are and 20 varied ones, and 2 of validation images
    assert said == [pytest.approx(10 * 1.0 + 20 * 4.0 + 2 * 1.0)]


def test_a_short_training_of_patchcore_still_says_how_long_it_takes(
    tmp_path: Path, said: list[float]
) -> None:
    torch.manual_seed(0)
    save_file(Student((8, 12, 16)).state_dict(), tmp_path / "student.safetensors")
    samples = make_samples(tmp_path / "parts", num_normal=4, num_defective=0)
    weights = str(tmp_path / "student.safetensors")
    PatchCore(device="cpu", input_size=(64, 64), backbone_weights=weights).fit(samples)
    assert len(said) == 1
