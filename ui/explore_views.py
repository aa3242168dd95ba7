"""What each sub-tab shows, as plain values; imported when somebody opens the tab."""

from collections.abc import Callable, Mapping
from typing import Any

from eda import overview
from eda.frame import select, select_with_normal
from ui import messages
from ui.explore_data import Opened
from ui.explore_parts import table_value, tile_values

Slots = dict[str, Any]
View = Callable[[Opened, str, str], Slots]


def show_overview(opened: Opened, category: str, defect_type: str) -> Slots:
    """Return tiles, counts, sizes, light and odd files."""
    images = select_with_normal(opened.images, category=category, defect_type=defect_type)
    problems = select(opened.problems, category=category)
    return {
        "tiles": tile_values(overview.make_tiles(images, num_problems=len(problems))),
        "splits": overview.draw_splits(images),
        "types": overview.draw_defect_types(images),
        "sizes": overview.draw_sizes(images),
        "light": overview.draw_light(images),
        "counts": table_value(overview.count_images(images), messages.COUNTS_TITLE, file="counts"),
        "problems": table_value(
            problems,
            messages.PROBLEMS_TITLE,
            file="odd-files",
            note="" if len(problems) else messages.PROBLEMS_NONE,
        ),
        "images": table_value(
            images.drop(columns=["problem", "group"]),
            messages.IMAGES_TITLE,
            file="images",
            note=messages.IMAGES_NOTE,
        ),
    }


VIEWS: Mapping[str, View] = {"overview": show_overview}
