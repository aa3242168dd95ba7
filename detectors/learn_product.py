"""The process in which a product of the page learns: a job by stdin, messages by stdout.

`python -m detectors.learn_product` is started by `inspection.products.learning`. The first line of
its stdin is the job; then it takes pause, go and stop. The end of its stdin stops it as well.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detectors import find_entry
from detectors.catalog import make_loader, open_catalog
from detectors.training import TrainedDetector, TrainingJob, train_product
from inspection.datasets.dataset import Dataset
from inspection.errors import BREAKDOWNS, InspectionError, explain
from inspection.evaluation.service import EvaluationOptions, evaluate_product
from inspection.pipeline import predict_samples
from inspection.preprocess import Progress
from inspection.processors import share_processors
from inspection.products.learning import Word
from inspection.products.own import OwnProducts
from inspection.products.product_file import read_settings
from inspection.products.reading import load_reading, read_by
from inspection.products.splits import find_test_samples
from inspection.progress import Monitor, StoppedError

FIRST = "patchcore"
"""Learns before the others: it takes seconds."""
NICENESS = 2  # the page answers before it learns; on a busy machine it still gets its share
FITTING = 0.8  # of the work on a detector; the rest sets thresholds, and measures
PREPARING = 0.1  # of the fitting of a network, before its first epoch
EVERY = 0.3  # seconds between two messages of progress
POLL = 0.2


@dataclass(slots=True)
class Talk:
    """What is heard from the page, and said to it.

    Attributes:
        say: writes a message.
        detector: that is learning.
    """

    say: Callable[[Mapping[str, Any]], None]
    detector: str = ""
    is_paused: threading.Event = field(default_factory=threading.Event)
    is_stopped: threading.Event = field(default_factory=threading.Event)
    _last: float = 0.0

    def tell(self, event: str, **values: Any) -> None:
        """Say something about the detector that is learning."""
        self.say({"event": event, "detector": self.detector, **values})

    def tell_share(self, share: float, step: str) -> None:
        """Say how far the detector is, but not too often."""
        if time.monotonic() - self._last > EVERY:
            self._last = time.monotonic()
            self.tell("share", share=round(share, 4), step=step)

    def hear(self, lines: Iterator[str]) -> None:
        """Obey the page until it says no more."""
        for line in lines:
            match line.strip():
                case Word.PAUSE:
                    self.is_paused.set()
                case Word.GO:
                    self.is_paused.clear()
                case Word.STOP:
                    break
        self.is_stopped.set()
        self.is_paused.clear()

    def wait_or_stop(self) -> bool:
        """Wait while paused, and return whether to stop."""
        if self.is_paused.is_set() and not self.is_stopped.is_set():
            self.tell("paused")
            while self.is_paused.is_set():
                time.sleep(POLL)
            self.tell("goes on")
        return self.is_stopped.is_set()


def make_monitor(talk: Talk, epochs: Mapping[str, int]) -> Monitor:
    """Return a monitor that tells the page.

    Args:
        talk: with the page.
        epochs: detector -> most epochs of its training.
    """

    @contextmanager
    def track(title: str, unit: str) -> Iterator[Progress]:  # noqa: ARG001 (as every monitor)
        def progress(done: int, total: int) -> None:
            is_late = title in ("calibrating", "comparing", "measuring")
            share = FITTING + (1 - FITTING) * done / max(1, total) if is_late else 0.0
            talk.tell_share(share, title)

        yield progress

    def epoch(name: str, metrics: Mapping[str, float]) -> None:
        most = epochs.get(name, 1)
        before = PREPARING if most > 1 else 1.0
        if "share" in metrics:
            talk.tell_share(FITTING * before * metrics["share"], "learning")
            return
        number = metrics["epoch"]
        talk.tell(
            "epoch",
            epoch=number,
            loss=metrics.get("loss"),
            validation=metrics.get("validation_loss"),
        )
        share = FITTING * (before + (1 - before) * min(1.0, number / most))
        talk.tell("share", share=round(share, 4), step="learning")

    return Monitor(
        warn=lambda text: talk.tell("note", text=text),
        track=track,
        epoch=epoch,
        is_stopped=talk.wait_or_stop,
    )


def learn(job: Mapping[str, Any], talk: Talk) -> None:
    """Train the detectors of a product, the quick one first, and tell what each finds.

    Raises:
        InspectionError: nothing can be learned.
        StoppedError: the page has stopped it.
    """
    own = OwnProducts(Path(job["root"]), Path(job["checkpoints"]))
    source = own.read(job["name"])
    names = sorted(job["detectors"], key=lambda name: name != FIRST)
    most = {name: getattr(find_entry(name).settings(), "max_epochs", 1) for name in names}
    monitor = make_monitor(talk, most)
    for name in names:
        talk.detector = name
        talk.tell("begin")
        wanted = TrainingJob(own.checkpoints.parent, {name: {}}, device=job["device"])
        (trained,) = train_product(source, wanted, monitor=monitor)
        result = judge(trained, source, monitor, device=job["device"])
        talk.tell("kept", seconds=round(trained.seconds, 1), result=result)
    talk.detector = ""
    evaluate_all(own, source, monitor, device=job["device"])


def judge(
    trained: TrainedDetector, source: Dataset, monitor: Monitor, *, device: str | None
) -> dict[str, Any]:
    """Return what a detector finds at the rate of its product, in numbers.

    Args:
        trained: the detector.
        source: the dataset of the product.
        monitor: receives how far it is.
        device: for the detector.
    """
    product, calibration = trained.folder.parent, trained.calibration
    rate = read_settings(product).rate([calibration])
    threshold = calibration.threshold(rate)
    used = read_by(find_test_samples(product, source.samples), load_reading(product))
    flagged: dict[bool, list[bool]] = {False: [], True: []}
    if used:
        detector = make_loader(device)(trained.folder).detector
        with monitor.step("measuring") as progress:
            for done, (sample, _, prediction) in enumerate(predict_samples(detector, used), 1):
                flagged[sample.is_anomalous].append(prediction.image_score > threshold)
                progress(done, len(used))
    return {
        "rate": rate,
        "held_out": calibration.num_normal,
        "defects": len(flagged[True]),
        "found": sum(flagged[True]),
        "good": len(flagged[False]),
        "alarms": sum(flagged[False]),
        "drawn": len(calibration.drawn_scores),
        "drawn_found": int((calibration.drawn_scores > threshold).sum()),
        "summary": trained.summary,
    }


def evaluate_all(
    own: OwnProducts, source: Dataset, monitor: Monitor, *, device: str | None
) -> None:
    """Evaluate all detectors for the Results tab, if some photographs show defects."""
    if not any(sample.is_anomalous for sample in source.samples):
        return
    catalog = open_catalog(own.checkpoints.parent, {source.name: own.root}, device=device)
    product = catalog.product(f"{source.name}/{source.category}")
    try:
        evaluate_product(catalog, product, source, EvaluationOptions(), monitor=monitor)
    except InspectionError as error:
        monitor.warn(str(error))


def main() -> int:
    """Learn what the page asks for, and return the exit code."""
    share_processors()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no message

    def say(message: Mapping[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    talk = Talk(say)
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=talk.hear, args=(iter(sys.stdin.readline, ""),), daemon=True).start()
    try:
        learn(job, talk)
    except StoppedError:
        return 0
    except (InspectionError, *BREAKDOWNS) as error:
        talk.tell("failed", problem=str(explain(error)))
        return 2
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        talk.tell(
            "failed",
            problem=f"What was learned cannot be kept{where} ({error.strerror or error}). Free "
            "some room on the disk, and learn the rest again.",
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
