"""What each sub-tab shows, as plain values; imported when somebody opens the tab."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eda import gallery, location, overview, shape, similarity
from eda.frame import ALL, count_kinds, count_odd, select, select_with_normal
from eda.style import empty_plot
from eda.tables import table_value
from ui.explore import messages
from ui.explore.data import Opened
from ui.explore.gallery import page_value
from ui.parts.components import tile_values

Slots = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a visitor has chosen; every value is checked before it comes here."""

    category: str = ALL
    defect_type: str = ALL
    area: str = gallery.ANY
    contrast: str = gallery.ANY
    page: int = 0


def show_overview(opened: Opened, choice: Choice) -> Slots:
    """Return tiles, counts, sizes, light and odd files."""
    images = _with_normal(opened, choice)
    problems = select(opened.problems, category=choice.category)
    return {
        "tiles": tile_values(overview.make_tiles(images, num_problems=count_odd(problems))),
        "splits": overview.draw_splits(images),
        "types": overview.draw_defect_types(images),
        "sizes": overview.draw_sizes(images),
        "light": overview.draw_light(images),
        "counts": table_value(
            overview.count_images(images),
            messages.COUNTS_TITLE,
            file="counts",
            note=_account(opened, choice.category),
        ),
        "problems": table_value(
            problems,
            messages.PROBLEMS_TITLE,
            file="odd-files",
            note=count_kinds(problems) or messages.PROBLEMS_NONE,
        ),
        "images": table_value(
            images.drop(columns=["problem", "group"]),
            messages.IMAGES_TITLE,
            file="images",
            note=messages.IMAGES_NOTE,
        ),
    }


def _account(opened: Opened, category: str) -> str:
    """Say what became of every image file of the dataset, or of a category."""
    dataset = opened.index.dataset
    return (dataset if category == ALL else dataset.of(category)).account


def show_gallery(opened: Opened, choice: Choice) -> Slots:
    """Return good images beside defective ones."""
    images = _with_normal(opened, choice)
    page = gallery.choose_page(images, area=choice.area, contrast=choice.contrast, page=choice.page)
    return {"gallery": page_value(opened, page)}


def show_location(opened: Opened, choice: Choice) -> Slots:
    """Return the density of defects and where they gather."""
    panels = location.make_panels(
        opened.index, opened.images, category=choice.category, defect_type=choice.defect_type
    )
    where = location.describe_locations(panels, opened.defects)
    density = location.draw_density(panels)
    return {
        "density": _no_truth(location.TITLE) if opened.defects.empty else density,
        "locations": table_value(
            where, messages.LOCATIONS_TITLE, file="locations", note=messages.LOCATIONS_NOTE
        )
        if panels
        else None,
    }


def show_shape(opened: Opened, choice: Choice) -> Slots:
    """Return what the defects are like, and the resolution check."""
    chosen = {"category": choice.category, "defect_type": choice.defect_type}
    defects, images = select(opened.defects, **chosen), select(opened.images, **chosen)
    check = shape.check_resolution(defects)
    slots = {
        "resolution": shape.draw_resolution(defects),
        "check": table_value(
            check,
            messages.RESOLUTION_TITLE,
            file="resolution-check",
            note=shape.recommend_size(check),
        ),
        **{f"shape-{name}": shape.draw_measure(defects, name) for name in shape.MEASURES},
        "shape-counts": shape.draw_counts(images),
        "kinds": table_value(
            shape.describe_types(defects, images),
            messages.TYPES_TITLE,
            file="defect-types",
            note=messages.TYPES_NOTE,
        ),
        "defects": table_value(defects, messages.DEFECTS_TITLE, file="defects"),
    }
    if defects.empty:  # one sentence says why, instead of many empty plots
        said = _no_truth(messages.SHAPE_TITLE) if opened.defects.empty else slots["resolution"]
        return dict.fromkeys(slots) | {"resolution": said}
    if defects["thickness_share"].isna().all():
        slots["check"] = None
    return slots


def show_similarity(opened: Opened, choice: Choice, vectors: NDArray[np.float32] | None) -> Slots:
    """Return the projection of the chosen images and their near-duplicates.

    Args:
        opened: the dataset.
        choice: what of it.
        vectors: (n, d), one per image of the dataset; thumbnails stand in where there are none.
    """
    found = opened.compared(choice.category, vectors)
    projection = found.draw(defect_type=choice.defect_type)
    projection.update_layout(meta=opened.index.dataset.name)  # what its points are of
    note = similarity.describe_pairs(found.images, found.pairs)
    return {
        "projection": projection,
        "pairs": table_value(
            similarity.tabulate_pairs(found.images, found.pairs),
            messages.PAIRS_TITLE,
            file="near-duplicates",
            note=f"{note} {messages.PAIRS_NOTE}",
        ),
    }


View = Callable[[Opened, Choice], Slots]
VIEWS: Mapping[str, View] = {
    "overview": show_overview,
    "gallery": show_gallery,
    "location": show_location,
    "shape": show_shape,
}


def _no_truth(title: str) -> Any:
    return empty_plot(title, messages.NO_GROUND_TRUTH)


def _with_normal(opened: Opened, choice: Choice) -> Any:
    return select_with_normal(
        opened.images, category=choice.category, defect_type=choice.defect_type
    )
