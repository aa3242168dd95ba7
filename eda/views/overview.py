"""Is the dataset fit for training, and what is in it: counts, sizes, light, what is odd."""

from collections.abc import Mapping
from typing import Any

from eda.choice import Choice
from eda.opened import Opened
from eda.views.view import Kind, View

IMAGES_NOTE = (
    "Brightness and contrast are mean and standard deviation of the grey level, on a copy of at "
    "most 256 pixels. Areas are percent of the image."
)


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return findings, tiles, counts, sizes, light and odd files."""
    from eda import overview
    from eda.frame import count_kinds, count_odd, select, select_with_normal
    from eda.health import check_health, is_checked
    from eda.tables import Table

    images = select_with_normal(
        opened.images, category=choice.category, defect_type=choice.defect_type
    )
    problems = select(opened.problems, category=choice.category)
    dataset = opened.index.dataset
    counted = dataset if choice.category is None else dataset.of(choice.category)
    return {
        "health": check_health(opened, choice, is_thorough=is_checked(opened, choice)),
        "tiles": overview.make_tiles(images, num_problems=count_odd(problems)),
        "splits": overview.draw_splits(images),
        "types": overview.draw_defect_types(images),
        "sizes": overview.draw_sizes(images),
        "light": overview.draw_light(images),
        "counts": Table(
            overview.count_images(images),
            "Images per category, defect type and split",
            file="counts",
            note=counted.account,
            picks=("category", "defect_type"),
        ),
        "problems": Table(
            problems,
            "Missing or odd files",
            file="odd-files",
            note=count_kinds(problems) or "No file is missing or odd.",
        ),
        "images": Table(
            overview.tabulate_images(images),
            "All images",
            file="images",
            note=IMAGES_NOTE,
            picks=("id",),
        ),
    }


def refine(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return the findings of all checks."""
    from eda.health import check_health

    return {"health": check_health(opened, choice)}


VIEW = View(
    "overview",
    "Overview",
    rows=(
        {"health": Kind.FINDINGS},
        {"tiles": Kind.TILES},
        {"splits": Kind.PLOT, "types": Kind.PLOT},
        {"sizes": Kind.PLOT, "light": Kind.PLOT},
        {"counts": Kind.TABLE},
        {"problems": Kind.TABLE},
        {"images": Kind.TABLE},
    ),
    build=build,
    refine=refine,
    needs_vectors=True,
    needs_judges=True,
)
