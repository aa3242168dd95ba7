"""Whether two sets of images differ: training and test, categories, datasets, early and late."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eda.choice import (
    CATEGORIES,
    DATASETS,
    DATES,
    FIRST_CATEGORY,
    LATE_FROM,
    OTHER_DATASET,
    SECOND_CATEGORY,
    SETS,
    TRAIN_TEST,
    Choice,
)
from eda.opened import Opened
from eda.views.view import Kind, Offered, View

if TYPE_CHECKING:
    import pandas as pd

    from eda.dates import Dates
    from eda.drift import Sets

NOTE = (
    "Difference: of the medians, with its 95 % interval. Gap: the largest distance between the two "
    "distributions, 0 to 1; p is corrected for the number of measures. Changed: p below 0.01 and a "
    "gap of at least 0.2."
)
NO_DATES = (
    "Nothing tells early from late images: there is no date in the files (EXIF), they were all "
    "written within a day, and their names hold no numbers."
)
ONE_CATEGORY = "The dataset has one category. Compare it with another dataset."
ONE_DATASET = "The page shows one dataset. Start it with --data DIR for each of several."
MIXED = "All categories are mixed: choose one above to compare like with like."


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return how the sets differ."""
    from eda.drift import TITLE, Sets
    from eda.frame import GOOD, select_with_normal
    from eda.style import empty_plot

    images = select_with_normal(
        opened.images, category=choice.category, defect_type=choice.defect_type
    )
    is_good, is_test = images["defect_type"] == GOOD, images["split"] == "test"
    kind = choice.filters.get(SETS.name, SETS.first)
    if choice.against is not None:
        name, found = choice.against_name, choice.against
        names = (f"the good training images of {opened.index.dataset.name}", "the new images")
        if name:
            found, names = _good_or_all(found), (names[0], f"the images of {name}")
        return show_sets(Sets(images[is_good & ~is_test], found, names), dataset=name)
    if kind == DATASETS:
        return {"drift": empty_plot(TITLE, ONE_DATASET)}
    if kind == CATEGORIES:
        return _compare_categories(opened, choice)
    if kind == DATES:
        return _compare_dates(opened, choice, images)
    if kind == TRAIN_TEST:
        names = ("good training images", "good test images")
        return show_sets(Sets(images[is_good & ~is_test], images[is_good & is_test], names))
    return show_sets(Sets(images[is_good], images[~is_good], ("good", "defective images")))


def offer(opened: Opened, choice: Choice, datasets: Sequence[str]) -> Mapping[str, Offered]:
    """Return what there is to choose from: name of a filter -> values, and the first choice."""
    kind = choice.filters.get(SETS.name, SETS.first)
    found: dict[str, Offered] = {
        one.name: ((), "") for one in (FIRST_CATEGORY, SECOND_CATEGORY, OTHER_DATASET, LATE_FROM)
    }
    if kind == CATEGORIES and len(names := opened.index.dataset.categories) > 1:
        first = choice.category or names[0]
        found[FIRST_CATEGORY.name] = (names, first)
        found[SECOND_CATEGORY.name] = (names, next(one for one in names if one != first))
    others = [one for one in datasets if one != opened.index.dataset.name]
    if kind == DATASETS and others:
        found[OTHER_DATASET.name] = (others, others[0])
    if kind == DATES and (dates := _dates_of(opened, choice)) is not None:
        found[LATE_FROM.name] = (list(dates.steps), dates.middle)
    return found


def show_sets(sets: "Sets", *, remark: str = "", dataset: str = "") -> dict[str, Any]:
    """Return the parts of this view for any two sets.

    Args:
        sets: to compare.
        remark: a sentence about how they were made.
        dataset: that the second one is of, if it is another than is shown.
    """
    from eda.drift import TITLE, compare_sets, draw_drift
    from eda.style import empty_plot
    from eda.tables import Table

    found = compare_sets(sets)
    if found.measures.empty:
        return {"drift": empty_plot(TITLE, f"{remark} {found.words}".strip())}
    note = f"{remark} {NOTE}".strip()
    parts: dict[str, Any] = {
        "drift": draw_drift(sets),
        "drift-measures": Table(found.measures, found.words, file="differences", note=note),
    }
    if len(found.driving):
        parts["drift-images"] = Table(
            found.driving,
            "The images that drive it",
            file="driving-images",
            note="Deviations: how many robust standard deviations of the other set it lies away.",
            picks=("id",),
            dataset=dataset,
        )
    return parts


