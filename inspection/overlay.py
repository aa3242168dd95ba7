"""Pictures of an anomaly map: colours in threshold units, blended over the image, with outlines."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.boxes import KindBox
from inspection.calibration import relative_score
from inspection.findings import Naming
from inspection.measures import name_class
from inspection.types import AnomalyMap, Box, Finding, Mask, RGBImage, Size

THRESHOLD_AT = 0.5  # where on the colour scale 1.0 x threshold lies
TRANSPARENT_BELOW = (0.45, 0.9)  # x threshold, at least and at most
OPACITY = 0.75  # at and above the threshold
WHITE = (255, 255, 255)
DARK = (20, 20, 20)
BOX = (255, 216, 74)
FONT = cv2.FONT_HERSHEY_SIMPLEX


def to_relative(anomaly_map: AnomalyMap, threshold: float) -> NDArray[np.float32]:
    """Return the map in threshold units: 1.0 is the threshold."""
    return (anomaly_map / max(threshold, float(np.finfo(np.float32).tiny))).astype(np.float32)


def colour_map(relative: NDArray[np.float32]) -> RGBImage:
    """Return Inferno colours (h, w, 3): 1.0 x threshold at mid-scale, the end at twice that."""
    levels = np.clip(relative * THRESHOLD_AT * 255, 0, 255).astype(np.uint8)
    coloured: RGBImage = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[:, :, ::-1]  # from BGR
    return coloured


def blend(
    image: RGBImage,
    relative: NDArray[np.float32],
    *,
    visible_from: float = TRANSPARENT_BELOW[0],
    opacity: float = OPACITY,
) -> RGBImage:
    """Lay the coloured map over the image (H, W, 3).

    Args:
        image: the picture.
        relative: the map (h, w) in threshold units.
        visible_from: what lies below is transparent, so that a good part looks like itself.
        opacity: at and above the threshold, 0-1.
    """
    height, width = image.shape[:2]
    stretched = cv2.resize(relative, (width, height), interpolation=cv2.INTER_LINEAR)
    ramp = np.clip((stretched - visible_from) / (1 - visible_from), 0, 1)
    alpha = (opacity * ramp * ramp * (3 - 2 * ramp))[:, :, None]  # smoothstep: no visible edge
    mixed = image * (1 - alpha) + colour_map(stretched) * alpha
    blended: RGBImage = np.rint(mixed).astype(np.uint8)
    return blended


def draw_outlines(image: RGBImage, flagged: NDArray[np.bool_]) -> RGBImage:
    """Draw a white line with a dark halo around flagged areas (h, w), down to a single pixel."""
    height, width = image.shape[:2]
    stretched = stretch_flags(flagged, (height, width))
    contours, _ = cv2.findContours(stretched, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    drawn = np.ascontiguousarray(image).copy()
    line = max(1, round(max(height, width) / 400))
    cv2.drawContours(drawn, contours, -1, DARK, 3 * line, cv2.LINE_AA)
    cv2.drawContours(drawn, contours, -1, WHITE, line, cv2.LINE_AA)
    return drawn


def trace_outlines(flagged: Mask) -> list[list[tuple[float, float]]]:
    """Return closed outlines of flagged areas (h, w), each as (x, y) in shares of the picture."""
    height, width = flagged.shape
    doubled = stretch_flags(flagged, (2 * height, 2 * width))  # a single pixel has an area, too
    contours, _ = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return [
        [((x + 0.5) / (2 * width), (y + 0.5) / (2 * height)) for x, y in contour[:, 0].tolist()]
        for contour in contours
    ]


def stretch_flags(flagged: Mask, size: Size) -> NDArray[np.uint8]:
    """Scale flags to (height, width); where a side shrinks, no flagged pixel gets lost."""
    height, width = flagged.shape
    kept = (min(height, size[0]), min(width, size[1]))
    if kept != (height, width):
        share = cv2.resize(flagged.astype(np.float32), kept[::-1], interpolation=cv2.INTER_AREA)
        flagged = share > 0
    stretched: NDArray[np.uint8] = cv2.resize(
        flagged.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT
    )
    return stretched


def draw_finding(image: RGBImage, finding: Finding, *, opacity: float = OPACITY) -> RGBImage:
    """Return the overlay of one detector: its colours and the outline of what it flags."""
    relative = to_relative(finding.anomaly_map, finding.threshold)
    # what half of the good parts reach is not worth a colour: PatchCore's normal distances lie
    # close below its threshold, a U-Net's probabilities far below
    typical = relative_score(finding.typical_score, finding.threshold)
    least, most = TRANSPARENT_BELOW
    visible_from = min(most, max(least, typical))
    heat = blend(image, relative, visible_from=visible_from, opacity=opacity)
    return draw_outlines(heat, finding.flagged)


def draw_naming(image: RGBImage, naming: Naming) -> RGBImage:
    """Return where the answer of a detector without verdicts comes from, as colours."""
    return blend(image, to_relative(naming.anomaly_map, naming.middle))


def draw_boxes(image: RGBImage, boxes: Sequence[Box], *, image_size: Size) -> RGBImage:
    """Draw numbered boxes, the first one on top.

    Args:
        image: the picture (H, W, 3), in whatever size it is shown.
        boxes: in pixels of the image, numbered from 1.
        image_size: of the image that they were measured in.
    """
    drawn = np.ascontiguousarray(image).copy()
    scale = (drawn.shape[0] / image_size[0], drawn.shape[1] / image_size[1])
    for number in range(len(boxes), 0, -1):
        _draw_box(drawn, boxes[number - 1], str(number), scale)
    return drawn


def draw_kinds(image: RGBImage, boxes: Sequence[KindBox], *, image_size: Size) -> RGBImage:
    """Draw boxes with their kind and score, the first one on top.

    Args:
        image: the picture (H, W, 3), in whatever size it is shown.
        boxes: in pixels of the image, the surest first.
        image_size: of the image that they were found in.
    """
    drawn = np.ascontiguousarray(image).copy()
    scale = (drawn.shape[0] / image_size[0], drawn.shape[1] / image_size[1])
    for one in reversed(boxes):
        left, top, right, bottom = map(round, one.edges)
        label = f"{name_class(one.kind)} {100 * one.score:.0f} %"
        _draw_box(drawn, Box(left, top, right, bottom), label, scale)
    return drawn


def _draw_box(drawn: RGBImage, box: Box, label: str, scale: tuple[float, float]) -> None:
    """Draw one box, with its label above it or, where there is no room, inside."""
    line = max(1, round(max(drawn.shape[:2]) / 400))
    size = max(drawn.shape[:2]) / 800
    left, right = round(box.left * scale[1]), round(box.right * scale[1]) - 1
    top, bottom = round(box.top * scale[0]), round(box.bottom * scale[0]) - 1
    for colour, thickness in ((DARK, 3 * line), (BOX, line)):
        cv2.rectangle(drawn, (left, top), (right, bottom), colour, thickness)
    (width, height), _ = cv2.getTextSize(label, FONT, size, line)
    foot = top - 2 * line if top > height + 4 * line else top + height + 3 * line
    back = (left + width + 2 * line, foot + line)
    cv2.rectangle(drawn, (left, foot - height - 2 * line), back, DARK, cv2.FILLED)
    cv2.putText(drawn, label, (left + line, foot), FONT, size, BOX, line, cv2.LINE_AA)
