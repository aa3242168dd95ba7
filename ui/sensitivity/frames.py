"""What the browser is sent of one look: a patch of the picture, and every detector's answer."""

import base64
import binascii
import io
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from inspection.calibration import relative_score
from inspection.errors import ImageError, InspectionError
from inspection.findings import Inspection
from inspection.images import shrink
from inspection.overlay import THRESHOLD_AT, TRANSPARENT_BELOW, to_relative
from inspection.sensitivity.records import Answer
from inspection.types import Finding, Mask, RGBImage, Size
from ui.parts.images import MAX_DISPLAY_SIDE, encode_image, encode_mask
from ui.parts.updates import Payload, Updates
from ui.sensitivity import messages
from ui.sensitivity.scenes import Scene

MAX_BRUSH = 4_000_000  # characters of a data URI
MARGIN = 2  # pixels around a patch


def describe_scene(scene: Scene, run: int) -> Payload:
    """Return what every view's header says of its image."""
    height, width = scene.image.shape[:2]
    return {
        "run": run,
        "product": scene.product.key,
        "sample": scene.sample,
        "height": height,
        "width": width,
        "detectors": list(scene.channels),
        "hasTruth": scene.truth is not None,
    }


def fail(view: str, error: InspectionError, scene: Scene | None, run: int) -> Updates:
    """Say why a view cannot answer; an image that was opened is shown, to be drawn on."""
    header = {
        "run": run,
        "state": "error",
        "title": error.problem,
        "sub": error.fix,
        "note": "",
        "limits": {},
    }
    if scene is None:
        return {view: header}
    return {
        view: header | describe_scene(scene, run) | {"note": scene.note},
        "feed": (f"{view}-picture", encode_picture(scene.image, run)),
    }


def encode_picture(image: RGBImage, run: int) -> Payload:
    """Return the picture that the frames of a run are patches of."""
    return {"run": run, "base": encode_image(shrink(image, MAX_DISPLAY_SIDE)), "mask": ""}


def encode_frame(
    base: RGBImage,
    image: RGBImage,
    inspection: Inspection,
    answers: Mapping[str, Answer],
    *,
    point: Sequence[object] = (),
    has_defect: bool = True,
) -> Payload:
    """Return what the browser shows of one look: what is new in the picture, and the answers.

    Without `has_defect` it is not known where a defect is, and outlines are compared with nothing.
    """
    return {
        "point": list(point),
        "patch": encode_patch(base, image),
        "mask": "",
        "answers": _encode_answers(inspection, answers, has_defect=has_defect),
    }


def encode_patch(base: RGBImage, image: RGBImage) -> Payload | None:
    """Return the smallest box in which an image differs from its base, in shares of the image."""
    changed = (base != image).any(axis=2)
    if not changed.any():
        return None
    height, width = changed.shape
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    top, bottom = max(0, rows[0] - MARGIN), min(height, rows[-1] + 1 + MARGIN)
    left, right = max(0, columns[0] - MARGIN), min(width, columns[-1] + 1 + MARGIN)
    scale = min(1.0, MAX_DISPLAY_SIDE / max(height, width))
    cut = np.ascontiguousarray(image[top:bottom, left:right])
    if scale < 1:
        size = (max(1, round(scale * cut.shape[1])), max(1, round(scale * cut.shape[0])))
        cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
    return {
        "source": encode_image(cut),
        "left": left / width,
        "top": top / height,
        "width": (right - left) / width,
        "height": (bottom - top) / height,
    }


def _encode_answers(
    inspection: Inspection, answers: Mapping[str, Answer], *, has_defect: bool
) -> Payload:
    """Return what each detector says, and all together; maps in 1/127.5 of the threshold."""
    findings = {one.detector: _encode_finding(one) for one in inspection.findings}
    return {
        name: {
            "relative": one.relative_score,
            "isFlagged": one.is_flagged,
            "isHit": one.is_hit,
            "iou": one.iou if has_defect else None,
            **findings.get(name, {}),
        }
        for name, one in answers.items()
    }


def _encode_finding(finding: Finding) -> Payload:
    relative = to_relative(finding.anomaly_map, finding.threshold)
    levels = np.clip(relative * (255 * THRESHOLD_AT), 0, 255).astype(np.uint8)
    typical = relative_score(finding.typical_score, finding.threshold)
    least, most = TRANSPARENT_BELOW
    return {
        "heat": _encode_levels(levels),
        "outline": encode_mask(finding.flagged) if finding.flagged.any() else "",
        "visibleFrom": min(most, max(least, typical)),
    }


def _encode_levels(levels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def read_brush(source: object, size: Size) -> Mask:
    """Return what was brushed, as (H, W): a PNG as a data URI whose opaque pixels count.

    Raises:
        ImageError: it is no such thing, too large, or of another shape.
    """
    alpha = read_overlay(source, size)[:, :, 3]
    return np.asarray(alpha >= 128)


def read_overlay(source: object, size: Size) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a painted layer stretched to (H, W, 4): a PNG as a data URI, whoever has sent it.

    Raises:
        ImageError: it is no such thing, or too large.
    """
    head = "data:image/png;base64,"
    if not isinstance(source, str) or not source.startswith(head) or len(source) > MAX_BRUSH:
        raise ImageError(messages.BAD_BRUSH, messages.RELOAD)
    try:
        sent = io.BytesIO(base64.b64decode(source[len(head) :], validate=True))
        picture = Image.open(sent, formats=("PNG",))
        if max(picture.size) > 2 * MAX_DISPLAY_SIDE:
            raise ImageError(messages.BAD_BRUSH, messages.RELOAD)
        layer = picture.convert("RGBA").resize(size[::-1], Image.Resampling.BILINEAR)
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ImageError(messages.BAD_BRUSH, messages.RELOAD) from error
    return np.asarray(layer)
