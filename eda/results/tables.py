"""Evaluations as tables: the leaderboard, and every metric of one category."""

from collections.abc import Mapping, Sequence

import pandas as pd

from eda.results.shown import Judged, Shown
from inspection.evaluation.leaderboard import Leaderboard
from inspection.evaluation.metrics import METRICS
from inspection.evaluation.published import find_published
from inspection.evaluation.records import Estimate, EvaluationReport

NONE = "–"
OVERLAP = "intervals overlap"


def tabulate_board(board: Leaderboard, titles: Mapping[str, str]) -> pd.DataFrame:
    """Return one row per category and one column per detector; published metrics beside them."""
    has_published = {
        name: any(row.cells[place].published is not None for row in board.rows)
        for place, name in enumerate(board.detectors)
    }
    rows: list[dict[str, object]] = []
    for row in board.rows:
        cells: dict[str, object] = {"category": row.category}
        for name, cell in zip(board.detectors, row.cells, strict=True):
            cells[titles[name]] = cell.estimate.value
            if has_published[name]:
                cells[f"{titles[name]}, published"] = cell.published
        cells["best"] = _name_best([cell.estimate for cell in row.cells], board, titles)
        rows.append(cells)
    return pd.DataFrame(rows)


def describe_board(board: Leaderboard, titles: Mapping[str, str]) -> str:
    """Return means, sources and reservations in words."""
    metric = METRICS[board.key]
    parts = []
    if len(board.rows) > 1 and board.num_common:
        means = [
            f"{titles[name]} {metric.write(mean)}"
            for name, mean in zip(board.detectors, board.means, strict=True)
            if mean is not None
        ]
        parts.append(f"Mean over {board.num_common} categories: {', '.join(means)}.")
    if metric.is_at_threshold:
        parts.append("Measured at the deployed threshold.")
    if metric.target is not None:
        parts.append(f"Plants usually require {metric.target:.2f}.")
    differing = [row.category for row in board.rows if not row.is_same_images]
    if differing:
        parts.append(
            f"Not the same images for every detector: {', '.join(differing)}. Evaluate them anew."
        )
    parts += _sources(board, titles)
    return " ".join(parts)


def tabulate_metrics(shown: Sequence[Shown]) -> pd.DataFrame:
    """Return every metric of one category: one row per metric, one column per detector."""
    rows = []
    for key, metric in METRICS.items():
        cells = {one.title: metric.write_estimate(one.report.estimate(key)) for one in shown}
        rows.append({"metric": metric.label, **cells})
    for name in sorted({name for one in shown for name in one.report.measures}):
        cells = {one.title: _write_measure(one.report, name) for one in shown}
        rows.append({"metric": f"{name.replace('_', ' ')}, normal / defective", **cells})
    return pd.DataFrame(rows)


def describe_metrics(shown: Sequence[Shown]) -> str:
    """Return what the metrics were measured on, what they promise and what is undefined."""
    report = shown[0].report
    counts, alarms = report.confusion, [one.report.false_alarms for one in shown]
    parts = [
        f"{counts.num_normal} normal and {counts.num_anomalous} defective test images that no "
        "detector has seen; 95 % intervals in brackets.",
        f"* at the deployed threshold: {100 * report.false_alarm_rate:.3g} false alarms per 100 "
        "good parts promised.",
        "Good parts flagged: "
        + ", ".join(
            f"{one.title} {seen.num_flagged} of {seen.num_parts}"
            f"{'' if seen.is_within_promise else ' (too many)'}"
            for one, seen in zip(shown, alarms, strict=True)
        )
        + ".",
        *sorted({one.report.estimate(key).reason for one in shown for key in METRICS} - {""}),
    ]
    if report.left_out:
        parts.append(f"{len(report.left_out)} images were left out: a detector had seen them.")
    if report.num_excluded:
        parts.append(f"The exclusion list leaves out {report.num_excluded} further ones.")
    return " ".join(parts)


def tabulate_images(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return one row per test image: its truth, and what every detector says of it."""
    rows: dict[str, dict[str, object]] = {}
    for one in judged:
        verdicts, title = one.verdicts, one.title
        below = verdicts.num_below
        scored = {image.id: image for image in one.shown.report.images}
        for place, image in enumerate(verdicts.images):
            row = rows.setdefault(
                image.id, {"image": image.id, "truth": image.defect_type or "good"}
            )
            row[f"{title}: verdict"] = "defect" if verdicts.is_flagged[place] else "normal"
            row[f"{title}: times its threshold"] = float(verdicts.relative[place])
            row[f"{title}: rank"] = 100 * int(below[place]) / max(1, verdicts.num_normal)
            if not one.shown.is_joint:
                row[f"{title}: score"] = scored[image.id].image_score
                row[f"{title}: IoU"] = scored[image.id].iou
    return pd.DataFrame(list(rows.values()))


def _write_measure(report: EvaluationReport, name: str) -> str:
    means = report.measures.get(name)
    if means is None:
        return NONE
    return " / ".join(
        NONE if mean is None else f"{mean:.3g}" for mean in (means.normal, means.anomalous)
    )


def _name_best(estimates: Sequence[Estimate], board: Leaderboard, titles: Mapping[str, str]) -> str:
    """Name the one whose 95 % interval lies clear of all others."""
    known = [
        (name, one)
        for name, one in zip(board.detectors, estimates, strict=True)
        if one.value is not None
    ]
    if len(known) < 2:
        return NONE
    sign = 1 if METRICS[board.key].is_higher_better else -1
    name, best = max(known, key=lambda pair: sign * (pair[1].value or 0.0))
    is_clear = all(_is_clear(best, one) for other, one in known if other != name)
    return titles[name] if is_clear else OVERLAP


def _is_clear(first: Estimate, second: Estimate) -> bool:
    """Return whether two intervals do not overlap; without one, nothing is known."""
    ends = (first.low, first.high, second.low, second.high)
    if any(end is None for end in ends):
        return False
    low, high, other_low, other_high = ends
    return low > other_high or high < other_low  # type: ignore[operator]


def _sources(board: Leaderboard, titles: Mapping[str, str]) -> list[str]:
    found = []
    for place, name in enumerate(board.detectors):
        source = find_published(name)
        if source and any(row.cells[place].published is not None for row in board.rows):
            found.append(f"{titles[name]}, published: {source.source}.")
    return found
