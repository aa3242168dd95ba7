"""Inspections as files: overlay pictures and a table of scores, thresholds and verdicts."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from inspection.errors import ImageError
from inspection.files import replace_text
from inspection.images import write_png
from inspection.overlay import draw_finding
from inspection.types import Inspection


def write_overlays(inspection: Inspection, out: Path, *, number: int) -> list[dict[str, object]]:
    """Write one overlay per detector and return a row of figures for each.

    Args:
        inspection: of one image.
        out: the folder.
        number: put before the file names, since two images may be called the same.
    """
    stem = Path(inspection.source).stem
    rows: list[dict[str, object]] = []
    for finding in inspection.findings:
        overlay = out / f"{number:04d}_{stem}_{finding.detector}.png"
        write_png(overlay, draw_finding(inspection.image, finding))
        rows.append(
            {
                "image": inspection.source,
                "detector": finding.detector,
                "image_score": finding.image_score,
                "threshold": finding.threshold,
                "relative_score": finding.relative_score,
                "false_alarm_rate": finding.false_alarm_rate,
                "verdict": finding.verdict.value,
                "num_regions": len(finding.regions),
                "flagged_share": sum(region.area_share for region in finding.regions),
                "seconds": round(finding.seconds, 4),
                "overlay": overlay.name,
            }
        )
    return rows


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows as UTF-8 with a byte-order mark, which Excel needs for other scripts.

    Raises:
        ImageError: the folder cannot be written.
    """
    if not rows:
        return
    try:
        with replace_text(path, encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise ImageError(
            f"{path} cannot be written ({error.strerror}).",
            "Close it elsewhere, or choose another.",
        ) from error
