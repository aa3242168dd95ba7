"""What the detectors of a product, and all of them together, make of images that were changed."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from inspection.detector import Channel
from inspection.findings import Inspection
from inspection.joint import JOINT
from inspection.pipeline import Answer as Predicted
from inspection.pipeline import judge_all, predict
from inspection.preprocess import mask_to_size
from inspection.sensitivity.records import Answer
from inspection.types import Mask, RGBImage, Size, Verdict

BATCH = 8
"""Images that a detector sees at a time, and for which another visitor waits at most."""


def answer_images(
    channels: Mapping[str, Channel],
    images: Sequence[RGBImage],
    masks: Sequence[Mask],
    *,
    false_alarm_rate: float,
) -> Iterator[dict[str, Answer]]:
    """Yield the answer of every detector to each image, and as `JOINT` that of all together.

    Args:
        channels: by name; those that give no verdict give no answer.
        images: of any size.
        masks: what is defective in each, of its size; empty where nothing is.
        false_alarm_rate: behind all verdicts.

    Raises:
        CalibrationError: the rate is below what a calibration supports.
        CheckpointError: a map is not finite.
    """
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        found = inspect_images(channels, batch, false_alarm_rate=false_alarm_rate)
        for row, judged in enumerate(found):
            yield read_answers(judged, masks[start + row])


def inspect_images(
    channels: Mapping[str, Channel], images: Sequence[RGBImage], *, false_alarm_rate: float
) -> list[Inspection]:
    """Return what is found in each image; every detector that gives verdicts sees all at once.

    Raises:
        CalibrationError: the rate is below what a calibration supports.
        CheckpointError: a map is not finite.
    """
    judging = [one for one in channels.values() if one.calibration.gives_verdicts]
    found = [(channel, predict(channel.detector, images)) for channel in judging]
    rows = [[Predicted(one, made[row], 0.0) for one, made in found] for row in range(len(images))]
    return [
        judge_all(answers, image, false_alarm_rate=false_alarm_rate)
        for answers, image in zip(rows, images, strict=True)
    ]


def read_answers(inspection: Inspection, mask: Mask) -> dict[str, Answer]:
    """Return the answers in an inspection; of a single detector, no joint one beside it.

    The joint verdict outlines what its detectors outline.

    Args:
        inspection: of one image.
        mask: what is defective in it, of its size.
    """
    found = {
        one.detector: _answer(
            one.image_score,
            one.relative_score,
            [one.flagged] if one.verdict is Verdict.DEFECT else [],
            mask,
        )
        for one in inspection.findings
    }
    joint = inspection.joint
    if joint is not None and len(found) > 1:
        is_defect = joint.verdict is Verdict.DEFECT
        outlines = [one.flagged for one in inspection.findings] if is_defect else []
        found[JOINT] = _answer(joint.score, joint.relative_score, outlines, mask)
    return found


def _answer(score: float, relative_score: float, outlines: Sequence[Mask], mask: Mask) -> Answer:
    """Return an answer with the overlap of its outlines together; without any, it flags nothing."""
    if not outlines:
        return Answer(score, relative_score, is_flagged=False, is_hit=False, iou=0.0)
    grid = outlines[0].shape[0], outlines[0].shape[1]
    outlined = np.logical_or.reduce([mask_to_size(one, grid) for one in outlines])
    drawn = touched_pixels(mask, grid)
    shared = float((outlined & drawn).sum())
    return Answer(
        score,
        relative_score,
        is_flagged=True,
        is_hit=shared > 0,
        iou=shared / float((outlined | drawn).sum()),
    )


def touched_pixels(mask: Mask, grid: Size) -> Mask:
    """Return the pixels of a grid that a mask covers by half; of a smaller one, what it touches."""
    covered = mask_to_size(mask, grid)
    if covered.any() or not mask.any():
        return covered
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    covered = np.zeros(grid, np.bool_)
    covered[rows * grid[0] // height, columns * grid[1] // width] = True
    return covered
