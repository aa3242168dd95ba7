"""Do photographs of good parts differ in light, place, distance or angle more than they need to?"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from eda.facts import decode_jpeg
from eda.health.evidence import Evidence
from eda.health.finding import Finding, Severity
from inspection.types import RGBImage

FEWEST = 8  # photographs that show a spread
LIGHT = 30.0  # grey levels between a dark and a bright photograph (5 and 95 of 100)
PLACE = 0.12  # of the side of a photograph, between the centres of parts
DISTANCE = 1.35  # times along a side, between the smallest and the largest part
ANGLE = 25.0  # degrees around the usual one
LONG = 1.3  # length by width, from which on a part has a direction
SEEN = (0.03, 0.85)  # share of a photograph that a part on an even background takes
CLEAR = 0.8  # of the photographs must show their part so
MOST = 300  # photographs that are looked at
RING = 0.04  # of the side: the border that shows the background
APART = 28.0  # grey levels between a part and its background, in the channel where most


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a part lies on an even background.

    Attributes:
        centre: (row, column) as shares of height and width.
        side: root of the share of the photograph that it takes.
        elongation: length by width.
        angle: of its length, in degrees from 0 to 180.
    """

    centre: tuple[float, float]
    side: float
    elongation: float
    angle: float


def check_light_spread(evidence: Evidence) -> Iterator[Finding]:
    """Is the light the same in all photographs of good parts?"""
    good = evidence.images[~evidence.images["is_bad"]]
    if len(good) < FEWEST:
        return
    low, high = np.percentile(good["brightness"], [5, 95])
    if high - low > LIGHT:
        yield Finding(
            Severity.LOOK,
            f"The light differs: the mean grey level goes from {low:.0f} to {high:.0f}. Faint "
            "defects hide in such a spread.",
            "Fix lamp and exposure, shut out daylight, and take them again; or leave it so where "
            "production looks like that, too.",
            effect=float(high - low) / 255,
        )


def check_placement(evidence: Evidence) -> Iterator[Finding]:
    """Do parts lie at one place, at one distance and at one angle?"""
    good = evidence.images[~evidence.images["is_bad"]]
    ids = [str(one) for one in good["id"].iloc[:MOST]]
    if len(ids) < FEWEST:
        return
    thumbnails = evidence.get_thumbnails(ids)
    found = [place_part(decode_jpeg(thumbnails[key])) for key in ids if key in thumbnails]
    placed = [one for one in found if one is not None]
    if len(placed) < CLEAR * len(ids):
        return  # no part on an even background, but a surface
    yield from _judge_place(placed)
    yield from _judge_angle(placed)


def _judge_place(placed: list[Placement]) -> Iterator[Finding]:
    centres = np.array([one.centre for one in placed])
    apart = float(np.ptp(np.percentile(centres, [5, 95], axis=0), axis=0).max())
    if apart > PLACE:
        yield Finding(
            Severity.LOOK,
            f"Parts lie at different places: their centres are up to {100 * apart:.0f} % of the "
            "photograph apart.",
            "Lay them into a frame or against a stop, if you can: less has to be learned then.",
            effect=apart,
        )
    small, large = np.percentile([one.side for one in placed], [5, 95])
    if large / small > DISTANCE:
        yield Finding(
            Severity.LOOK,
            f"Parts look up to {large / small:.1f} times as large in some photographs as in "
            "others: the distance differs, or the parts do.",
            "Fix the camera on a stand.",
            effect=1 - float(small / large),
        )


def _judge_angle(placed: list[Placement]) -> Iterator[Finding]:
    long = [one for one in placed if one.elongation > LONG]
    if len(long) < CLEAR * len(placed):
        return
    doubled = np.exp(2j * np.radians([one.angle for one in long]))
    turned = np.degrees(np.angle(doubled * np.conj(doubled.mean()))) / 2  # from the usual angle
    spread = float(np.percentile(np.abs(turned), 90))
    if spread > ANGLE:
        yield Finding(
            Severity.LOOK,
            f"Parts lie at different angles, up to {spread:.0f} degrees from the usual one.",
            "PatchCore remembers small sets at several angles; the others learn more from parts "
            "that lie alike.",
            effect=spread / 90,
        )


def place_part(picture: RGBImage) -> Placement | None:
    """Return where the part of a photograph lies; None where it is none on an even background."""
    apart = _distance_to_border(picture)
    mask = (apart > APART).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    height, width = mask.shape
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    largest = max(contours, key=cv2.contourArea)
    share = float(cv2.contourArea(largest)) / (height * width)
    if not SEEN[0] < share < SEEN[1] or len(largest) < 5:
        return None
    left, top, wide, high = cv2.boundingRect(largest)
    if left == 0 or top == 0 or left + wide == width or top + high == height:
        return None  # it is cut off, or is the background
    moments = cv2.moments(largest)
    centre = (
        moments["m01"] / moments["m00"] / height,
        moments["m10"] / moments["m00"] / width,
    )
    _, (short, long), angle = cv2.fitEllipse(largest)
    return Placement(centre, share**0.5, long / max(short, 1e-6), float(angle) % 180)


def _distance_to_border(picture: RGBImage) -> NDArray[np.float32]:
    """Return how far each pixel (h, w) is from the usual colour of the border."""
    height, width = picture.shape[:2]
    ring = max(2, round(RING * min(height, width)))
    edges = [picture[:ring], picture[-ring:], picture[:, :ring], picture[:, -ring:]]
    border = np.concatenate([one.reshape(-1, 3) for one in edges])
    usual = np.median(border, axis=0)
    apart: NDArray[np.float32] = np.abs(picture.astype(np.float32) - usual).max(axis=2)
    return apart
