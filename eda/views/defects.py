"""Where defects occur, how large and how faint they are, which were found, and what keeps them."""

from collections.abc import Mapping
from typing import Any

from eda.choice import DETECTOR, Choice
from eda.opened import Opened
from eda.views.view import NO_GROUND_TRUTH, Kind, View

WHERE_NOTE = (
    "Middle x and y: centre of gravity in percent of width and height. Gathered: share of the "
    "defect area in the densest tenth of all places; 10 % where defects are spread evenly."
)
TYPES_NOTE = (
    "One row per type; boxes count as one defect each. Contrast: mean inside minus mean of a ring "
    "around, in the colour channel where they differ most. Thickness: diameter of the largest disc "
    "inside."
)


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return places, sizes and contrasts of the defects, and what they look like as a class."""
    from eda import class_images, defects, location
    from eda.frame import select, select_with_normal
    from eda.style import empty_plot

    chosen = {"category": choice.category, "defect_type": choice.defect_type}
    images = select_with_normal(opened.images, **chosen)
    parts: dict[str, Any] = {}
    if choice.with_pictures:
        pictures = class_images.make_class_images(opened.index, images)
        parts["class-images"] = class_images.draw_class_images(pictures)
    if opened.defects.empty:  # one sentence says why, instead of many empty plots
        return {"density": empty_plot("Where defects occur", NO_GROUND_TRUTH), **parts}
    panels = location.make_density_maps(
        opened.index, opened.images, **chosen, with_mean=choice.with_pictures
    )
    found = select(opened.defects, **chosen)
    parts["density"] = location.draw_density(panels)
    if found.empty:
        return parts
    parts["defect-sizes"] = defects.draw_sizes(found, choice.verdicts)
    parts["defect-places"] = defects.draw_places(found, choice.verdicts)
    return parts | _check(opened, choice) | _tabulate(opened, choice, panels)


def _check(opened: Opened, choice: Choice) -> dict[str, Any]:
    """Return the resolution check, and how many defects an image has."""
    from eda import shape
    from eda.frame import select
    from eda.tables import Table

    chosen = {"category": choice.category, "defect_type": choice.defect_type}
    defects, images = select(opened.defects, **chosen), select(opened.images, **chosen)
    parts: dict[str, Any] = {
        "resolution": shape.draw_resolution(defects),
        "shape-counts": shape.draw_counts(images),
    }
    if defects["thickness_share"].isna().all():
        return parts
    check = shape.check_resolution(defects)
    note = shape.recommend_size(check)
    return parts | {"check": Table(check, "Resolution check", file="resolution-check", note=note)}


def _tabulate(opened: Opened, choice: Choice, panels: Any) -> dict[str, Any]:
    """Return what is known of every place, every type and every defect."""
    from eda import location, shape
    from eda.frame import select, select_with_normal
    from eda.tables import Table

    chosen = {"category": choice.category, "defect_type": choice.defect_type}
    defects, images = select(opened.defects, **chosen), select(opened.images, **chosen)
    note = ""
    shown = defects
    if choice.verdicts is not None:
        note = choice.verdicts.describe(select_with_normal(opened.images, **chosen))
        shown = defects.assign(verdict=choice.verdicts.name(defects["id"]))
    where = location.describe_locations(panels, opened.defects)
    return {
        "locations": Table(where, "Where defects gather", file="locations", note=WHERE_NOTE),
        "kinds": Table(
            shape.describe_types(defects, images),
            "Defect types: medians",
            file="defect-types",
            note=TYPES_NOTE,
            picks=("category", "defect_type"),
        ),
        "defects": Table(shown, "All defects", file="defects", note=note, picks=("id",)),
    }


VIEW = View(
    "defects",
    "Defects",
    rows=(
        {"density": Kind.PLOT},
        {"defect-sizes": Kind.PLOT, "defect-places": Kind.PLOT},
        {"class-images": Kind.PLOT},
        {"resolution": Kind.PLOT, "shape-counts": Kind.PLOT},
        {"check": Kind.TABLE},
        {"locations": Kind.TABLE},
        {"kinds": Kind.TABLE},
        {"defects": Kind.TABLE},
    ),
    build=build,
    filters=(DETECTOR,),
)
