"""What the detectors of a product find, and what to do next, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from inspection.calibration import DEFAULT_RATE
from inspection.products.amounts import floor_of, list_more
from inspection.products.own import Photograph
from ui.new_product import messages


def describe_result(result: Mapping[str, Any]) -> str:
    """Return what a detector finds, in a sentence: of real defects, else of drawn ones."""
    rate = messages.RATE.format(rate=100 * result["rate"])
    if result["defects"]:
        text = f"{messages.REAL.format(**result)} {rate}"
        if result["good"]:
            words = messages.ALARM if result["alarms"] == 1 else messages.ALARMS
            alarms = words.format(**result)
            text += f", {messages.REAL_GOOD.format(alarms=alarms, good=result['good'])}"
        return f"{text}."
    drawn = messages.DRAWN.format(found=result["drawn_found"], drawn=result["drawn"])
    return f"{drawn} {rate}{messages.DRAWN_WHY}."


def describe_next(
    results: Mapping[str, Any],
    photographs: Sequence[Photograph],
    *,
    unseen: str | None,
    is_outdated: bool,
) -> list[str]:
    """Return what to do next, a line each, what matters most first."""
    if not results:
        return []
    used = [one for one in photographs if not one.is_left_out]
    num_good = sum(one.defect_type is None for one in used)
    lines = [messages.NEXT_OUTDATED] if is_outdated else []
    if unseen is None:
        lines.append(messages.NEXT_NEW)
    else:
        lines.append(messages.NEXT_TRY.format(name=unseen.partition("/")[2]))
    if finer := list_more(num_good):
        number, rate = finer[0]
        now = 100 * max(DEFAULT_RATE, floor_of(num_good))
        lines.append(messages.NEXT_MORE.format(more=number, now=now, then=100 * rate))
    has_defects = len(used) > num_good
    lines.append(messages.NEXT_TYPES if has_defects else messages.NEXT_DEFECTS)
    return lines
