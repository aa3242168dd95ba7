"""How well boxes are found, as text for the terminal."""

from collections.abc import Iterator

from inspection.boxes import SURE, KindBox
from inspection.evaluation.box_evaluation import BoxEvaluation, KindPrecision
from inspection.evaluation.records import Estimate

NAME_WIDTH = 24
MOST_NAMED = 8  # boxes of one image


def describe_box_evaluation(found: BoxEvaluation) -> Iterator[str]:
    """Yield the lines about one detector: average precision of each kind, and their mean."""
    mean = found.mean
    yield (
        f"  {found.checkpoint.detector} on {found.num_images} test images: "
        f"mAP 50 {_write(mean.ap_50)}, mAP 50-95 {_write(mean.ap)}"
    )
    if found.left_out:
        yield f"    left out: {len(found.left_out)} that were seen, such as {found.left_out[0].id}"
    if found.num_unmarked:
        yield f"    left out: {found.num_unmarked} defective ones without marks"
    yield (
        f"    {'':{NAME_WIDTH}}  marked  right  wrong  AP 50  AP 50-95   "
        f"(right and wrong: scores above {SURE:g})"
    )
    for one in (*found.kinds, mean):
        yield _row(one)


def _row(one: KindPrecision) -> str:
    numbers = f"{one.num_marked:8}{one.num_right:7}{one.num_wrong:7}"
    values = (one.ap_50.value, one.ap.value)
    precisions = ["-" if value is None else f"{value:.3f}" for value in values]
    return f"    {one.kind:{NAME_WIDTH}}{numbers}{precisions[0]:>7}{precisions[1]:>10}"


def _write(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"- ({estimate.reason})"
    interval = "" if estimate.low is None else f" ({estimate.low:.3f}-{estimate.high:.3f})"
    return f"{estimate.value:.3f}{interval}"


def describe_boxes(boxes: tuple[KindBox, ...]) -> Iterator[str]:
    """Yield a line for each found box, the surest first, and how many more there are."""
    for box in boxes[:MOST_NAMED]:
        left, top = box.edges[:2]
        place = f"{box.width:.0f} x {box.height:.0f} pixels at {left:.0f}, {top:.0f}"
        yield f"{box.kind} {100 * box.score:.0f} %, {place}"
    if len(boxes) > MOST_NAMED:
        yield f"and {len(boxes) - MOST_NAMED} more"
