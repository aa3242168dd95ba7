"""A report as a table, for spreadsheets."""

from collections.abc import Sequence

from inspection.boxes import KindBox
from inspection.files import csv_text
from inspection.names import Outcome
from inspection.reports.records import (
    Report,
    Row,
    box_row,
    familiarity_row,
    finding_row,
    joint_row,
    naming_row,
    region_row,
)
from inspection.types import Region


def make_csv(report: Report) -> bytes:
    """Return one line per region, and one for a detector that flagged nothing or was not run.

    Boxes with their kinds have a line each behind them.
    """
    files = {
        one.name: one.files.get("weights.safetensors", "") for one in report.identity.detectors
    }
    rows: list[Row] = []
    for item in report.items:
        about: Row = {
            "created": report.created.isoformat(timespec="seconds"),
            "product": f"{report.identity.dataset}/{report.identity.category}",
            "inspected_by": report.author,
            "remark": report.remark,
            "allowed_false_alarm_rate": report.false_alarm_rate,
            "image": item.name,
            "pixel_hash": item.pixel_hash,
            "outcome": item.outcome.value,
            "truth": item.truth,
            **joint_row(item.joint),
            "note": item.note,
            **familiarity_row(item.familiarity),
        }
        if item.outcome is Outcome.UNFAMILIAR:
            rows += [{**about, "detector": one.name} for one in report.identity.detectors]
        for naming in item.namings:
            row = {**about, **naming_row(naming), **naming.measures}
            row["weights_sha256"] = files.get(naming.detector, "")
            rows += [row, *_box_rows(row, naming.boxes)]
        for finding in item.findings:
            found = {**about, **finding_row(finding), **finding.measures}
            found["weights_sha256"] = files.get(finding.detector, "")
            regions: Sequence[Region | None] = finding.regions or (None,)
            for number, region in enumerate(regions, 1):
                measured = {} if region is None else region_row(region, finding.threshold)
                rows.append({**found, **({"region": number} if measured else {}), **measured})
            rows += _box_rows(found, finding.boxes)
    return csv_text(rows).encode("utf-8-sig")  # Excel needs the mark


def _box_rows(about: Row, boxes: Sequence[KindBox]) -> list[Row]:
    return [{**about, "box": number, **box_row(box)} for number, box in enumerate(boxes, 1)]
