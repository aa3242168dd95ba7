"""Where defects occur, and where they gather."""

from collections.abc import Mapping
from typing import Any

from eda.choice import Choice
from eda.opened import Opened
from eda.views.view import NO_GROUND_TRUTH, Kind, View

TITLE = "Where defects occur"
NOTE = (
    "Middle x and y: centre of gravity in percent of width and height. Gathered: share of the "
    "defect area in the densest tenth of all places; 10 % where defects are spread evenly."
)


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return the density of defects and where they gather."""
    from eda import location
    from eda.style import empty_plot
    from eda.tables import Table

    if opened.defects.empty:
        return {"density": empty_plot(TITLE, NO_GROUND_TRUTH)}
    panels = location.make_density_maps(
        opened.index,
        opened.images,
        category=choice.category,
        defect_type=choice.defect_type,
        with_mean=choice.with_pictures,
    )
    if not panels:
        return {"density": location.draw_density(panels)}
    where = location.describe_locations(panels, opened.defects)
    return {
        "density": location.draw_density(panels),
        "locations": Table(where, "Where defects gather", file="locations", note=NOTE),
    }


VIEW = View(
    "location",
    TITLE,
    rows=({"density": Kind.PLOT}, {"locations": Kind.TABLE}),
    build=build,
)
