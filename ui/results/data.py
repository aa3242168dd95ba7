"""The evaluations beside the weights of a catalogue, read once and shared by all visitors."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eda.results.shown import Judged, Shown
from inspection.errors import CheckpointError, EvaluationError
from inspection.evaluation.box_evaluation import BOXES, BoxEvaluation, load_boxes
from inspection.evaluation.classification import (
    CLASSES,
    Classification,
    find_classification,
    load_classification,
)
from inspection.evaluation.files import EVALUATION, load_evaluation
from inspection.evaluation.joint import JOINT_INFO, read_joint
from inspection.evaluation.records import EvaluationReport
from inspection.evaluation.verdicts import Verdicts, judge_reports
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import load_calibration, stamp_file
from inspection.products.manifest import CALIBRATION, CARD
from inspection.products.product import Product
from inspection.products.stamped import StampedCache
from inspection.types import Calibration
from ui.results import messages
from ui.results.heat import HeatMaps
from ui.results.studies import Studies

FILES = (EVALUATION, CLASSES, BOXES, CARD, CALIBRATION)
"""What is read of a detector: a change of any of them has all read anew."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What is known of how good a detector is.

    Attributes:
        report: None where a dataset has no good parts to judge by.
        classes: None of a detector that names none.
        boxes: None of a detector that gives none.
        problem: why neither can be shown.
    """

    report: EvaluationReport | None = None
    classes: Classification | None = None
    boxes: BoxEvaluation | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a trained detector shows no results.

    Attributes:
        command: evaluates it; empty where that would not mend it.
        dataset_command: evaluates every detector of every trained category of its dataset.
    """

    product: str
    detector: str
    problem: str
    command: str
    dataset_command: str


class Results:
    """Evaluations by product and detector; one that is written anew is read anew."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._held: StampedCache[Path, Evaluated] = StampedCache()
        self._joint: StampedCache[Path, EvaluationReport | None] = StampedCache()
        self._verdicts: StampedCache[str, list[Verdicts]] = StampedCache()
        self.heat = HeatMaps()
        self.studies = Studies(catalog)
        self._lock = threading.Lock()

    @property
    def products(self) -> dict[str, Product]:
        """Products with a trained detector, by key."""
        trained = self.catalog.checkpoints.trained
        return {key: one for key, one in self.catalog.products.items() if trained(one)}

    def shown(self, key: str) -> list[Shown]:
        """Return the evaluated detectors of a product and, last, their joint verdict."""
        matching = self.catalog.checkpoints.matching(self.catalog.product(key))
        shown = [
            Shown(info, place, report)
            for place, (name, info) in enumerate(self.catalog.detectors.items())
            if name in matching and (report := self._read(key, name).report) is not None
        ]
        joint = self._judge_jointly(key, [one.report for one in shown], matching)
        if joint is not None:
            shown.append(Shown(JOINT_INFO, len(self.catalog.detectors), joint))
        return shown

    def _judge_jointly(
        self, key: str, reports: Sequence[EvaluationReport], detectors: Sequence[str]
    ) -> EvaluationReport | None:
        """Return the evaluation of the joint verdict, worked out anew once a report is another."""
        folder = self.catalog.product(key).folder
        stamp = detectors, [(one.checkpoint, one.origin) for one in reports]
        with self._lock:
            return self._joint.get(folder, stamp, lambda: read_joint(folder, reports, detectors))

    def calibrations(self, key: str, shown: Sequence[Shown]) -> dict[str, Calibration]:
        """Return the calibrations of the evaluated detectors of a product, by name."""
        return {
            one.info.name: load_calibration(self.folder(key, one.info.name)).calibration
            for one in shown
            if not one.is_joint
        }

    def judged(self, key: str, shown: Sequence[Shown], rate: float) -> list[Judged]:
        """Return the evaluated detectors of a product with their verdicts at a rate."""
        stamp = rate, [(one.report.checkpoint, one.report.origin) for one in shown]
        with self._lock:
            verdicts = self._verdicts.get(
                key,
                stamp,
                lambda: judge_reports(
                    [one.report for one in shown], self.calibrations(key, shown), rate
                ),
            )
        return [Judged(*pair) for pair in zip(shown, verdicts, strict=True)]

    def troubles(self, keys: Sequence[str]) -> list[Trouble]:
        """Return what is missing, damaged, outdated or of another dataset among the products."""
        products = [self.catalog.product(key) for key in keys]
        mismatched = [
            Trouble(product.key, self._title(name), self.catalog.places.hide(str(found)), "", "")
            for product in products
            for name, found in self.catalog.checkpoints.mismatched(product).items()
        ]
        return mismatched + [
            self._describe(product, name, problem)
            for product in products
            for name in self.catalog.checkpoints.matching(product)
            if (problem := self._read(product.key, name).problem)
        ]

    def _describe(self, product: Product, detector: str, problem: str) -> Trouble:
        places = self.catalog.places
        return Trouble(
            product.key,
            self._title(detector),
            places.hide(problem),
            places.evaluate_command(product, detector),
            places.evaluate_command(product),
        )

    def classes(self, key: str) -> Classification | None:
        """Return what the evaluated classifier of a product took images for; None without one."""
        found = (
            self._read(key, name)
            for name in self.catalog.checkpoints.matching(self.catalog.product(key))
        )
        return next((one.classes for one in found if one.classes is not None), None)

    def boxes(self, key: str) -> dict[str, BoxEvaluation]:
        """Return title -> how well boxes are found, of the detectors of a product that give some.

        What is no longer true of the weights is no evaluation.
        """
        matching = self.catalog.checkpoints.matching(self.catalog.product(key))
        found = {self._title(name): self._read(key, name).boxes for name in matching}
        return {title: one for title, one in found.items() if one is not None}

    def _title(self, detector: str) -> str:
        return self.catalog.detectors[detector].title

    def folder(self, key: str, detector: str) -> Path:
        """Return the checkpoint folder of a detector."""
        return self.catalog.product(key).folder / detector

    def _read(self, key: str, detector: str) -> Evaluated:
        folder = self.folder(key, detector)
        stamp = tuple(stamp_file(folder / name) for name in FILES)
        with self._lock:  # two visitors who come at once read it once
            return self._held.get(folder, stamp, lambda: _load(folder))


def _load(folder: Path) -> Evaluated:
    try:
        if (folder / EVALUATION).is_file():
            report = load_evaluation(folder)
            return Evaluated(report, find_classification(folder, report), load_boxes(folder))
        if (folder / CLASSES).is_file():
            return Evaluated(classes=load_classification(folder), boxes=load_boxes(folder))
    except (EvaluationError, CheckpointError) as error:
        return Evaluated(problem=error.problem)
    return Evaluated(problem=messages.MISSING)
