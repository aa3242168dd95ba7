"""The images that a visitor selected, as the tray shows and saves them."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eda.nearest import find_nearest
from eda.opened import Opened
from eda.selection import COUNTED, select_images
from eda.tables import table_value
from inspection.products.catalog import Catalog
from ui.explore import messages

MAX_THUMBNAILS = 24


def selection_value(
    opened: Opened,
    catalog: Catalog,
    wanted: Mapping[str, Any],
    vectors: "NDArray[np.float32] | None" = None,
) -> dict[str, Any]:
    """Return what the tray and the plots show of a selection.

    Args:
        opened: the dataset that is shown.
        catalog: whose products can inspect the images.
        wanted: "ids", and "conditions" that add further images, or take some away if it "removes";
            these are met among the "category" and the "type" that the view is narrowed to. What
            cannot be understood selects nothing. With "nearest", those most like the only image.
        vectors: embeddings (n, d) of all images, if they were made.
    """
    rows = _choose(opened, wanted)
    if wanted.get("nearest") is True and len(rows) == 1:
        (place,) = np.flatnonzero(opened.images["id"] == rows["id"].iloc[0])
        near = find_nearest(opened.index, opened.images, vectors, int(place))
        rows = opened.images.iloc[near]
    return {
        "dataset": opened.index.dataset.name,
        "ids": [str(one) for one in rows["id"]],
        "kinds": rows[list(COUNTED)].drop_duplicates().to_dict("records"),
        "classes": _count_classes(opened.images, rows),
        "pictures": _thumbnails(opened, rows),
        "inspected": _inspected(opened, catalog, rows),
    }


def measures_value(opened: Opened, ids: object) -> dict[str, Any]:
    """Return titles and rows of the table of the selected images, with all that is measured."""
    rows = _choose(opened, {"ids": ids})
    table = table_value(rows, "", file=f"selected-{opened.index.dataset.name}", max_rows=None)
    titles = [column["title"].strip() for column in table["columns"]]
    return {"file": table["file"], "titles": titles, "rows": table["rows"]}


def _choose(opened: Opened, wanted: Mapping[str, Any]) -> pd.DataFrame:
    images = opened.images
    chosen = images["id"].isin(known_ids(wanted.get("ids")))
    category, kind = (
        value if isinstance(value := wanted.get(name), str) else None
        for name in ("category", "type")
    )
    conditions = wanted.get("conditions")
    for condition in conditions if isinstance(conditions, list) else ():
        if isinstance(condition, Mapping):
            met = select_images(
                opened.index, images, condition, category=category, defect_type=kind
            )
            is_met = images.index.isin(met.index)
            chosen = chosen & ~is_met if wanted.get("removes") is True else chosen | is_met
    return images[chosen]


def _count_classes(images: pd.DataFrame, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many images of each class are selected, of how many, the most first."""
    found = []
    is_one = images["category"].nunique() == 1
    for category, kind in rows[["category", "defect_type"]].drop_duplicates().to_numpy():
        counted = [
            int(((frame["category"] == category) & (frame["defect_type"] == kind)).sum())
            for frame in (rows, images)
        ]
        found.append(
            {
                "category": str(category),
                "defect_type": str(kind),
                "label": (str(kind) if is_one else f"{kind}, {category}").replace("_", " "),
                "count": counted[0],
                "total": counted[1],
            }
        )
    return sorted(found, key=lambda one: -int(one["count"]))


def known_ids(ids: object) -> list[str]:
    """Return what may be ids of images; a request by hand may ask anything."""
    return [one for one in ids if isinstance(one, str)] if isinstance(ids, Sequence) else []


def _thumbnails(opened: Opened, rows: pd.DataFrame) -> list[dict[str, str]]:
    ids = [str(one) for one in rows["id"].head(MAX_THUMBNAILS)]
    found = opened.index.thumbnails(ids)
    return [
        {
            "id": one,
            "source": f"data:image/jpeg;base64,{base64.b64encode(found[one]).decode()}",
        }
        for one in ids
        if one in found
    ]


def _inspected(opened: Opened, catalog: Catalog, rows: pd.DataFrame) -> dict[str, Any]:
    """Return the product with the most selected images, and these; {} for no product."""
    for category in rows["category"].value_counts().index:
        product = f"{opened.index.dataset.name}/{category}"
        if product in catalog.products:
            ids = [str(one) for one in rows.loc[rows["category"] == category, "id"]]
            is_all = len(ids) == len(rows)
            words = messages.INSPECT_ALL if is_all else messages.INSPECT_SOME
            label = words.format(count=len(ids), category=str(category).replace("_", " "))
            return {"product": product, "ids": ids, "label": label}
    return {}
