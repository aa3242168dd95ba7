"""What the viewer is sent: one record each for header, picture and detectors, ready for JSON.

Every record carries the run it belongs to, and the browser shows what belongs to the newest
header. So one can arrive late, early or twice, and nothing is sent again because something
else has changed.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.boxes import KindBox
from inspection.errors import InspectionError
from inspection.images import shrink
from inspection.joint import is_blind
from inspection.measures import class_probabilities, name_class, name_measure, other_measures
from inspection.names import describe_naming
from inspection.overlay import stretch_flags
from inspection.pipeline import Answer, name_defect
from inspection.products.panels import Panel, Status
from inspection.types import Mask, RGBImage, Size
from ui.parts.images import MAX_DISPLAY_SIDE, encode_image, encode_mask
from ui.parts.updates import Payload


@dataclass(frozen=True, slots=True)
class Subject:
    """What is being inspected, as the page names it.

    Attributes:
        sample: id of the sample; empty for an upload.
        truth: what the dataset says of a sample: 'good' or the defect type; empty for an upload.
    """

    run: int
    product: str
    sample: str = ""
    truth: str = ""


def header(
    subject: Subject, state: str, *, rate: float, wanted: float = 0.0, note: str = ""
) -> Payload:
    """Say what is going on (empty, running or done), and the product's own false-alarm rate.

    `wanted` is that rate before the floors of the detectors have raised it.
    """
    return {
        "run": subject.run,
        "state": state,
        "product": subject.product,
        "sample": subject.sample,
        "truth": subject.truth,
        "rate": rate,
        "wanted": wanted,
        "note": note,
    }


def error_header(subject: Subject, error: InspectionError, *, title: str) -> Payload:
    """Say why there is no result."""
    failed = {"title": title, "problem": error.problem, "fix": error.fix}
    return {**header(subject, "error", rate=0.0), "error": failed}


def unfamiliar_header(
    subject: Subject, category: str, reason: str, *, alike: Mapping[str, str] | None, note: str
) -> Payload:
    """Say that the image does not look like its product; `alike` is key and name of another."""
    found = {"category": category, "reason": reason, "alike": alike}
    return {**header(subject, "unfamiliar", rate=0.0, note=note), "unfamiliar": found}


def picture(subject: Subject, image: RGBImage, mask: Mask | None) -> Payload:
    """Show the image, scaled down for display only, and the ground truth if it is known."""
    shown = shrink(image, MAX_DISPLAY_SIDE)
    size = (shown.shape[0], shown.shape[1])
    return {
        "run": subject.run,
        "image": encode_image(shown),
        "height": int(image.shape[0]),
        "width": int(image.shape[1]),
        # as small as the picture: the browser traces the mask pixel by pixel
        "mask": ""
        if mask is None or not mask.any()
        else encode_mask(stretch_flags(mask, size) > 0),
    }


def panel_state(subject: Subject, panel: Panel, *, is_idle: bool = False) -> Payload:
    """Say where a detector stands before it has answered."""
    states = {Status.READY: "waiting", Status.LOADING: "loading"}
    state = states.get(panel.status, panel.status.value)
    if is_idle and panel.status in states:
        state = "idle"
    return {
        "run": subject.run,
        "state": state,
        "problem": panel.problem,
        "fix": panel.fix,
    }


def panel_skipped(subject: Subject) -> Payload:
    """Say that a detector was not run."""
    return {"run": subject.run, "state": "skipped"}


def panel_running(subject: Subject) -> Payload:
    """Say that a detector is loaded and at work."""
    return {"run": subject.run, "state": "running"}


def panel_result(subject: Subject, answer: Answer) -> Payload:
    """Give the browser the map and the normal scores in full precision, to judge itself."""
    calibration, prediction = answer.channel.calibration, answer.prediction
    outline, rebuilt = calibration.outline, prediction.reconstruction
    height, width = prediction.anomaly_map.shape
    return {
        "run": subject.run,
        "state": "done",
        "map": encode_floats(prediction.anomaly_map),
        "height": height,
        "width": width,
        "scores": encode_floats(calibration.normal_scores),
        "units": list(calibration.units),
        "isBlind": is_blind(calibration),
        "outline": {"level": outline.level, "peakShare": outline.peak_share},
        "seconds": answer.seconds,
        "measures": name_measures(prediction.measures),
        "classes": rank_classes(prediction.measures),
        "boxes": list_boxes(prediction.boxes, (height, width)),
        "trained": answer.channel.summary,
        "rebuilt": "" if rebuilt is None else encode_image(rebuilt),
    }


def panel_named(subject: Subject, answer: Answer, title: str) -> Payload:
    """Give the browser what a detector without verdicts says of the image, and where it looks."""
    height, width = answer.prediction.anomaly_map.shape
    naming = name_defect(answer, (height, width))
    return {
        "run": subject.run,
        "state": "named",
        "map": encode_floats(naming.anomaly_map),
        "height": height,
        "width": width,
        "middle": naming.middle,
        "seconds": naming.seconds,
        "classes": rank_classes(naming.measures),
        "boxes": list_boxes(naming.boxes, (height, width)),
        "said": describe_naming(naming, title),
        "trained": answer.channel.summary,
    }


def name_measures(measures: Mapping[str, float]) -> Sequence[dict[str, Any]]:
    """Return the detector's own measures in its order, with names as people write them."""
    return [
        {"label": name_measure(name), "value": value}
        for name, value in other_measures(measures).items()
    ]


def rank_classes(measures: Mapping[str, float]) -> Sequence[dict[str, Any]]:
    """Return the classes of a detector that names defects, the most probable first."""
    return [
        {"label": name_class(name), "value": value}
        for name, value in class_probabilities(measures).items()
    ]


def list_boxes(boxes: Sequence[KindBox], size: Size) -> Sequence[dict[str, Any]]:
    """Return boxes in shares of the picture, the surest first.

    Args:
        boxes: in pixels of the map.
        size: (height, width) of the map.
    """
    shares = (box.scaled(1 / size[1], 1 / size[0]) for box in boxes)
    return [
        {
            **dict(zip(("left", "top", "right", "bottom"), box.edges, strict=True)),
            "kind": name_class(box.kind),
            "score": box.score,
            "level": box.level,
        }
        for box in shares
    ]


def encode_floats(values: NDArray[np.float32]) -> str:
    """Return little-endian float32 as base64: what the detector said, bit for bit."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
