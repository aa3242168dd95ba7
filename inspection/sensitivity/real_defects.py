"""Real test defects as trials: what was measured on them, and who saw them in the evaluation."""

from collections.abc import Mapping, Sequence

from inspection.evaluation.files import load_evaluation
from inspection.evaluation.joint import read_joint
from inspection.evaluation.records import EvaluationReport, ScoredImage
from inspection.products.product import Product
from inspection.sensitivity.fitting import Varied
from inspection.sensitivity.kept import Study
from inspection.sensitivity.records import Answer, RealDefect, Trial

REAL: Mapping[str, tuple[Varied, str]] = {
    f"real-{by}": (by, f"Real defects by {by}") for by in Varied
}
"""Name of a question about real defects -> what was varied, and the question in words."""


def read_real_trials(product: Product, study: Study) -> list[Trial]:
    """Return the real defects of a study as trials, judged in the evaluations of today.

    Raises:
        EvaluationError: a detector was not evaluated, or as other weights than it has.
        CheckpointError: a checkpoint is missing or damaged.
    """
    if not study.defects:
        return []
    names = [one.detector for one in study.checkpoints]
    reports = [load_evaluation(product.folder / name) for name in names]
    joint = read_joint(product.folder, reports, names)
    return make_real_trials(study.defects, reports if joint is None else [*reports, joint])


def make_real_trials(
    defects: Mapping[str, RealDefect], reports: Sequence[EvaluationReport]
) -> list[Trial]:
    """Return one trial for each defective test image that was measured and that all detectors saw.

    A hit is a flagged image whose flagged area touches the mask; of the joint verdict, which has no
    area of its own, and where no pixels were compared, a flagged image.

    Args:
        defects: by image id.
        reports: of the detectors of one product.
    """
    scored = [{image.id: image for image in report.images} for report in reports]
    trials = []
    for key, defect in defects.items():
        images = [known.get(key) for known in scored]
        found = [image for image in images if image is not None and image.is_anomalous]
        if not reports or len(found) < len(reports):
            continue
        answers = {
            report.detector: _answer(report, image)
            for report, image in zip(reports, found, strict=True)
        }
        trials.append(
            Trial(
                source=key,
                kind=found[0].defect_type or "",
                size=defect.size,
                contrast=defect.contrast,
                angle=0.0,
                row=defect.row,
                column=defect.column,
                seed=0,
                answers=answers,
            )
        )
    return trials


def _answer(report: EvaluationReport, image: ScoredImage) -> Answer:
    is_flagged = report.is_flagged(image)
    touches = image.pixels is None or image.pixels.true_positives > 0
    return Answer(
        score=image.image_score,
        relative_score=image.image_score / report.threshold if report.threshold > 0 else 0.0,
        is_flagged=is_flagged,
        is_hit=is_flagged and touches,
        iou=image.iou or 0.0,
    )
