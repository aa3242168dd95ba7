"""What the images look like: good ones beside defective ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eda.choice import ANY, AREA, CONTRAST, ORDER, Choice
from eda.opened import Opened
from eda.views.view import Kind, View


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return one page of pictures."""
    from eda.frame import select_with_normal
    from eda.gallery import choose_page, describe_values, sort_images

    images = select_with_normal(
        opened.images, category=choice.category, defect_type=choice.defect_type
    )
    if choice.is_spread:
        images = images.sample(frac=1, random_state=0)
    if choice.ids is not None:
        images = opened.images[opened.images["id"].isin(choice.ids)]
    area, contrast = (choice.filters.get(one.name, ANY) for one in (AREA, CONTRAST))
    order = ORDER.values[choice.filters.get(ORDER.name, ORDER.first)]
    page = choose_page(
        images if order is None else sort_images(images, order),
        area=area,
        contrast=contrast,
        page=choice.page,
        shows_all=choice.ids is not None,
    )
    if order is not None:
        page = replace(page, notes=describe_values(images, page, order))
    return {"gallery": page}


VIEW = View(
    "gallery",
    "Gallery",
    rows=({"gallery": Kind.PICTURES},),
    build=build,
    filters=(AREA, CONTRAST, ORDER),
    needs_pictures=True,
)
