"""Galleries of the test images that detectors are wrong about, or disagree about."""

from collections.abc import Sequence
from typing import Any

from eda.gallery import make_item
from eda.results.mistakes import (
    Mistake,
    find_common_misses,
    find_disagreements,
    find_false_alarms,
    find_misses,
)
from eda.results.plots import Shown
from inspection.errors import DatasetError
from inspection.names import join_names
from inspection.types import Sample
from ui.messages import GALLERY_PAGE
from ui.results import messages
from ui.results.data import Results

PER_SECTION = 8
PER_PAGE = 24  # where there is one section only

Section = tuple[str, list[Mistake]]
"""Title and images."""


def mistakes_value(results: Results, key: str, *, kind: str, page: int) -> dict[str, Any]:
    """Return one page of the gallery; images are found by id among the unseen samples.

    Args:
        results: all evaluations.
        key: of the product.
        kind: one of `messages.MISTAKES`.
        page: from 0; one beyond the last is the last.
    """
    sections = list_sections(results.shown(key), kind)
    size = PER_PAGE if len(sections) == 1 else PER_SECTION
    num_pages = max([1, *(-(-len(found) // size) for _, found in sections)])
    page = min(max(page, 0), num_pages - 1)
    unseen = results.catalog.samples.unseen(results.catalog.product(key))
    samples = {sample.id: sample for sample in unseen}
    wanted = [one.id for _, found in sections for one in found[page * size : (page + 1) * size]]
    trouble = _draw(results, [samples[name] for name in wanted if name in samples])
    pictures = [
        [_item(one, samples.get(one.id)) for one in found[page * size : (page + 1) * size]]
        for _, found in sections
    ]
    missing = "" if sections else messages.MISTAKES_ALONE
    if any(not item["source"] for items in pictures for item in items):
        fix = trouble or messages.MISTAKES_GIVE
        missing = messages.MISTAKES_NOWHERE.format(fix=fix)
    return {
        "product": key,
        "missing": missing,
        "sections": [
            {
                "title": title,
                "note": "" if found else messages.MISTAKES_NONE,
                "items": items,
            }
            for (title, found), items in zip(sections, pictures, strict=True)
        ],
        "page": page,
        "pages": num_pages,
        "note": GALLERY_PAGE.format(page=page + 1, pages=num_pages) if num_pages > 1 else "",
    }


def list_sections(shown: Sequence[Shown], kind: str) -> list[Section]:
    """Return the images of a kind, by detector."""
    if kind == "disagreements":
        found = find_disagreements(shown)
        total = len(shown[0].report.images) if shown else 0
        title = messages.DISAGREEMENTS_TITLE.format(count=len(found), total=total)
        return [(title, found)] if len(shown) > 1 else []
    is_miss = kind == "misses"
    sections = [_section(one, is_miss=is_miss) for one in shown]
    if is_miss and len(shown) > 1:
        found = find_common_misses(shown)
        total = shown[0].report.confusion.num_anomalous
        sections.insert(0, (messages.ALL_MISS_TITLE.format(count=len(found), total=total), found))
    return sections


def _section(one: Shown, *, is_miss: bool) -> Section:
    counts = one.report.confusion
    found = find_misses(one.report) if is_miss else find_false_alarms(one.report)
    text = messages.MISSES_TITLE if is_miss else messages.FALSE_ALARMS_TITLE
    total = counts.num_anomalous if is_miss else counts.num_normal
    return text.format(detector=one.title, count=len(found), total=total), found


def _item(one: Mistake, sample: Sample | None) -> dict[str, Any]:
    item = make_item(sample) if sample is not None else None
    detail = messages.MISTAKES_SCORE.format(relative=f"{one.relative_score:.2f}")
    if one.flagged_by:
        detail = messages.MISTAKES_FLAGGED.format(names=join_names(one.flagged_by))
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
