"""A report as JSON, for programs."""

import json
from dataclasses import asdict

from inspection.measures import class_probabilities, other_measures
from inspection.reports.records import Item, Report, Row, box_row, finding_row, region_row

VERSION = 1


def make_json(report: Report) -> bytes:
    """Return the whole report without its pictures."""
    content = {
        "format": VERSION,
        "created": report.created.isoformat(timespec="seconds"),
        "false_alarm_rate": report.false_alarm_rate,
        "inspected_by": report.author,
        "remark": report.remark,
        **asdict(report.identity),
        "images": [_item_json(item) for item in report.items],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _item_json(item: Item) -> Row:
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
            }
            for finding in item.findings
        ],
        "namings": [
            {
                "detector": naming.detector,
                "class_probabilities": class_probabilities(naming.measures),
                "measures": other_measures(naming.measures),
                "boxes": [box_row(one) for one in naming.boxes],
            }
            for naming in item.namings
        ],
    }
