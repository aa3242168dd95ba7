"""The whole exploration of a dataset as one HTML file that needs nothing else."""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from plotly.offline import get_plotlyjs

from eda import gallery, location, overview, shape, similarity
from eda.assets import WEB
from eda.frame import count_kinds, count_odd, make_defect_frame, make_frame, make_problem_frame
from eda.index import Index
from eda.tables import table_value
from inspection.detector import DetectorInfo
from inspection.files import write_whole

PICTURES = 12  # on each side of the gallery

Part: TypeAlias = Any
"""Markup (str), a plot of Plotly or a table value (dict)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it: markup, plots and table values."""

    title: str
    parts: Sequence[Part]


def write_report(
    path: Path,
    index: Index,
    *,
    detectors: Mapping[str, DetectorInfo],
    vectors: NDArray[np.float32] | None = None,
    pictures: bool = True,
) -> None:
    """Write the report of a dataset.

    Args:
        path: of the HTML file.
        index: of the dataset.
        detectors: that may learn from it.
        vectors: embeddings (n, d), one per image; thumbnails stand in where there are none.
        pictures: show images of the dataset and the mean normal image; else plots only.

    Raises:
        ReportError: the file cannot be written.
    """
    write_whole(path, make_report(index, detectors=detectors, vectors=vectors, pictures=pictures))


def make_report(
    index: Index,
    *,
    detectors: Mapping[str, DetectorInfo],
    vectors: NDArray[np.float32] | None = None,
    pictures: bool = True,
) -> str:
    """Return the report as HTML (see `write_report`)."""
    images = make_frame(index)
    body: list[str] = []
    values: dict[str, Any] = {}
    for section in make_sections(index, images, vectors, detectors=detectors, pictures=pictures):
        body.append(f"<section><h2>{html.escape(section.title)}</h2>")
        body.extend(_place(part, values) for part in section.parts)
        body.append("</section>")
    parts = {
        "@TITLE@": html.escape(f"{index.dataset.name}: {len(images):,} images"),
        "@CSS@": _read("report.css") + _read("parts.css"),
        "@BODY@": "\n".join(body),
        "@TABLE@": _read("table.html"),
        "@VALUES@": json.dumps(values).replace("<", "\\u003c"),  # names may hold markup
        "@TABLE_JS@": _read("csv.js") + _read("words.js") + _read("table.js"),
        "@FIGURES_JS@": _read("figures.js"),
        "@PLOTLY@": get_plotlyjs(),
    }
    return re.sub("|".join(parts), lambda mark: parts[mark[0]], _read("report.html"))


def make_sections(
    index: Index,
    images: pd.DataFrame,
    vectors: NDArray[np.float32] | None,
    *,
    detectors: Mapping[str, DetectorInfo],
    pictures: bool,
) -> Iterator[Section]:
    """Yield the sections in the order of the page's sub-tabs."""
    defects, problems = make_defect_frame(index), make_problem_frame(index)
    yield Section(
        "Overview",
        [
            _tiles(overview.make_tiles(images, num_problems=count_odd(problems))),
            overview.draw_splits(images),
            overview.draw_defect_types(images),
            overview.draw_sizes(images),
            overview.draw_light(images),
            table_value(
                overview.count_images(images),
                "Images per type and split",
                file="counts",
                note=f"{overview.describe_lack(images, detectors)} {index.dataset.account}".strip(),
            ),
            table_value(
                problems,
                "Missing or odd files",
                file="odd-files",
                note=count_kinds(problems) or "No file is missing or odd.",
                max_rows=None,
            ),
            table_value(images, "All images", file="images", max_rows=None),
        ],
    )
    if pictures:
        yield Section("Gallery", [_gallery(index, images)])
    panels = location.make_panels(index, images, with_mean=pictures)
    where = location.describe_locations(panels, defects)
    yield Section(
        "Where defects occur",
        [location.draw_density(panels), table_value(where, "Where they gather", file="locations")],
    )
    check = shape.check_resolution(defects)
    kinds = shape.describe_types(defects, images)
    yield Section(
        "Defect shape",
        [
            shape.draw_resolution(defects),
            table_value(
                check, "Resolution check", file="resolution", note=shape.recommend_size(check)
            ),
            *(shape.draw_measure(defects, name) for name in shape.MEASURES),
            shape.draw_counts(images),
            table_value(kinds, "Defect types: medians", file="defect-types"),
            table_value(defects, "All defects", file="defects", max_rows=None),
        ],
    )
    yield _similarity(index, images, vectors)


def _similarity(index: Index, images: pd.DataFrame, vectors: NDArray[np.float32] | None) -> Section:
    found = similarity.compare_images(index, images, vectors)
    pairs = table_value(
        similarity.tabulate_pairs(found.images, found.pairs),
        "Near-duplicates",
        file="near-duplicates",
        note=similarity.describe_pairs(found.images, found.pairs),
        max_rows=None,
    )
    return Section("Similarity", [found.draw(), pairs])


def _place(part: Part, values: dict[str, Any]) -> str:
    """Return the place of a part, and keep what is drawn into it."""
    if isinstance(part, str):
        return part
    name = f"part{len(values)}"
    if isinstance(part, dict):
        values[name] = part
        return f'<div class="table" id="{name}"></div>'
    values[name] = json.loads(part.to_json())
    return f'<div class="fig"><div id="{name}"></div></div>'


def _tiles(tiles: Sequence[overview.Tile]) -> str:
    inner = "".join(
        f"<div><dt>{html.escape(tile.label)}</dt><dd>{html.escape(tile.value)}</dd></div>"
        for tile in tiles
    )
    return f'<dl class="tiles">{inner}</dl>'


def _gallery(index: Index, images: pd.DataFrame) -> str:
    by_id = {sample.id: sample for sample in index.samples}
    spread = images.sample(frac=1, random_state=0)  # else all would be of the first category
    page = gallery.choose_page(spread, size=PICTURES)
    sides = []
    for title, kind, ids in (
        (f"Good ({page.num_good:,})", "good", page.good),
        (f"Defective ({page.num_defective:,})", "defect", page.defective),
    ):
        items = [item for key in ids if (item := gallery.make_item(by_id[key])) is not None]
        pictures = "".join(_picture(item) for item in items)
        sides.append(
            f'<section><h2 data-kind="{kind}">{title}</h2>'
            f'<div class="grid">{pictures}</div></section>'
        )
    return f'<div class="sides">{"".join(sides)}</div>'


def _picture(item: dict[str, Any]) -> str:
    width, height = item["box"]
    kind = ' class="boxes"' if item["isBoxes"] else ""
    overlay = (
        f'<svg viewBox="0 0 {width} {height}" aria-hidden="true"{kind}>'
        f'<path class="halo" d="{item["path"]}"/><path class="mark" d="{item["path"]}"/></svg>'
        if item["path"]
        else ""
    )
    name, label = html.escape(item["id"]), html.escape(f"{item['label']} · {item['detail']}")
    return (
        f'<figure title="{name}"><span class="picture"><img src="{item["source"]}" alt="{name}">'
        f'{overlay}</span><figcaption class="words">{label}</figcaption></figure>'
    )


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")
