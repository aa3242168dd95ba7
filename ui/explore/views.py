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

VALUES: Mapping[Kind, Callable[[Opened, Any], Any]] = {
    Kind.PLOT: lambda _, plot: plot,
    Kind.POINTS: lambda opened, plot: plot.update_layout(meta=opened.index.dataset.name),
    Kind.TABLE: lambda _, table: table.value(),
    Kind.TILES: lambda _, tiles: tile_values(tiles),
    Kind.FINDINGS: findings_value,
    Kind.GROUPS: shown_value,
    Kind.PICTURES: page_value,
}


def refine(view: View, opened: Opened, choice: Choice) -> Updates:
    """Return the parts that a view shows once more, by what takes seconds to find out."""
    parts = {} if view.refine is None else view.refine(opened, choice)
    return {name: VALUES[view.parts[name]](opened, part) for name, part in parts.items()}


def show(view: View, opened: Opened, choice: Choice) -> Updates:
    """Return what every part of a view shows; None where there is nothing."""
    parts = view.build(opened, choice)
    return {
        name: VALUES[kind](opened, parts[name]) if name in parts else None
        for name, kind in view.parts.items()
    }
