"""What of a dataset a visitor has chosen to see, checked; and what there is to choose from."""

from collections.abc import Sequence
from dataclasses import replace

from eda import views
from eda.choice import Choice, Filter
from eda.opened import Opened
from eda.views.view import View
from ui.parts.sub_tabs import known
from ui.parts.updates import Updates

ALL = ""  # no category and no defect type is called so


def choose_shown(opened: Opened, wanted: Sequence[object]) -> tuple[Choice, list[str], list[str]]:
    """Return what is shown of a dataset, the categories, and the defect types of the chosen one."""
    from eda.frame import GOOD  # slow to import; loaded by now
    from ui.explore.selection import known_ids

    category, defect_type, *chosen, page, narrowed = wanted
    rows = opened.images
    categories = [str(one) for one in rows["category"].unique()]
    category = known(category, categories, ALL)
    if category:
        rows = rows[rows["category"] == category]
    types = [str(one) for one in rows["defect_type"].unique() if one != GOOD]
    choice = Choice(
        category or None,
        known(defect_type, types, ALL) or None,
        {
            one.name: known(value, one.values, one.first)
            for one, value in zip(list_filters(), chosen, strict=True)
        },
        page if isinstance(page, int) else 0,
        ids=None if narrowed is None else frozenset(known_ids(narrowed)),
    )
    return choice, categories, types


def asked_for(wanted: Sequence[object], one: Filter) -> object:
    """Return what a visitor asks for in a filter of a view.

    Args:
        wanted: as in `choose_shown`.
        one: the filter.
    """
    return wanted[2 + [each.name for each in list_filters()].index(one.name)]


def choose_offered(
    view: View, opened: Opened, choice: Choice, datasets: Sequence[str], wanted: Sequence[object]
) -> tuple[Updates, Choice]:
    """Return what there is to choose from in a view of this dataset, and the choice with it.

    Args:
        view: that offers something.
        opened: the dataset.
        choice: what is known of the visitor's wishes.
        datasets: names of all.
        wanted: as in `choose_shown`.
    """
    offered: Updates = {}
    chosen: dict[str, str] = {}
    found = {} if view.offer is None else view.offer(opened, choice, datasets)
    for one in view.filters:
        if one.name in found:
            values, first = found[one.name]
            chosen[one.name] = known(asked_for(wanted, one), values, first)
            offered[one.name] = [(value, value) for value in values], chosen[one.name]
    return offered, replace(choice, filters={**choice.filters, **chosen})


def list_filters() -> list[Filter]:
    """Return the filters of all views, beside those of the whole tab."""
    return [one for view in views.VIEWS for one in view.filters]


def offer(
    everything: str, values: list[str], chosen: str | None
) -> tuple[list[tuple[str, str]], str]:
    """Return the choices of a filter, everything first, and the one that is made."""
    named = [(value.replace("_", " "), value) for value in values]
    return [(everything, ALL), *named], chosen or ALL
