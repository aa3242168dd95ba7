"""What defects are like, and which input size keeps them visible."""

from collections.abc import Mapping
from typing import Any

from eda.choice import Choice
from eda.opened import Opened
from eda.views.view import NO_GROUND_TRUTH, Kind, View

TITLE = "Defect shape"
MEASURES = ("area_share", "elongation", "contrast", "border_distance")
TYPES_NOTE = (
    "One row per type; boxes count as one defect each. Contrast: mean inside minus mean of a ring "
    "around, in the colour channel where they differ most. Thickness: diameter of the largest disc "
    "inside. The plots show the middle half as a box, with whiskers from 5 to 95 %."
)


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return what the defects are like, and the resolution check."""
    from eda import shape
    from eda.frame import select
    from eda.style import empty_plot
    from eda.tables import Table

    chosen = {"category": choice.category, "defect_type": choice.defect_type}
    defects, images = select(opened.defects, **chosen), select(opened.images, **chosen)
    if opened.defects.empty:  # one sentence says why, instead of many empty plots
        return {"resolution": empty_plot(TITLE, NO_GROUND_TRUTH)}
    resolution = shape.draw_resolution(defects)
    if defects.empty:
        return {"resolution": resolution}
    parts = {
        "resolution": resolution,
        **{f"shape-{name}": shape.draw_measure(defects, name) for name in MEASURES},
        "shape-counts": shape.draw_counts(images),
        "kinds": Table(
            shape.describe_types(defects, images),
            "Defect types: medians",
            file="defect-types",
            note=TYPES_NOTE,
        ),
        "defects": Table(defects, "All defects", file="defects"),
    }
    if defects["thickness_share"].isna().all():
        return parts
    check = shape.check_resolution(defects)
    note = shape.recommend_size(check)
    return parts | {"check": Table(check, "Resolution check", file="resolution-check", note=note)}


VIEW = View(
    "shape",
    TITLE,
    rows=(
        {"resolution": Kind.PLOT},
        {"check": Kind.TABLE},
        {"shape-area_share": Kind.PLOT, "shape-elongation": Kind.PLOT},
        {"shape-contrast": Kind.PLOT, "shape-border_distance": Kind.PLOT},
        {"shape-counts": Kind.PLOT},
        {"kinds": Kind.TABLE},
        {"defects": Kind.TABLE},
    ),
    build=build,
)
