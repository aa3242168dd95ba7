"""Detectors under stress as tables, plots and a page."""

from collections.abc import Iterator, Mapping

import pandas as pd
import plotly.graph_objects as go

from eda.page import make_page
from eda.style import GRID, NEUTRAL, escape, lay_out
from inspection.detector import DetectorInfo
from inspection.sensitivity.robustness import (
    DetectorRobustness,
    LevelCounts,
    Range,
    Robustness,
    StressRobustness,
    describe_robustness,
    write_percent,
)
from inspection.sensitivity.stress import STRESSES, Stress

NONE = "–"
NOWHERE = "nowhere"
HEIGHT = 460
HOW_TO_READ = (
    "A good part counts as a false alarm where any of its images is flagged. A defective image "
    "counts as found where it is flagged and the outline touches the defect; without a mask, where "
    "it is flagged. Images in which the stress leaves nothing of the defect do not count for the "
    "recall. What a moved picture lacks is filled with its own mirror image.",
    "The promise holds at a level as long as the data do not contradict it: the 95 % interval of "
    "the false-alarm rate (binomial) does not lie above the promised rate as a whole. Few good "
    "parts contradict little. The recall is lower where a sign test on the same images says so "
    "(one-sided, 5 %, each level by itself: of 20 levels one may look lower by chance).",
)

Infos = Mapping[str, DetectorInfo]
"""Detectors by name, the joint verdict among them."""


def tabulate_robustness(found: Robustness, infos: Infos) -> pd.DataFrame:
    """Return one row per stress and detector: where the promise holds, and what is worst."""
    rows = []
    for one in found.stresses:
        stress = STRESSES[one.stress]
        for detector in one.detectors:
            most = max(detector.levels, key=lambda level: level.false_alarms.seen or 0)
            seen = [level for level in detector.levels if level.recall.value is not None]
            least = min(seen, key=lambda level: level.recall.value or 0, default=None)
            before = detector.nearest(stress.neutral, detector.levels).recall.value
            rows.append(
                {
                    "stress": stress.label,
                    "detector": infos[detector.detector].title,
                    "promise holds": _write_range(stress, detector.kept_range(stress.neutral))
                    if detector.has_good
                    else NONE,
                    "most good parts flagged, in 100": _write_share(
                        most.false_alarms.seen, stress, most
                    ),
                    "recall, no stress": NONE if before is None else f"{before:.2f}",
                    "recall holds": _write_range(stress, detector.found_range(stress.neutral))
                    if seen
                    else NONE,
                    "least recall": NONE
                    if least is None
                    else f"{least.recall.value:.2f} at {stress.write(least.level)}",
                }
            )
    return pd.DataFrame(rows)


def _write_range(stress: Stress, found: Range | None) -> str:
    if found is None:
        return NOWHERE
    low, high = found
    return f"{low:g} to {high:g} {stress.unit}"


def _write_share(share: float | None, stress: Stress, at: LevelCounts) -> str:
    return NONE if share is None else f"{write_percent(share)} at {stress.write(at.level)}"


def list_counts(found: Robustness) -> Iterator[dict[str, object]]:
    """Yield every count as a row of a table for other programs."""
    for one in found.stresses:
        for detector in one.detectors:
            for level in detector.levels:
                alarms, recall = level.false_alarms, level.recall
                yield {
                    "stress": one.stress,
                    "unit": STRESSES[one.stress].unit,
                    "level": level.level,
                    "detector": detector.detector,
                    "promised_false_alarm_rate": alarms.promised,
                    "num_good_parts": alarms.num_parts,
                    "num_false_alarms": alarms.num_flagged,
                    "false_alarm_rate_low": alarms.low,
                    "false_alarm_rate_high": alarms.high,
                    "is_within_promise": alarms.is_within_promise,
                    "num_defective": level.num_defective,
                    "num_found": level.num_found,
                    "recall_low": recall.low,
                    "recall_high": recall.high,
                    "is_recall_lower": level.is_recall_lower,
                }


