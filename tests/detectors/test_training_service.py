"""Training is a function: it returns what it made, tells what happens, and can be stopped."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from detectors.training import TrainingJob, train_categories, train_product
from inspection.datasets.dataset import read_dataset
from inspection.products.split_plan import load_split
from inspection.progress import Monitor, StoppedError
from tests.doubles.parts import write_dataset

SETTINGS = {"cae": {"max_epochs": 3, "num_patches": 32, "batch_size": 8, "input_size": (64, 64)}}


class Listener:
    """Notes down what a training tells, and stops it after so many epochs."""

    def __init__(self, *, most_epochs: int) -> None:
        self.most_epochs = most_epochs
        self.epochs: list[tuple[str, Mapping[str, float]]] = []
        self.said: list[str] = []
        self.steps: dict[str, tuple[int, int]] = {}

    @contextmanager
    def track(self, title: str, _: str) -> Iterator[Callable[[int, int], None]]:
        yield lambda done, total: self.steps.update({title: (done, total)})

    def monitor(self) -> Monitor:
        return Monitor(
            begin=self.said.append,
            say=self.said.append,
            track=self.track,
            epoch=lambda name, metrics: self.epochs.append((name, metrics)),
            is_stopped=lambda: len(self.epochs) >= self.most_epochs,
        )


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    write_dataset(tmp_path / "parts", num_train=14)
    return TrainingJob(tmp_path / "ck", SETTINGS, device="cpu")


def test_a_training_returns_what_it_made_and_tells_every_epoch(
    job: TrainingJob, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    listener = Listener(most_epochs=99)
    source = read_dataset(tmp_path / "parts")
    (made,) = train_product(source, job, monitor=listener.monitor())
    assert made.folder == tmp_path / "ck" / "parts" / "disc" / "cae"
    assert (made.folder / "weights.safetensors").is_file()
    assert made.calibration.num_normal == listener.steps["calibrating"][1] > 0
    assert [name for name, _ in listener.epochs] == ["cae"] * 3
    assert any("learns from" in sentence for sentence in listener.said)
    said = capfd.readouterr()
    assert "cae" not in said.out + said.err, "whoever listens decides where it is shown"


def test_a_training_that_is_stopped_keeps_no_detector(job: TrainingJob, tmp_path: Path) -> None:
    listener = Listener(most_epochs=1)
    with pytest.raises(StoppedError):
        train_categories(read_dataset(tmp_path / "parts"), job, monitor=listener.monitor())
    product = tmp_path / "ck" / "parts" / "disc"
    assert len(listener.epochs) == 1
    assert not (product / "cae").exists()
    assert load_split(product) is not None, "whoever goes on trains on the same split"
