"""What was found, ready for files: one record per image, and overlay pictures.

A record holds no arrays, only numbers and compressed pictures, so that a report of a thousand
images fits in memory. `content.py` lays it out for people; there is one file per format.
"""

import io
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from inspection.boxes import KindBox
from inspection.calibration import relative_score
from inspection.edges import draw_finding_edges
from inspection.findings import Familiarity, Inspection, JointFinding, Naming
from inspection.images import pixel_hash, shrink, write_png
from inspection.measures import class_probabilities
from inspection.names import Outcome, decide_outcome
from inspection.overlay import draw_boxes, draw_finding, draw_kinds, draw_naming
from inspection.products.identity import Identity
from inspection.reports.extent import Extent
from inspection.reports.wording import MOST_REGIONS, find_leading
from inspection.types import Finding, Region, RGBImage, Size

NO_MAP = np.zeros((0, 0), np.float32)
NO_FLAGS = np.zeros((0, 0), np.bool_)
PICTURE_SIDES = (640, 800)  # the longer side of a picture while it is drawn, at least and at most
PAGE_SIDE = 640  # of the one picture on a page of its own among many: 170 dots per inch
GALLERY_SIDE = 400  # of those side by side: 180 to 230 dots per inch
THUMBNAIL_SIDE = 200
JPEG_QUALITY = 80
LIGHT = 0.4  # opacity of the colours on the first page: the defect must be seen below them
MAX_STEM_BYTES = 160  # file systems end at 255, and number, detector and suffix come on top


Row = dict[str, object]
"""One line of a table: column -> value."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What a report shows of an image, as JPEG files; one overlay and one edge view per finding.

    A naming has one overlay. What lies beyond the extent of the image is not drawn.

    Attributes:
        thumbnail: the leading overlay with its numbered regions, small.
        main: the same, for the image's own page; empty for a thumbnail.
    """

    thumbnail: bytes
    main: bytes = b""
    image: bytes = b""
    overlays: tuple[bytes, ...] = ()
    edges: tuple[bytes, ...] = ()
    namings: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One inspected image of a report.

    Attributes:
        name: file name or id, with what is no Unicode written as an escape.
        size: (height, width) in pixels.
        pixel_hash: of the decoded pixels.
        note: what a reader has to know of the image, such as that a detector has learned from it.
        findings: without maps and masks; none where the image is unfamiliar and not inspected.
        pictures: None for a report that shows none.
        extent: how much a report for people shows of it; tables hold everything.
        familiarity: None where it was not checked.
        namings: what detectors without verdicts take it for, without their maps.
        joint: the verdict of all findings together.
        truth: a defect type or "good", where it is known; else empty.
    """

    name: str
    size: Size
    pixel_hash: str
    note: str
    findings: tuple[Finding, ...]
    pictures: Pictures | None
    familiarity: Familiarity | None = None
    namings: tuple[Naming, ...] = ()
    joint: JointFinding | None = None
    truth: str = ""
    extent: Extent = Extent.DETAILS

    @property
    def outcome(self) -> Outcome:
        return decide_outcome(self)


@dataclass(frozen=True, slots=True)
class Unread:
    """An image that could not be inspected, and why."""

    image: str
    problem: str
    fix: str


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Inspected images, all by one false-alarm rate, and what the answers rest on.

    Attributes:
        author: who has inspected them, and their remark; empty where nobody says so.
        unread: those that were to be inspected and could not be.
    """

    created: datetime
    false_alarm_rate: float
    identity: Identity
    items: tuple[Item, ...]
    author: str = ""
    remark: str = ""
    unread: tuple[Unread, ...] = ()


