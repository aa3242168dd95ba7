"""Test images to look at: a plot of two detectors picks them, tiles show them."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from eda.results.review import GOOD, Case, Order, Show, choose_cases, list_cases
from eda.results.shown import Judged
from inspection.errors import DatasetError, InspectionError
from inspection.types import Sample
from ui.messages import GALLERY_PAGE
from ui.parts.components import GALLERY, HAND_OVER, WORDS, make_part, make_plot
from ui.parts.labels.marking import MARKS, bar_value, make_label_bar, marking_value
from ui.parts.sub_tabs import known, make_filter
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection, is_evaluated
from ui.viewer.viewer import ARITHMETIC

HERE = Path(__file__).parent
PER_PAGE = 12
MOST_PICKED = 500
NO_HEAT = "none"
SURER = "surer"
ANY_TYPE = "any"
NOWHERE = "Pictures are missing: these images are not on this machine. {fix}"
SHOWN = {
    Show.DISAGREE: "{a} and {b} disagree",
    Show.ONLY_FIRST: "only {a} flags",
    Show.ONLY_SECOND: "only {b} flags",
    Show.MISSED: "defects that {a} or {b} misses",
    Show.MISSED_BY_BOTH: "defects that both miss",
    Show.MISSED_BY_ALL: "defects that nobody finds",
    Show.FALSE_ALARMS: "good parts that {a} or {b} flags",
    Show.ALL: "all images",
}
ALONE = {
    Show.MISSED: "defects that {a} misses",
    Show.FALSE_ALARMS: "good parts that {a} flags",
    Show.ALL: "all images",
}
ORDERS = {
    "Widest apart": Order.APART,
    "Least noticed": Order.LEAST,
    "Most noticed": Order.MOST,
    "Name": Order.NAME,
}
PICKED_TEXTS = {
    "hint": "Frame points in the plot, or click one, to see these images. A pale mark means that "
    "the detector does not flag the image.",
    "picked": "Only the {n} picked",
    "clear": "Show what the filters choose",
}
TEXTS = {
    "flags": "{title} flags it: {x} times its threshold",
    "passes": "{title} does not flag it: {x} times its threshold",
    "none": "No image is like that.",
}


def build(results: Results, selection: Selection) -> Updates:
    """Return the plot, and one page of the images that are chosen in it or by the filters."""
    from eda.results.scores import draw_scatter

    if not selection.judged:
        return dict.fromkeys(("scatter", "review", "picked", "labels"))
    first, second = _choose_pair(selection)
    is_alone = first is second
    choices = [(one.title, one.name) for one in selection.judged]
    cases = list_cases(selection.judged)
    picked = read_picked(selection)
    kinds = sorted({case.kind for case in cases if case.image.is_anomalous})
    return {
        "first": (choices, first.name),
        "second": (choices, second.name),
        "show": (_list_shown(first, second), _choose_show(selection, is_alone=is_alone)),
        "defect-type": (
            [("any", ANY_TYPE), (GOOD, GOOD), *((one.replace("_", " "), one) for one in kinds)],
            _choose_kind(selection, kinds),
        ),
        "heat": (
            [("the surer of the two", SURER), *_list_mapped(selection), ("nobody", NO_HEAT)],
            _choose_heat(selection),
        ),
        "scatter": None if is_alone else draw_scatter(first, second, picked),
        "picked": {
            "product": selection.key,
            "ids": picked or [],
            "isAlone": is_alone,
            "texts": PICKED_TEXTS,
        },
        "labels": _bar(results, selection),
        "review": _show_page(results, selection),
    }


def _bar(results: Results, selection: Selection) -> dict[str, Any]:
    category = results.catalog.product(selection.key).category
    return bar_value(_find_marking(results, selection), "results", category)


def _find_marking(results: Results, selection: Selection) -> dict[str, Any] | None:
    dataset = results.catalog.product(selection.key).dataset
    return marking_value(dataset, results.catalog.datasets.by_name.get(dataset))


def add_heat(results: Results, selection: Selection) -> Updates:
    """Return the same page with what a detector sees laid over its pictures."""
    heat = _choose_heat(selection)
    if not selection.judged or heat == NO_HEAT:
        return {}
    page, samples = _choose_page(results, selection)
    wanted: dict[str, list[Sample]] = {}
    for case in page["cases"]:
        name = _find_surer(case, selection) if heat == SURER else heat
        if case.image.id in samples and name in case.relative:
            wanted.setdefault(name, []).append(samples[case.image.id])
    sources: dict[str, str] = {}
    for name, found in wanted.items():
        sources |= _draw_heat(results, selection, name, found)
    return {"review": _show_page(results, selection, sources)}


def _find_surer(case: Case, selection: Selection) -> str:
    """Return the detector of the pair in whose map the image stands out more."""
    mapped = [name for _, name in _list_mapped(selection)]
    pair = [one.name for one in _choose_pair(selection) if one.name in mapped]
    return max(pair or mapped, key=lambda name: case.relative.get(name, 0.0))


def _draw_heat(
    results: Results, selection: Selection, name: str, samples: Sequence[Sample]
) -> dict[str, str]:
    """Return id -> overlay; none of a detector that is broken, of which Inspect says why."""
    judged = next(one for one in selection.judged if one.name == name)
    try:
        channel = results.catalog.channels.judging(results.catalog.product(selection.key), name)
    except InspectionError:
        return {}
    stamp = f"{selection.key} {name} {judged.shown.report.checkpoint.weights_sha256}"
    return results.heat.draw(channel, samples, judged.verdicts.rate, stamp=stamp)


def read_picked(selection: Selection) -> list[str] | None:
    """Return the ids picked in the plot; None without any; a request by hand may hold anything."""
    value = selection.choices.get("picked")
    if not isinstance(value, dict) or value.get("product") != selection.key:
        return None
    ids = value.get("ids")
    if not isinstance(ids, list):
        return None
    return [one for one in ids[:MOST_PICKED] if isinstance(one, str)] or None


def _choose_pair(selection: Selection) -> tuple[Judged, Judged]:
    """Return the detectors asked for, else the first two; the same twice where there is one."""
    judged = selection.judged
    first = next((one for one in judged if one.name == selection.choices.get("first")), judged[0])
    others = [one for one in judged if one is not first] or [first]
    wanted = selection.choices.get("second")
    return first, next((one for one in others if one.name == wanted), others[0])


def _list_shown(first: Judged, second: Judged) -> list[tuple[str, str]]:
    texts = ALONE if first is second else SHOWN
    return [
        (text.format(a=first.title, b=second.title), show.value) for show, text in texts.items()
    ]


def _choose_show(selection: Selection, *, is_alone: bool) -> Show:
    offered = [show.value for show in (ALONE if is_alone else SHOWN)]
    return Show(known(selection.choices.get("show"), offered, offered[0]))


def _choose_kind(selection: Selection, kinds: Sequence[str]) -> str:
    return known(selection.choices.get("defect-type"), (GOOD, *kinds), ANY_TYPE)


def _list_mapped(selection: Selection) -> list[tuple[str, str]]:
    """Return the detectors that have a map."""
    return [(one.title, one.name) for one in selection.judged if not one.shown.is_joint]


def _choose_heat(selection: Selection) -> str:
    offered = [name for _, name in _list_mapped(selection)]
    return known(selection.choices.get("heat"), (NO_HEAT, *offered), SURER)


def _choose_page(
    results: Results, selection: Selection
) -> tuple[dict[str, Any], dict[str, Sample]]:
    """Return the images of the page asked for, and all that can be shown, by id.

    A page beyond the last is the last.
    """
    first, second = _choose_pair(selection)
    cases = list_cases(selection.judged)
    kinds = sorted({case.kind for case in cases if case.image.is_anomalous})
    kind = _choose_kind(selection, kinds)
    found = choose_cases(
        cases,
        (first.name, second.name),
        _choose_show(selection, is_alone=first is second),
        kind="" if kind == ANY_TYPE else kind,
        picked=read_picked(selection),
        order=Order(known(selection.choices.get("order"), list(Order), Order.APART)),
    )
    num_pages = max(1, -(-len(found) // PER_PAGE))
    wanted = selection.choices.get("page")
    page = min(max(wanted if isinstance(wanted, int) else 0, 0), num_pages - 1)
    unseen = results.catalog.samples.unseen(results.catalog.product(selection.key))
    chosen = {
        "cases": found[page * PER_PAGE : (page + 1) * PER_PAGE],
        "ids": [case.image.id for case in found],
        "kinds": [case.kind for case in found],
        "page": page,
        "pages": num_pages,
        "total": len(cases),
    }
    return chosen, {sample.id: sample for sample in unseen}


def _show_page(
    results: Results, selection: Selection, heat: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what the tiles show; images are found by id among the unseen samples."""
    page, samples = _choose_page(results, selection)
    wanted = [samples[case.image.id] for case in page["cases"] if case.image.id in samples]
    trouble = _draw(results, wanted)
    items = [
        _item(case, samples.get(case.image.id), selection.judged, heat or {})
        for case in page["cases"]
    ]
    missing = ""
    if any(not item["source"] for item in items):
        missing = NOWHERE.format(fix=trouble or "Start the page with `--data DIR`.")
    pages = GALLERY_PAGE.format(page=page["page"] + 1, pages=page["pages"])
    count = f"{len(page['ids'])} of {page['total']} test images"
    return {
        "product": selection.key,
        "missing": missing,
        "items": items,
        "ids": page["ids"],
        "kinds": page["kinds"],
        "category": results.catalog.product(selection.key).category,
        "marking": _find_marking(results, selection),
        "page": page["page"],
        "pages": page["pages"],
        "perPage": PER_PAGE,
        "note": f"{count}, {pages}" if page["pages"] > 1 else count,
        "texts": TEXTS,
    }


