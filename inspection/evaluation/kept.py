"""What earlier evaluations have left, as far as it is still true."""

import contextlib
from pathlib import Path

from inspection.errors import CheckpointError, EvaluationError
from inspection.evaluation.evaluate import EvaluationJob
from inspection.evaluation.files import has_evaluation, load_evaluation
from inspection.evaluation.joint import read_joint
from inspection.evaluation.metrics import has_every_metric
from inspection.evaluation.records import EvaluationReport
from inspection.products.catalog import Catalog


def read_kept(folder: Path, job: EvaluationJob) -> EvaluationReport | None:
    """Return the report that is kept if evaluating again would give the same."""
    if not has_evaluation(folder):
        return None
    try:
        report = load_evaluation(folder)
    except EvaluationError:
        return None
    is_true = report.origin.digest == job.digest() and has_every_metric(report)
    return report if is_true else None


def read_reports(catalog: Catalog, dataset: str) -> list[EvaluationReport]:
    """Return every report of a dataset that is true of the checkpoint beside it, joint ones too."""
    found: list[EvaluationReport] = []
    for product in catalog.products.values():
        if product.dataset == dataset:
            own = []
            names = catalog.checkpoints.matching(product)
            for name in names:
                with contextlib.suppress(EvaluationError, CheckpointError):
                    own.append(load_evaluation(product.folder / name))
            joint = read_joint(product.folder, own, names)
            found += own if joint is None else [*own, joint]
    return found