def make_item(
    inspection: Inspection, *, has_pictures: bool = True, extent: Extent = Extent.DETAILS
) -> Item:
    """Return what a report keeps of an inspection."""
    image = inspection.image
    return Item(
        name=readable(inspection.source),
        size=(image.shape[0], image.shape[1]),
        pixel_hash=pixel_hash(image),
        note=" ".join(inspection.notes),
        findings=tuple(
            replace(one, anomaly_map=NO_MAP, flagged=NO_FLAGS) for one in inspection.findings
        ),
        pictures=_draw_pictures(inspection, extent) if has_pictures else None,
        familiarity=inspection.familiarity,
        namings=tuple(replace(one, anomaly_map=NO_MAP) for one in inspection.namings),
        joint=inspection.joint,
        extent=extent,
    )


def readable(name: str) -> str:
    """Return a file name in which bytes that are no Unicode are written as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _draw_pictures(inspection: Inspection, extent: Extent) -> Pictures:
    picture = _fit(inspection.image)
    main = _draw_main(inspection, picture)
    thumbnail = _to_jpeg(main, THUMBNAIL_SIDE)
    if extent is Extent.THUMBNAIL:
        return Pictures(thumbnail)
    if extent is Extent.PAGE:
        return Pictures(thumbnail, _to_jpeg(main, PAGE_SIDE))
    size = (inspection.image.shape[0], inspection.image.shape[1])
    return Pictures(
        thumbnail=thumbnail,
        main=_to_jpeg(main),
        image=_to_jpeg(picture, GALLERY_SIDE),
        overlays=tuple(
            _to_jpeg(
                draw_kinds(draw_finding(picture, one), one.boxes, image_size=size), GALLERY_SIDE
            )
            for one in inspection.findings
        ),
        edges=tuple(
            _to_jpeg(
                draw_boxes(
                    draw_finding_edges(picture, finding),
                    [region.box for region in finding.regions],
                    image_size=size,
                ),
                GALLERY_SIDE,
            )
            for finding in inspection.findings
        ),
        namings=tuple(
            _to_jpeg(
                draw_kinds(draw_naming(picture, one), one.boxes, image_size=size), GALLERY_SIDE
            )
            for one in inspection.namings
        ),
    )


def _draw_main(inspection: Inspection, picture: RGBImage) -> RGBImage:
    """Return the overlay of the leading finding with its numbered regions; without one, others."""
    size = (inspection.image.shape[0], inspection.image.shape[1])
    leading = find_leading(inspection)
    if leading is not None:
        boxes = [region.box for region in leading.regions[:MOST_REGIONS]]
        seen = draw_finding(picture, leading, opacity=LIGHT)
        return draw_boxes(seen, boxes, image_size=size)
    if inspection.namings and not inspection.findings:
        naming = inspection.namings[0]
        return draw_kinds(draw_naming(picture, naming), naming.boxes, image_size=size)
    return picture


def _fit(image: RGBImage) -> RGBImage:
    """Scale so that lines are as thick in a small image as in a large one."""
    height, width = image.shape[:2]
    least, most = PICTURE_SIDES
    longest = max(height, width)
    scale = min(max(1.0, least / longest), most / longest)
    if scale == 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def _to_jpeg(picture: RGBImage, most: int = PICTURE_SIDES[1]) -> bytes:
    """Return a file whose longer side is at most so long; colours as fine as shades, for lines."""
    buffer = io.BytesIO()
    small = Image.fromarray(shrink(picture, most))
    small.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)
    return buffer.getvalue()


def familiarity_row(familiarity: Familiarity | None) -> Row:
    """Return how familiar an image is; nothing where it was not checked."""
    if familiarity is None:
        return {}
    return {
        "familiarity_score": round(familiarity.score, 4),
        "familiarity_threshold": round(familiarity.threshold, 4),
        "looks_like": familiarity.looks_like or "",
    }


def joint_row(joint: JointFinding | None) -> Row:
    """Return the values of the joint verdict; nothing where there is none."""
    if joint is None:
        return {}
    return {
        "joint_score": joint.score,
        "joint_threshold": joint.threshold,
        "joint_relative_score": joint.relative_score,
        "joint_false_alarm_rate": joint.false_alarm_rate,
        "joint_verdict": joint.verdict.value,
    }


def finding_row(finding: Finding) -> Row:
    """Return the values of a finding; times are left out, since they differ from run to run."""
    return {
        "detector": finding.detector,
        "image_score": finding.image_score,
        "threshold": finding.threshold,
        "relative_score": finding.relative_score,
        "false_alarm_rate": finding.false_alarm_rate,
        "verdict": finding.verdict.value,
        "num_regions": len(finding.regions),
        "flagged_share": flagged_share(finding),
    }


def naming_row(naming: Naming) -> Row:
    """Return what a detector without verdicts takes an image for."""
    classes = class_probabilities(naming.measures)
    name = next(iter(classes), "")
    return {
        "detector": naming.detector,
        "verdict": "",
        "class": name,
        "probability": classes.get(name, ""),
    }


def flagged_share(finding: Finding) -> float:
    """Return the share of the image that lies in regions."""
    return sum(region.area_share for region in finding.regions)


def region_row(region: Region, threshold: float) -> Row:
    """Return the values of a region, in pixels of the image."""
    box = region.box
    return {
        "left": box.left,
        "top": box.top,
        "width": box.right - box.left,
        "height": box.bottom - box.top,
        "area": round(region.area, 1),
        "area_share": region.area_share,
        "centroid_x": round(region.centroid[1], 1),
        "centroid_y": round(region.centroid[0], 1),
        "peak": region.peak,
        "relative_peak": relative_score(region.peak, threshold),
        "peak_x": region.peak_at[1],
        "peak_y": region.peak_at[0],
        "elongation": round(region.elongation, 3),
    }


def box_row(box: KindBox) -> Row:
    """Return the values of a found box, in pixels of the image."""
    return {
        "kind": box.kind,
        "score": round(box.score, 4),
        "left": round(box.edges[0], 1),
        "top": round(box.edges[1], 1),
        "width": round(box.width, 1),
        "height": round(box.height, 1),
    }


def write_overlays(inspection: Inspection, out: Path, *, number: int) -> list[Row]:
    """Write one overlay per detector and return a row of values for each.

    Args:
        inspection: of one image.
        out: the folder.
        number: put before the file names, since two images may be called the same.
    """
    stem = shorten(Path(inspection.source).stem, MAX_STEM_BYTES)
    about = _about(inspection)
    size = (inspection.image.shape[0], inspection.image.shape[1])
    rows: list[Row] = []
    for finding in inspection.findings:
        overlay = out / f"{number:04d}_{stem}_{finding.detector}.png"
        heat = draw_finding(inspection.image, finding)
        write_png(overlay, draw_kinds(heat, finding.boxes, image_size=size))
        times = {"seconds": round(finding.seconds, 4), "overlay": readable(overlay.name)}
        rows.append({**about, **finding_row(finding), **times})
    for naming in inspection.namings:
        overlay = out / f"{number:04d}_{stem}_{naming.detector}.png"
        heat = draw_naming(inspection.image, naming)
        write_png(overlay, draw_kinds(heat, naming.boxes, image_size=size))
        times = {"seconds": round(naming.seconds, 4), "overlay": readable(overlay.name)}
        rows.append({**about, **naming_row(naming), **times})
    return rows


def unfamiliar_row(inspection: Inspection, detector: str) -> Row:
    """Return the row of a detector that was not run, since the image shows something else."""
    return {**_about(inspection), "detector": detector}


def _about(inspection: Inspection) -> Row:
    return {
        "image": readable(inspection.source),
        "outcome": decide_outcome(inspection).value,
        **joint_row(inspection.joint),
        "note": " ".join(inspection.notes),
        **familiarity_row(inspection.familiarity),
    }


def shorten(name: str, max_bytes: int) -> str:
    """Return a name of at most so many bytes in UTF-8, cut in the middle; both ends stay."""
    if len(name.encode("utf-8", "surrogateescape")) <= max_bytes:
        return name
    half = (max_bytes - 1) // 2
    encoded = name.encode("utf-8", "surrogateescape")
    head = encoded[:half].decode("utf-8", "ignore")
    return f"{head}~{encoded[-half:].decode('utf-8', 'ignore')}"