def draw_robustness(found: Robustness, one: StressRobustness, infos: Infos) -> go.Figure:
    """Draw the false-alarm rate of every detector over the levels of a stress, and the recall."""
    stress = STRESSES[one.stress]
    plot = go.Figure()
    for detector in one.detectors:
        _add_curves(plot, detector, infos[detector.detector])
    lay_out(
        plot,
        stress.label,
        subtitle=f"{found.num_good} good and {found.num_defective} defective test images",
        height=HEIGHT,
        x_title=stress.unit,
        y_title="good flagged, in 100",
        showlegend=True,
    )
    plot.add_hline(
        y=100 * found.false_alarm_rate,
        line={"color": NEUTRAL, "width": 1.4, "dash": "dot"},
        annotation_text="promised",
        annotation_position="top left",
    )
    plot.add_vline(x=stress.neutral, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    axis = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "automargin": True}
    title = {"text": "recall", "standoff": 8, "font": {"size": 13}}
    return plot.update_layout(
        xaxis={"anchor": "y2"},
        yaxis={"domain": [0.55, 1], "rangemode": "tozero"},
        yaxis2={"domain": [0, 0.42], "range": [-0.03, 1.05], "title": title, **axis},
    )


def _add_curves(plot: go.Figure, detector: DetectorRobustness, info: DetectorInfo) -> None:
    """Add the curve of alarms with its intervals, and that of the recall."""
    look = info.appearance
    style = {
        "mode": "lines+markers",
        "line": {"color": look.plot, "dash": look.dash, "width": 2.2},
        "marker": {"symbol": look.symbol, "color": look.plot, "size": 9},
        "name": info.title,
        "legendgroup": info.title,
    }
    levels = [one.level for one in detector.levels]
    alarms = [one.false_alarms for one in detector.levels]
    seen = [one.seen for one in alarms]  # None of no good parts
    plot.add_scatter(
        x=levels,
        y=[None if y is None else 100 * y for y in seen],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [100 * (one.high - (y or 0)) for one, y in zip(alarms, seen, strict=True)],
            "arrayminus": [100 * ((y or 0) - one.low) for one, y in zip(alarms, seen, strict=True)],
            "thickness": 1,
            "width": 3,
            "color": look.plot,
        },
        customdata=[[one.num_flagged, one.num_parts] for one in alarms],
        hovertemplate="%{x}: %{y:.1f} per 100 (%{customdata[0]} of %{customdata[1]})"
        f"<extra>{escape(info.title)}</extra>",
        **style,
    )
    if detector.has_defective:
        plot.add_scatter(
            x=levels,
            y=[one.recall.value for one in detector.levels],
            yaxis="y2",
            showlegend=False,
            customdata=[[one.num_found, one.num_defective] for one in detector.levels],
            hovertemplate="%{x}: %{y:.2f} (%{customdata[0]} of %{customdata[1]})"
            f"<extra>{escape(info.title)}</extra>",
            **style,
        )


def make_robustness_page(found: Robustness, infos: Infos) -> str:
    """Return sentences, the table and the plots of all stresses as one HTML page."""
    measured = (
        f"{found.num_good} good and {found.num_defective} defective test images that no detector "
        f"has seen; promised: {100 * found.false_alarm_rate:.3g} false alarms per 100 good parts; "
        f"seed {found.seed}; {found.created}."
    )
    plots = [draw_robustness(found, one, infos) for one in found.stresses]
    command = [f"Made by: {found.command}"] if found.command else []
    return make_page(
        f"{found.dataset}/{found.category} under stress",
        [
            ("", [measured, tabulate_robustness(found, infos)]),
            (
                "From where on",
                list(describe_robustness(found, {name: one.title for name, one in infos.items()})),
            ),
            ("Stress by stress", plots),
            ("How to read it", [*HOW_TO_READ, *command]),
        ],
    )
