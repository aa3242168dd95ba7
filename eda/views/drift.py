"""Whether two sets of images differ: training and test, good and defective, or another folder."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eda.choice import SETS, TRAIN_TEST, Choice
from eda.opened import Opened
from eda.views.view import Kind, View

if TYPE_CHECKING:
    from eda.drift import Sets

NOTE = (
    "Difference: of the medians, with its 95 % interval. Gap: the largest distance between the two "
    "distributions, 0 to 1; p is corrected for the number of measures. Changed: p below 0.01 and a "
    "gap of at least 0.2."
)


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return how the sets differ."""
    from eda.drift import Sets
    from eda.frame import GOOD, select_with_normal

    images = select_with_normal(
        opened.images, category=choice.category, defect_type=choice.defect_type
    )
    is_good, is_test = images["defect_type"] == GOOD, images["split"] == "test"
    if choice.against is not None:
        names = (f"the good training images of {opened.index.dataset.name}", "the new images")
        return show_sets(Sets(images[is_good & ~is_test], choice.against, names))
    if choice.filters.get(SETS.name, SETS.first) == TRAIN_TEST:
        names = ("good training images", "good test images")
        return show_sets(Sets(images[is_good & ~is_test], images[is_good & is_test], names))
    return show_sets(Sets(images[is_good], images[~is_good], ("good", "defective images")))


def show_sets(sets: "Sets") -> dict[str, Any]:
    """Return the parts of this view for any two sets."""
    from eda.drift import compare_sets, draw_drift
    from eda.tables import Table

    found = compare_sets(sets)
    parts: dict[str, Any] = {"drift": draw_drift(sets)}
    if found.measures.empty:
        return parts
    parts["drift-measures"] = Table(found.measures, found.words, file="differences", note=NOTE)
    if len(found.driving):
        parts["drift-images"] = Table(
            found.driving,
            "The images that drive it",
            file="driving-images",
            note="Deviations: how many robust standard deviations of the other set it lies away.",
            picks=("id",),
        )
    return parts


VIEW = View(
    "compare",
    "Compare",
    rows=(
        {"drift-measures": Kind.TABLE},
        {"drift": Kind.PLOT},
        {"drift-images": Kind.TABLE},
    ),
    build=build,
    filters=(SETS,),
)