def _item(
    case: Case, sample: Sample | None, judged: Sequence[Judged], heat: Mapping[str, str]
) -> dict[str, Any]:
    from eda.gallery import make_item

    made = make_item(sample) if sample is not None else None
    item = made or {"id": case.image.id, "source": "", "label": case.image.id, "kind": case.kind}
    source = heat.get(case.image.id, item["source"])
    marks = [
        {
            "detector": one.name,
            "mark": one.shown.appearance.symbol,
            "title": one.title,
            "isFlagged": one.name in case.flagged,
            "x": case.relative[one.name],
        }
        for one in judged
        if one.name in case.relative
    ]
    return {**item, "source": source, "isDefective": case.image.is_anomalous, "marks": marks}


def _draw(results: Results, samples: Sequence[Sample]) -> str:
    """Have the images of the demo drawn that are not there yet; return what keeps them from it."""
    try:
        results.catalog.datasets.draw(samples)
    except DatasetError as error:
        return results.catalog.places.hide(str(error))
    return ""


VIEW = ResultsView(
    "review",
    "Review",
    rows=(
        {
            "picked": partial(
                make_part,
                HERE / "picked",
                template='<p class="hint picked"><span></span> '
                '<button type="button" class="tool-button" hidden></button></p>',
                scripts=ARITHMETIC,
            )
        },
        {"labels": make_label_bar},
        {
            "scatter": partial(make_plot, "results-scatter"),
            "review": partial(
                make_part,
                HERE / "review",
                scripts=[*GALLERY, HAND_OVER, WORDS, *ARITHMETIC, MARKS],
            ),
        },
    ),
    build=build,
    later=add_heat,
    inputs=("picked",),
    filters={
        "first": partial(make_filter, "Detector across"),
        "second": partial(make_filter, "Detector up"),
        "show": partial(make_filter, "Show"),
        "defect-type": partial(make_filter, "Defect type"),
        "order": partial(make_filter, "Sort by", list(ORDERS.items())),
        "heat": partial(make_filter, "Heat map of"),
    },
    is_offered=is_evaluated,
)
