"""The leaderboard: one metric over detectors and categories, with means and published results."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspection.evaluation.metrics import METRICS
from inspection.evaluation.published import PUBLISHED, find_published, is_published
from inspection.evaluation.records import Estimate, EvaluationReport

PUBLISHED_KEYS = {key for source in PUBLISHED for key in source.keys}
UNKNOWN = Estimate(None, reason="It was not evaluated.")


@dataclass(frozen=True, slots=True)
class BoardCell:
    """One detector on one category.

    Attributes:
        published: the metric of a published method on the same category; None where there is none.
    """

    detector: str
    estimate: Estimate
    published: float | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One category of one dataset, and a cell for each detector of the board.

    Attributes:
        is_same_images: whether all its detectors predicted the same images.
    """

    dataset: str
    category: str
    cells: tuple[BoardCell, ...]
    is_same_images: bool


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """One metric of every report.

    Attributes:
        key: which one, as in `METRICS`.
        means: one per detector, over the rows that have the metric for every detector; None
            without such a row.
        num_common: number of these rows.
        published_means: over the same rows; None where one of them was not published.
    """

    key: str
    detectors: tuple[str, ...]
    rows: tuple[BoardRow, ...]
    means: tuple[float | None, ...]
    num_common: int
    published_means: tuple[float | None, ...]


def make_leaderboard(reports: Sequence[EvaluationReport], key: str) -> Leaderboard:
    """Return the board of one metric; detectors and categories in the order of the reports."""
    detectors = tuple(dict.fromkeys(report.detector for report in reports))
    products = dict.fromkeys((r.checkpoint.dataset, r.checkpoint.category) for r in reports)
    rows = tuple(_row(reports, product, detectors, key) for product in products)
    common = [row for row in rows if all(cell.estimate.value is not None for cell in row.cells)]
    columns = list(zip(*(row.cells for row in common), strict=True))
    return Leaderboard(
        key=key,
        detectors=detectors,
        rows=rows,
        means=tuple(_mean([cell.estimate.value for cell in column]) for column in columns)
        or (None,) * len(detectors),
        num_common=len(common),
        published_means=tuple(_mean([cell.published for cell in column]) for column in columns)
        or (None,) * len(detectors),
    )


def has_published(reports: Sequence[EvaluationReport]) -> bool:
    """Return whether any of the reports is about a category that was published."""
    return any(_published_category(report) for report in reports)


def list_values(reports: Sequence[EvaluationReport]) -> list[dict[str, object]]:
    """Return a row per report with every metric, its interval, and what was published."""
    return [
        {
            "dataset": report.checkpoint.dataset,
            "category": report.checkpoint.category,
            "detector": report.detector,
            "num_normal": report.confusion.num_normal,
            "num_anomalous": report.confusion.num_anomalous,
            "data_fingerprint": report.data_fingerprint,
            **{
                name: value
                for key in METRICS
                for name, value in (
                    (key, report.estimate(key).value),
                    (f"{key}_low", report.estimate(key).low),
                    (f"{key}_high", report.estimate(key).high),
                    (f"{key}_published", _published(report, key)),
                )
                if not name.endswith("_published") or key in PUBLISHED_KEYS
            },
        }
        for report in reports
    ]


def _row(
    reports: Sequence[EvaluationReport],
    product: tuple[str, str],
    detectors: Sequence[str],
    key: str,
) -> BoardRow:
    found = {
        report.detector: report
        for report in reports
        if (report.checkpoint.dataset, report.checkpoint.category) == product
    }
    cells = tuple(
        BoardCell(name, found[name].estimate(key), _published(found[name], key))
        if name in found
        else BoardCell(name, UNKNOWN, None)
        for name in detectors
    )
    fingerprints = {report.data_fingerprint for report in found.values()}
    return BoardRow(*product, cells, len(fingerprints) == 1)


def _published_category(report: EvaluationReport) -> str | None:
    category = report.checkpoint.category
    types = [one.defect_type for one in report.by_type]
    return category if is_published(category, types) else None


def _published(report: EvaluationReport, key: str) -> float | None:
    source, category = find_published(report.detector), _published_category(report)
    return source.metric(category, key) if source is not None and category is not None else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None
