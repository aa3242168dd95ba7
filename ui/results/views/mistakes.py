"""Galleries of the test images that detectors are wrong about, or disagree about."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from eda.results.mistakes import (
    Mistake,
    find_common_misses,
    find_disagreements,
    find_false_alarms,
    find_misses,
)
from eda.results.shown import Shown
from inspection.errors import DatasetError
from inspection.names import join_names
from inspection.types import Sample
from ui.messages import GALLERY_PAGE
from ui.parts.components import GALLERY, HAND_OVER, WORDS, make_part
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection, is_evaluated

HERE = Path(__file__).parent
PER_SECTION = 8
PER_PAGE = 24  # where there is one section only
KINDS = {"Misses": "misses", "False alarms": "false_alarms", "Disagreements": "disagreements"}
MISSES_TITLE = "{detector} misses {count} of {total} defective images"
ALL_MISS_TITLE = "No detector finds {count} of {total} defective images"
FALSE_ALARMS_TITLE = "{detector} flags {count} of {total} good images"
NOWHERE = "Pictures are missing: these images are not on this machine. {fix}"

Section = tuple[str, list[Mistake]]
"""Title and images."""


def build(results: Results, selection: Selection) -> Updates:
    """Return one page of the gallery; images are found by id among the unseen samples.

    A page beyond the last is the last.
    """
    kind = known(selection.choices.get("kind"), KINDS.values(), "misses")
    wanted_page = selection.choices.get("page")
    sections = list_sections(selection.shown, kind)
    size = PER_PAGE if len(sections) == 1 else PER_SECTION
    num_pages = max([1, *(-(-len(found) // size) for _, found in sections)])
    page = min(max(wanted_page if isinstance(wanted_page, int) else 0, 0), num_pages - 1)
    unseen = results.catalog.samples.unseen(results.catalog.product(selection.key))
    samples = {sample.id: sample for sample in unseen}
    here = slice(page * size, (page + 1) * size)
    wanted = [one.id for _, found in sections for one in found[here]]
    trouble = _draw(results, [samples[name] for name in wanted if name in samples])
    pictures = [[_item(one, samples.get(one.id)) for one in found[here]] for _, found in sections]
    missing = "" if sections else "It takes two detectors to disagree."
    if any(not item["source"] for items in pictures for item in items):
        missing = NOWHERE.format(fix=trouble or "Start the page with `--data DIR`.")
    value = {
        "product": selection.key,
        "missing": missing,
        "sections": [
            {"title": title, "note": "" if found else "There is none.", "items": items}
            for (title, found), items in zip(sections, pictures, strict=True)
        ],
        "page": page,
        "pages": num_pages,
        "note": GALLERY_PAGE.format(page=page + 1, pages=num_pages) if num_pages > 1 else "",
    }
    return {"mistakes": value}


def list_sections(shown: Sequence[Shown], kind: str) -> list[Section]:
    """Return the images of a kind, by detector."""
    if kind == "disagreements":
        found, total = find_disagreements(shown), len(shown[0].report.images)
        title = f"The detectors disagree about {len(found)} of {total} images"
        return [(title, found)] if sum(not one.is_joint for one in shown) > 1 else []
    is_miss = kind == "misses"
    sections = [_section(one, is_miss=is_miss) for one in shown]
    if is_miss and len(shown) > 1:
        found = find_common_misses(shown)
        total = shown[0].report.confusion.num_anomalous
        sections.insert(0, (ALL_MISS_TITLE.format(count=len(found), total=total), found))
    return sections


def _section(one: Shown, *, is_miss: bool) -> Section:
    counts = one.report.confusion
    found = find_misses(one.report) if is_miss else find_false_alarms(one.report)
    text = MISSES_TITLE if is_miss else FALSE_ALARMS_TITLE
    total = counts.num_anomalous if is_miss else counts.num_normal
    return text.format(detector=one.title, count=len(found), total=total), found


def _item(one: Mistake, sample: Sample | None) -> dict[str, Any]:
    from eda.gallery import make_item

    item = make_item(sample) if sample is not None else None
    detail = f"{one.relative_score:.2f}× threshold"
    if one.flagged_by:
        detail = f"flagged by {join_names(one.flagged_by)}"
    if item is None:
        return {"id": one.id, "source": "", "label": one.id, "detail": detail}
    return {**item, "detail": detail}


def _draw(results: Results, samples: Sequence[Sample]) -> str:
    """Have the images of the demo drawn that are not there yet; return what keeps them from it."""
    try:
        results.catalog.datasets.draw(samples)
    except DatasetError as error:
        return results.catalog.places.hide(str(error))
    return ""


VIEW = ResultsView(
    "mistakes",
    "Mistakes",
    rows=(
        {"mistakes": partial(make_part, HERE / "mistakes", scripts=[*GALLERY, HAND_OVER, WORDS])},
    ),
    build=build,
    filters={"kind": partial(make_filter, "Images", list(KINDS.items()))},
    is_offered=is_evaluated,
)
