"""What of a dataset a visitor has chosen to see, checked; and what there is to choose from."""

from collections.abc import Sequence

from eda import views
from eda.choice import Choice, Filter
from eda.opened import Opened
from ui.parts.sub_tabs import known

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


def list_filters() -> list[Filter]:
    """Return the filters of all views, beside those of the whole tab."""
    return [one for view in views.VIEWS for one in view.filters]


def offer(
    everything: str, values: list[str], chosen: str | None
) -> tuple[list[tuple[str, str]], str]:
    """Return the choices of a filter, everything first, and the one that is made."""
    named = [(value.replace("_", " "), value) for value in values]
    return [(everything, ALL), *named], chosen or ALL
