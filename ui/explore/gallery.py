"""The gallery's pictures: images with the outlines of their ground truth, small and large."""

import base64
from typing import Any

from eda import gallery
from eda.opened import Opened
from inspection.errors import DatasetError
from inspection.images import read_sample, shrink
from inspection.products.catalog import Catalog
from ui.explore import messages
from ui.messages import GALLERY_PAGE
from ui.parts.images import encode_image

LARGE = 1280


def page_value(
    opened: Opened, page: gallery.GalleryPage, ids: frozenset[str] | None = None
) -> dict[str, Any]:
    """Return what the gallery shows; `ids` are what it is narrowed to, if anything."""
    by_id = {sample.id: sample for sample in opened.index.samples}

    def side(title: str, ids: tuple[str, ...], note: str, *, is_good: bool) -> dict[str, Any]:
        items = [item for key in ids if (item := gallery.make_item(by_id[key])) is not None]
        for item in items:
            item["value"] = page.notes.get(item["id"], "")
        return {
            "title": title,
            "note": "" if items else note,
            "items": items,
            "isGood": is_good,
        }

    return {
        "dataset": opened.index.dataset.name,
        "sides": [
            side(
                messages.GALLERY_GOOD.format(count=page.num_good),
                page.good,
                messages.GALLERY_NO_GOOD,
                is_good=True,
            ),
            side(
                messages.GALLERY_BAD.format(count=page.num_defective),
                page.defective,
                messages.GALLERY_NO_BAD,
                is_good=False,
            ),
        ],
        "page": page.page,
        "pages": page.num_pages,
        "narrowed": "" if ids is None else messages.GALLERY_CHOSEN.format(count=len(ids)),
        "note": GALLERY_PAGE.format(page=page.page + 1, pages=page.num_pages),
    }


def detail_value(opened: Opened, catalog: Catalog, sample_id: object) -> dict[str, Any]:
    """Return one image large, with what is known of it.

    Raises:
        DatasetError: the dataset has no image of that id.
        ImageError: it cannot be read any more.
    """
    rows = {sample.id: row for row, sample in enumerate(opened.index.samples)}
    if not isinstance(sample_id, str) or sample_id not in rows:
        raise DatasetError("There is no such image.", "Choose one from the gallery.")
    sample = opened.index.samples[rows[sample_id]]
    image = read_sample(sample)
    height, width = image.shape[:2]
    product = f"{opened.index.dataset.name}/{sample.category}"
    is_known = product in catalog.products
    note = messages.BOXES_NOTE if sample.has_only_boxes else ""
    return {
        "dataset": opened.index.dataset.name,
        "id": sample.id,
        "source": encode_image(shrink(image, LARGE)),
        "path": gallery.outline_of(sample, (height, width)),
        "box": [width, height],
        "isBoxes": sample.has_only_boxes,
        "facts": _facts(opened, rows[sample_id]),
        "note": note if is_known else f"{note} {messages.NO_PRODUCT_NOTE}".strip(),
        "product": product if is_known else "",
    }


def peek_value(opened: Opened, sample_id: object) -> dict[str, str]:
    """Return the thumbnail of an image; nothing for an unknown one."""
    if not isinstance(sample_id, str):
        return {}
    data = opened.index.thumbnails([sample_id]).get(sample_id)
    if data is None:
        return {}
    return {
        "dataset": opened.index.dataset.name,
        "id": sample_id,
        "source": f"data:image/jpeg;base64,{base64.b64encode(data).decode()}",
    }


def _facts(opened: Opened, row: int) -> list[tuple[str, str]]:
    values = {str(name): value for name, value in opened.images.iloc[row].items()}
    values["defect_type"] = values["defect_type"].replace("_", " ")
    wanted = {**messages.IMAGE_FACTS, **(messages.DEFECT_FACTS if values["num_defects"] else {})}
    return [(name, text.format(**values)) for name, text in wanted.items()]
