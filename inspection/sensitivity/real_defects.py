"""Real test defects as trials: what was measured on them, and who saw them in the evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspection.evaluation.records import EvaluationReport, ScoredImage
from inspection.sensitivity.records import Answer, Trial


@dataclass(frozen=True, slots=True)
class RealDefect:
    """The longest defect of an image, in pixels of the image.

    Attributes:
        size: longest side of its mask.
        contrast: grey levels of 255 by which it departs from its surroundings.
        row, column: of its middle.
    """

    size: float
    contrast: float
    row: float
    column: float


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