def _compare_categories(opened: Opened, choice: Choice) -> dict[str, Any]:
    """Return how two categories differ; the one that is chosen for the tab does not count."""
    from eda.drift import TITLE, Sets
    from eda.frame import select
    from eda.style import empty_plot

    offered = offer(opened, choice, ())
    if not offered[FIRST_CATEGORY.name][0]:
        return {"drift": empty_plot(TITLE, ONE_CATEGORY)}
    chosen = [
        choice.filters.get(one.name, offered[one.name][1])
        for one in (FIRST_CATEGORY, SECOND_CATEGORY)
    ]
    if chosen[0] == chosen[1]:
        return {"drift": empty_plot(TITLE, "Choose two different categories.")}
    first, second = (_good_or_all(select(opened.images, category=one)) for one in chosen)
    names = [f"images of {one.replace('_', ' ')}" for one in chosen]
    return show_sets(Sets(first, second, (names[0], names[1])), remark=_say_which(first, second))


def _compare_dates(opened: Opened, choice: Choice, images: "pd.DataFrame") -> dict[str, Any]:
    """Return how early and late images of the chosen category differ."""
    from eda.drift import TITLE, Sets
    from eda.style import empty_plot

    dates = _dates_of(opened, choice)
    if dates is None:
        return {"drift": empty_plot(TITLE, NO_DATES)}
    words = choice.filters.get(LATE_FROM.name, dates.middle)
    start = dates.steps.get(words, dates.steps[dates.middle])
    rows = _good_or_all(images)
    values = dates.values[rows.index.to_numpy()]
    early, late = rows[values < start], rows[values >= start]
    remark = f"Early and late {dates.source}. {_say_which(early, late)}"
    if missing := len(rows) - len(early) - len(late):
        remark += f" {missing:,} images without one are left out."
    if rows["category"].nunique() > 1:
        remark += f" {MIXED}"
    names = (f"the images before {words}", f"those from {words} on")
    return show_sets(Sets(early, late, names), remark=remark)


def _dates_of(opened: Opened, choice: Choice) -> "Dates | None":
    """Return the dates of the chosen category, found once for all visitors."""
    import numpy as np

    from eda.dates import find_dates
    from eda.frame import select

    def find() -> "Dates | None":
        rows = select(opened.images, category=choice.category).index.to_numpy()
        found = find_dates([opened.index.samples[row] for row in rows])
        if found is None:
            return None
        values = np.full(len(opened.images), np.nan)
        values[rows] = found.values
        return replace(found, values=values)

    return opened.once(("dates", choice.category), find)


def _good_or_all(images: "pd.DataFrame") -> "pd.DataFrame":
    """Return the good images where there are any: what defects look like is no drift."""
    from eda.frame import GOOD

    is_good = images["defect_type"] == GOOD
    return images[is_good] if is_good.any() else images


def _say_which(first: "pd.DataFrame", second: "pd.DataFrame") -> str:
    from eda.frame import GOOD

    are_good = all((one["defect_type"] == GOOD).all() for one in (first, second))
    return "Good images are compared." if are_good else "All images are compared."


VIEW = View(
    "compare",
    "Compare",
    rows=(
        {"drift-measures": Kind.TABLE},
        {"drift": Kind.PLOT},
        {"drift-images": Kind.TABLE},
    ),
    build=build,
    filters=(SETS, FIRST_CATEGORY, SECOND_CATEGORY, OTHER_DATASET, LATE_FROM),
    offer=offer,
)
