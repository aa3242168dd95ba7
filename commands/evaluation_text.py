"""Reports as text for the terminal."""

from collections.abc import Mapping, Sequence

from inspection.evaluation.leaderboard import has_published, make_leaderboard
from inspection.evaluation.metrics import METRICS, Metric
from inspection.evaluation.published import find_published
from inspection.evaluation.ranking import Confusion
from inspection.evaluation.records import EvaluationReport, MeasureMeans
from inspection.issues import DatasetIssue, summarise_issues
from inspection.products.split_plan import SplitKind, SplitPlan

LABEL_WIDTH = 26
COLUMN_WIDTH = 23
SPLIT_NOTES = {
    SplitKind.GROUPED: "grouped split: near-duplicates were kept on one side",
    SplitKind.RANDOM: "random split: views of one part may be on both sides, which flatters",
}


def describe_product(reports: Sequence[EvaluationReport]) -> list[str]:
    """Return the lines that compare the detectors of one product, one column each."""
    first = reports[0]
    counts = first.confusion
    lines = [
        "",
        f"{first.checkpoint.dataset}/{first.checkpoint.category}: {counts.num_normal} normal and "
        f"{counts.num_anomalous} defective test images; 95 % intervals in brackets",
        *_describe_left_out(first),
        _line("", [report.detector for report in reports]),
    ]
    for key, metric in METRICS.items():
        found = [report.estimate(key) for report in reports]
        lines.append(_line(metric.label, [metric.write_estimate(one, dash="-") for one in found]))
        if metric.target is not None:
            required = f"  {metric.target:.2f}, as plants require *"
            lines.append(_line(required, [_describe_target(metric, one.value) for one in found]))
    lines += [
        _line("good parts flagged *", [_describe_alarms(report) for report in reports]),
        *_describe_types(reports),
        *_describe_measures(reports),
        f"  * at the deployed threshold, where {100 * first.false_alarm_rate:.3g} false alarms per "
        "100 good parts are promised",
        f"  calling every image normal has an accuracy of {_guess(counts):.3f}",
        *_describe_widths(reports),
        *_describe_undefined(reports),
        *_describe_unsure(reports),
    ]
    return lines


def describe_split(plan: SplitPlan | None) -> list[str]:
    """Return what to know of a split that is not the layout's own."""
    if plan is None:
        return []
    return [f"  {SPLIT_NOTES[plan.kind]}"] if plan.kind in SPLIT_NOTES else []


def _guess(counts: Confusion) -> float:
    return counts.num_normal / (counts.num_normal + counts.num_anomalous)


def _line(label: str, cells: Sequence[str]) -> str:
    return f"  {label:<{LABEL_WIDTH}}" + "".join(f"{c:<{COLUMN_WIDTH}}" for c in cells).rstrip()


def _describe_target(metric: Metric, value: float | None) -> str:
    is_reached = metric.is_reached(value)
    return "-" if is_reached is None else "reached" if is_reached else "not reached"


def _describe_alarms(report: EvaluationReport) -> str:
    alarms = report.false_alarms
    if alarms.num_parts == 0:
        return "-"
    kept = "" if alarms.is_within_promise else ", too many"
    return f"{alarms.num_flagged} of {alarms.num_parts} ({alarms.low:.3f}-{alarms.high:.3f}){kept}"


def _describe_types(reports: Sequence[EvaluationReport]) -> list[str]:
    """Return recall and AUROC by defect type; all reports are about the same images."""
    lines = []
    for row, kind in enumerate(reports[0].by_type):
        cells = []
        for report in reports:
            found = report.by_type[row]
            auroc = found.image_auroc.value
            ranked = "" if auroc is None else f", AUROC {auroc:.3f}"
            cells.append(f"{found.num_flagged} of {found.num_images}{ranked}")
        lines.append(_line(f"  {kind.defect_type}"[: LABEL_WIDTH - 1], cells))
    return ["  found, by defect type *", *lines] if lines else []


def _describe_measures(reports: Sequence[EvaluationReport]) -> list[str]:
    names = sorted({name for report in reports for name in report.measures})
    return [
        _line(
            name.replace("_", " ")[: LABEL_WIDTH - 1],
            [_describe_means(report.measures, name) for report in reports],
        )
        for name in names
    ]


def _describe_means(measures: Mapping[str, MeasureMeans], name: str) -> str:
    if name not in measures:
        return ""
    means = (measures[name].normal, measures[name].anomalous)
    return " / ".join("-" if mean is None else f"{mean:.3g}" for mean in means)


def _describe_left_out(report: EvaluationReport) -> list[str]:
    return [
        f"  left out: {one.id}, which {' and '.join(one.seen_by)} saw"
        + ("" if one.seen_as == one.id else f" as {one.seen_as}")
        for one in report.left_out
    ]


def _describe_widths(reports: Sequence[EvaluationReport]) -> list[str]:
    aurocs = [report.estimate("image_auroc") for report in reports]
    if all(one.value is None or one.low != one.high for one in aurocs):
        return []
    return ["  no width: every resample ranks alike; the number of images says how sure that is"]


def _describe_undefined(reports: Sequence[EvaluationReport]) -> list[str]:
    reasons: dict[str, dict[str, None]] = {}
    for report in reports:
        for key, metric in METRICS.items():
            if (estimate := report.estimate(key)).value is None:
                reasons.setdefault(estimate.reason, {})[metric.title] = None
    return [f"  undefined: {', '.join(titles)}. {reason}" for reason, titles in reasons.items()]


def _describe_unsure(reports: Sequence[EvaluationReport]) -> list[str]:
    """Return why metrics that are defined have no interval."""
    estimates = (report.estimate(key) for report in reports for key in METRICS)
    reasons = dict.fromkeys(e.reason for e in estimates if e.value is not None and e.reason)
    return [f"  no interval: {reason}" for reason in reasons]


def describe_issues(issues: Sequence[DatasetIssue]) -> list[str]:
    """Return what to know of the masks behind the pixel metrics, a line for each kind."""
    return [f"  note: {sentence}" for sentence in summarise_issues(issues)]


def describe_leaderboards(reports: Sequence[EvaluationReport]) -> list[str]:
    """Return a board for each of the leading metrics, one line per category, with means.

    Nothing for one category alone that nobody has published.
    """
    if len({report.checkpoint.category for report in reports}) == 1 and not has_published(reports):
        return []
    lines: list[str] = []
    for key, metric in METRICS.items():
        board = make_leaderboard(reports, key)
        is_empty = all(one.estimate.value is None for row in board.rows for one in row.cells)
        if is_empty or not metric.is_leading:
            continue
        lines += ["", _line(metric.title, board.detectors)]
        for row in board.rows:
            mark = "" if row.is_same_images else " (images differ)"
            cells = [
                _describe_beside(metric, one.estimate.value, one.published) for one in row.cells
            ]
            lines.append(_line(f"{row.dataset}/{row.category}{mark}", cells))
        means = [
            _describe_beside(metric, *pair)
            for pair in zip(board.means, board.published_means, strict=True)
        ]
        lines.append(_line(f"mean of {board.num_common}", means))
    return [*lines, *_describe_sources(reports)]


def _describe_beside(metric: Metric, value: float | None, published: float | None) -> str:
    own = metric.write(value, dash="-")
    return own if published is None else f"{own} [{metric.write(published)}]"


def _describe_sources(reports: Sequence[EvaluationReport]) -> list[str]:
    if not has_published(reports):
        return []
    found = [find_published(name) for name in dict.fromkeys(r.detector for r in reports)]
    return [f"  [ ] {one.detector}, published: {one.source}" for one in found if one is not None]
