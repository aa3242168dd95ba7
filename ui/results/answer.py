"""What stands above every view of a product's results: who finds most, and the rate for all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from eda.results.shown import Judged
from inspection.evaluation.answer import Answer, Standing, answer
from inspection.evaluation.verdicts import list_rates
from inspection.types import Calibration
from ui.parts.components import WORDS, make_part
from ui.results import messages
from ui.viewer.viewer import ARITHMETIC

HERE = Path(__file__).parent


def make_answer() -> gr.HTML:
    """Return the place of the answer."""
    return make_part(HERE / "answer", texts=messages.ANSWER, scripts=[*ARITHMETIC, WORDS])


def make_rate() -> gr.HTML:
    """Return the slider; what it is set to is a choice like that of a filter."""
    return make_part(HERE / "rate", texts=messages.RATE, scripts=ARITHMETIC)


def answer_value(category: str, judged: Sequence[Judged]) -> dict[str, Any] | None:
    """Return what the answer shows; None where nothing was evaluated."""
    if not judged:
        return None
    titles = {one.name: one.title for one in judged}
    said = answer(category.replace("_", " "), [one.verdicts for one in judged], titles)
    marks = {one.name: one.shown.appearance.symbol for one in judged}
    return {
        "headline": said.headline,
        "conclusion": said.conclusion,
        "evidence": _explain(said),
        "rows": [_row(one, marks) for one in said.standings],
        "texts": messages.ANSWER_ROWS,
    }


def _explain(said: Answer) -> list[str]:
    """Return what stands behind the answer, in the field's terms."""
    return [*said.evidence, messages.EVIDENCE] if said.evidence else []


def _row(one: Standing, marks: Mapping[str, str]) -> dict[str, Any]:
    return {
        "detector": one.detector,
        "mark": marks[one.detector],
        "title": one.title,
        "found": one.num_found,
        "defects": one.num_defective,
        "low": one.low,
        "high": one.high,
        "alarms": one.num_alarms,
        "good": one.num_good,
        "isBehind": one.is_behind,
        "keeps": one.keeps_promise,
    }


def rate_value(
    key: str, calibrations: Mapping[str, Calibration], *, own: float, rate: float
) -> dict[str, Any] | None:
    """Return what the slider shows; None without any calibration.

    Args:
        key: of the product.
        calibrations: of its detectors.
        own: rate of the product.
        rate: that was chosen.
    """
    if not calibrations:
        return None
    return {
        "product": key,
        "rates": list_rates(calibrations.values(), own),
        "own": own,
        "rate": rate,
        "texts": messages.RATE_VALUES,
    }


def read_rate(wanted: object, key: str) -> float | None:
    """Return the rate that was chosen for a product; a request by hand may hold anything."""
    if not isinstance(wanted, dict) or wanted.get("product") != key:
        return None
    rate = wanted.get("rate")
    return rate if isinstance(rate, float) and 0.0 < rate < 1.0 else None
