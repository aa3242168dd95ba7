"""A detector is one folder and one line: a small one joins, and everything knows it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import detectors
from detectors import find_entry, list_detectors
from detectors.catalog import open_catalog
from detectors.checkpoints import not_fitted
from detectors.entry import Entry
from detectors.learning.fitting import learnable, read_images, record_training
from detectors.settings import Seed, make_settings
from inspection.detector import (
    Appearance,
    Detector,
    DetectorInfo,
    EpochCallback,
    StoredDetector,
    Symbol,
    WeightArrays,
)
from inspection.evaluation.files import load_evaluation
from inspection.preprocess import check_input_size
from inspection.types import Prediction, RGBImage, Sample, Size, TrainingRecord
from tests.detectors import test_contract as contract
from tests.doubles.commands import run
from tests.doubles.parts import SIDE, make_samples, write_dataset
from ui.inspect.run import Runner
from ui.layout import list_styles
from ui.theme import page_head
from ui.viewer.viewer import viewer_script


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanSettings:
    """Settings of the mean image."""

    input_size: Size = (64, 64)
    seed: Seed = 0


class MeanImage:
    """Remembers what normal images look like on average; what differs is anomalous."""

    name: ClassVar[str] = "mean"

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None:
        self.settings = make_settings(MeanSettings, self.name, settings)
        self.input_size = check_input_size(self.settings.input_size, multiple=8)
        self.outline = None
        self.state: dict[str, Any] = {}
        self.training: TrainingRecord | None = None
        self._mean: NDArray[np.float32] | None = None

    def fit(self, samples: Sequence[Sample]) -> Self:
        start = time.perf_counter()
        normal = [sample for sample in learnable(samples) if not sample.is_anomalous]
        learned = read_images(normal, self.input_size, has_bar=False)
        self._mean = learned.images.mean(axis=0, dtype=np.float32)
        self.training = record_training(
            learned,
            seed=self.settings.seed,
            start=start,
            device=torch.device("cpu"),
            summary=f"the mean of {len(normal)} normal images",
        )
        return self

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        mean = self.weights()["mean"]
        return [Prediction(np.abs(image - mean).mean(axis=2) / 255) for image in images]

    def weights(self) -> WeightArrays:
        if self._mean is None:
            raise not_fitted(self.name)
        return {"mean": self._mean}

    def restore(self, stored: StoredDetector) -> None:
        self._mean = stored.weights["mean"]


ENTRY = Entry(
    info=DetectorInfo(
        name="mean",
        title="Mean image",
        method="difference to the mean",
        hint="Knows what good parts look like on average. Bright where yours differs.",
        appearance=Appearance(Symbol.TRIANGLE, "dash", "#123456", "#fedcba", "#456789"),
    ),
    location=f"{__name__}:MeanImage",
    settings=MeanSettings,
)
PROMISES = [
    promise
    for name, promise in vars(contract).items()
    if name.startswith("test_")
    and {"fitted", "name"} & set(promise.__annotations__)
    and "gpu" not in [mark.name for mark in getattr(promise, "pytestmark", ())]
]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "ENTRIES", (*detectors.ENTRIES, ENTRY))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_it_keeps_what_every_detector_promises(
    promise: Callable[..., None], tmp_path: Path
) -> None:
    samples = make_samples(tmp_path / "parts")
    fitted: Detector = MeanImage(input_size=(SIDE, SIDE)).fit(samples)
    (tmp_path / "work").mkdir()
    known = {
        "name": "mean",
        "fitted": fitted,
        "samples": samples,
        "backbone": tmp_path,
        "tmp_path": tmp_path / "work",
    }
    promise(**{name: known[name] for name in promise.__annotations__ if name != "return"})


def test_it_is_trained_evaluated_reported_and_shown_under_its_own_name(tmp_path: Path) -> None:
    parts, kept = write_dataset(tmp_path / "parts", num_train=32), tmp_path / "ck"
    where = ("--checkpoints", kept, "--device", "cpu")
    assert "the mean of" in run("train", "--data", parts, "--detector", "mean", *where)
    run("evaluate", "--data", parts, *where)
    folder = kept / "parts" / "disc" / "mean"
    assert load_evaluation(folder).metrics["image_auroc"].value == 1.0

    image = next((parts / "disc" / "test" / "spot").iterdir())
    run("report", image, "--category", "disc", "--out", tmp_path / "out", *where)
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Mean image: edges in its regions" in report

    catalog = open_catalog(kept, [parts], device="cpu")
    assert list(catalog.detectors) == [*(entry.info.name for entry in detectors.ENTRIES)]
    head = page_head(list_styles(), catalog.detectors)
    assert "[data-detector=mean] { --mark: #123456; }" in head
    assert ".dark [data-detector=mean] { --mark: #fedcba; }" in head
    script = viewer_script(tuple(catalog.detectors.values()))
    assert '"name": "mean", "title": "Mean image"' in script
    assert '"mark": "triangle-up"' in script

    product = catalog.products["parts/disc"]
    sample = next(one for one in catalog.samples.unseen(product) if one.is_anomalous)
    steps = Runner(catalog).inspect_sample(sample, product)
    slots = [step["mean"] for step in steps if "mean" in step]
    assert [slot["state"] for slot in slots] == ["loading", "running", "done"]
    assert slots[-1]["trained"].startswith("the mean of")


def test_without_the_line_nobody_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_entry("mean") is ENTRY
    monkeypatch.undo()
    assert "mean" not in list_detectors()
