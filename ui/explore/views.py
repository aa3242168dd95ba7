"""What every part of a view is given to show; imported when somebody opens the tab."""

from collections.abc import Callable, Mapping
from typing import Any

from eda.choice import Choice
from eda.opened import Opened
from eda.views.view import Kind, View
from ui.explore.gallery import page_value
from ui.explore.health import findings_value, shown_value
from ui.parts.components import tile_values
from ui.parts.updates import Updates

VALUES: Mapping[Kind, Callable[[Opened, Choice, Any], Any]] = {
    Kind.PLOT: lambda opened, choice, plot: plot.update_layout(
        meta={**(plot.layout.meta or {}), "origin": _origin(opened, choice)}
    ),
    Kind.TABLE: lambda opened, choice, table: {
        **table.value(),
        "picks": table.pick_places(),
        "origin": {"dataset": table.dataset} if table.dataset else _origin(opened, choice),
    },
    Kind.TILES: lambda _, __, tiles: tile_values(tiles),
    Kind.FINDINGS: lambda opened, _, found: findings_value(opened, found),
    Kind.GROUPS: lambda opened, _, groups: shown_value(opened, groups),
    Kind.PICTURES: lambda opened, choice, page: page_value(opened, page, choice.ids),
}


def refine(view: View, opened: Opened, choice: Choice) -> Updates:
    """Return the parts that a view shows once more, by what takes seconds to find out."""
    parts = {} if view.refine is None else view.refine(opened, choice)
    return {name: VALUES[view.parts[name]](opened, choice, part) for name, part in parts.items()}


def show(view: View, opened: Opened, choice: Choice) -> Updates:
    """Return what every part of a view shows; None where there is nothing."""
    parts = view.build(opened, choice)
    return {
        name: VALUES[kind](opened, choice, parts[name]) if name in parts else None
        for name, kind in view.parts.items()
    }


def _origin(opened: Opened, choice: Choice) -> dict[str, str | None]:
    """Return among which images something is selected in what is shown."""
    return {
        "dataset": opened.index.dataset.name,
        "category": choice.category,
        "type": choice.defect_type,
    }
