"""The whole exploration of a dataset as one HTML file that needs nothing else."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plotly.offline import get_plotlyjs

from eda import gallery, overview, views
from eda.assets import WEB
from eda.choice import Choice
from eda.findings_html import write_findings, write_groups
from eda.frame import make_frame
from eda.index import Index
from eda.opened import Opened, open_tables
from eda.views.view import Kind, View
from inspection.detector import DetectorInfo
from inspection.files import write_whole


def write_report(
    path: Path,
    index: Index,
    *,
    detectors: Mapping[str, DetectorInfo],
    vectors: NDArray[np.float32] | None = None,
    pictures: bool = True,
    against: Index | None = None,
) -> None:
    """Write the report of a dataset.

    Args:
        path: of the HTML file.
        index: of the dataset.
        detectors: that may learn from it.
        vectors: embeddings (n, d), one per image; thumbnails stand in where there are none.
        pictures: show images of the dataset and the mean normal image; else plots only.
        against: of another dataset, with which the good training images are compared.

    Raises:
        ReportError: the file cannot be written.
    """
    text = make_report(
        index, detectors=detectors, vectors=vectors, pictures=pictures, against=against
    )
    write_whole(path, text)


def make_report(
    index: Index,
    *,
    detectors: Mapping[str, DetectorInfo],
    vectors: NDArray[np.float32] | None = None,
    pictures: bool = True,
    against: Index | None = None,
) -> str:
    """Return the report as HTML (see `write_report`)."""
    opened = open_tables(index)
    choice = Choice(
        vectors=vectors,
        with_pictures=pictures,
        is_spread=True,
        detectors=detectors,
        against=None if against is None else make_frame(against),
    )
    body: list[str] = []
    values: dict[str, Any] = {}
    for view in views.VIEWS:
        if pictures or not view.needs_pictures:
            body += _section(view, opened, choice, values)
    parts = {
        "@TITLE@": html.escape(f"{index.dataset.name}: {len(opened.images):,} images"),
        "@CSS@": _read("report.css") + _read("parts.css"),
        "@BODY@": "\n".join(body),
        "@TABLE@": _read("table.html"),
        "@VALUES@": json.dumps(values).replace("<", "\\u003c"),  # names may hold markup
        "@TABLE_JS@": _read("csv.js") + _read("words.js") + _read("table.js"),
        "@PLOTS_JS@": _read("plots.js"),
        "@PLOTLY@": get_plotlyjs(),
    }
    return re.sub("|".join(parts), lambda mark: parts[mark[0]], _read("report.html"))


def _section(view: View, opened: Opened, choice: Choice, values: dict[str, Any]) -> list[str]:
    """Return the markup of a view, and keep the values that scripts draw into it."""
    parts = dict(view.build(opened, choice))
    if view.refine is not None:
        parts |= view.refine(opened, choice)
    inner = [
        _place(name, kind, parts[name], opened, values, choice)
        for name, kind in view.parts.items()
        if name in parts
    ]
    return [f"<section><h2>{html.escape(view.title)}</h2>", *inner, "</section>"]


def _place(
    name: str, kind: Kind, part: Any, opened: Opened, values: dict[str, Any], choice: Choice
) -> str:
    """Return the markup of one part, or its place where a script draws it."""
    if kind is Kind.TILES:
        return _tiles(part)
    if kind is Kind.GROUPS:
        return write_groups(part, opened.index, pictures=choice.with_pictures)
    if kind is Kind.FINDINGS:
        return write_findings(part, opened.index, pictures=choice.with_pictures)
    if kind is Kind.PICTURES:
        return _gallery(opened.index, part)
    if kind is Kind.TABLE:
        values[f"part-{name}"] = part.value(max_rows=None)
        return f'<div class="table" id="part-{name}"></div>'
    values[f"part-{name}"] = json.loads(part.to_json())
    return f'<div class="fig"><div id="part-{name}"></div></div>'


def _tiles(tiles: Sequence[overview.Tile]) -> str:
    inner = "".join(
        f"<div><dt>{html.escape(tile.label)}</dt><dd>{html.escape(tile.value)}</dd></div>"
        for tile in tiles
    )
    return f'<dl class="tiles">{inner}</dl>'


def _gallery(index: Index, page: gallery.GalleryPage) -> str:
    by_id = {sample.id: sample for sample in index.samples}
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
