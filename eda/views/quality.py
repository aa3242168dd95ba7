"""How good the pictures are: sharp, well exposed, free of noise and tint."""

from collections.abc import Mapping
from typing import Any

from eda.choice import Choice
from eda.opened import Opened
from eda.views.view import Kind, View


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return the odd ones, and every measure by class and split."""
    from eda import quality_plots
    from eda.frame import select_with_normal

    images = select_with_normal(
        opened.images, category=choice.category, defect_type=choice.defect_type
    )
    plots = {
        f"quality-{name}": quality_plots.draw_quality(images, name)
        for name in quality_plots.MEASURES
    }
    return {"odd": quality_plots.show_odd(images), **plots}


VIEW = View(
    "quality",
    "Image quality",
    rows=(
        {"odd": Kind.GROUPS},
        {"quality-sharpness": Kind.PLOT, "quality-brightness": Kind.PLOT},
        {"quality-dark": Kind.PLOT, "quality-bright": Kind.PLOT},
        {"quality-noise": Kind.PLOT, "quality-yellow": Kind.PLOT},
    ),
    build=build,
)
