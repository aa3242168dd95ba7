"""A report as JSON, for programs."""

import base64
import json
from dataclasses import asdict

from inspection.measures import class_probabilities, other_measures
from inspection.reports.records import Item, Report, Row, box_row, finding_row, region_row

VERSION = 2
"""Of `docs/inspection.schema.json`: it counts up with every change of what stands in a report."""


def make_json(report: Report) -> bytes:
    """Return the whole report without its pictures."""
    return (json.dumps(report_values(report), indent=1, ensure_ascii=False) + "\n").encode()


def report_values(report: Report, *, has_overlays: bool = False) -> Row:
    """Return the whole report as JSON has it, with or without the overlays of its pictures."""
    return {
        "format": VERSION,
        "created": report.created.isoformat(timespec="seconds"),
        "false_alarm_rate": report.false_alarm_rate,
        "inspected_by": report.author,
        "remark": report.remark,
        **asdict(report.identity),
        "images": [_item_json(item, has_overlays=has_overlays) for item in report.items],
        "not_inspected": [asdict(one) for one in report.unread],
    }


def _item_json(item: Item, *, has_overlays: bool) -> Row:
    pictures = item.pictures if has_overlays else None
    overlays = [None] * len(item.findings) if pictures is None else pictures.overlays
    named = [None] * len(item.namings) if pictures is None else pictures.namings
    return {
        "image": item.name,
        "height": item.size[0],
        "width": item.size[1],
        "pixel_hash": item.pixel_hash,
        "outcome": item.outcome.value,
        "truth": item.truth,
        "note": item.note,
        "familiarity": None
        if item.familiarity is None
        else {**asdict(item.familiarity), "is_familiar": item.familiarity.is_familiar},
        "joint": None if item.joint is None else asdict(item.joint),
        "findings": [
            {
                **finding_row(finding),
                "class_probabilities": class_probabilities(finding.measures),
                "measures": other_measures(finding.measures),
                "regions": [region_row(one, finding.threshold) for one in finding.regions],
                "boxes": [box_row(one) for one in finding.boxes],
                **_overlay_row(overlay),
            }
            for finding, overlay in zip(item.findings, overlays, strict=True)
        ],
        "namings": [
            {
                "detector": naming.detector,
                "class_probabilities": class_probabilities(naming.measures),
                "measures": other_measures(naming.measures),
                "boxes": [box_row(one) for one in naming.boxes],
                **_overlay_row(overlay),
            }
            for naming, overlay in zip(item.namings, named, strict=True)
        ],
    }


def _overlay_row(overlay: bytes | None) -> Row:
    if overlay is None:
        return {}
    return {"overlay": f"data:image/jpeg;base64,{base64.b64encode(overlay).decode()}"}
