"""A report as one HTML file that needs nothing else."""

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from inspection.names import OUTCOME_TITLES
from inspection.reports.blocks import (
    Bars,
    Block,
    Gallery,
    Heading,
    Lead,
    Legend,
    NewPage,
    Paragraph,
    Picture,
    TableBlock,
    Tile,
    Tiles,
    Visual,
)
from inspection.reports.content import lay_out
from inspection.reports.records import Report
from inspection.types import Colour

STYLE = Path(__file__).parent / "report.css"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def make_html(report: Report) -> bytes:
    """Return a report as a page."""
    identity = report.identity
    page = PAGE.format(
        title=html.escape(f"Inspection of {identity.dataset}/{identity.category}"),
        style=STYLE.read_text(encoding="utf-8"),
        body="\n".join(map(_render, lay_out(report))),
    )
    return page.encode()


def _render(block: Block) -> str:
    match block:
        case Heading(text, level):
            drawn = f"<h{level}>{html.escape(text)}</h{level}>"
        case Paragraph(text, is_small):
            drawn = f"<p{_mark(is_small)}>{html.escape(text)}</p>"
        case Lead():
            drawn = _lead(block)
        case Picture() | Legend() | Gallery() | Tiles():
            drawn = _render_visual(block)
        case TableBlock():
            drawn = _table(block)
        case Bars(bars):
            drawn = f'<dl class="bars">{"".join(_bar(*one) for one in bars)}</dl>'
        case NewPage():
            drawn = "<hr>"
        case _:
            assert_never(block)
    return drawn


def _render_visual(block: Visual) -> str:
    match block:
        case Picture(picture, caption, _):
            drawn = f'<div class="large">{_figure(caption or "The inspected image", picture)}</div>'
        case Legend(colours):
            drawn = f'<p class="legend">{"".join(_swatch(*one) for one in colours)}</p>'
        case Tiles(tiles):
            drawn = f'<div class="tiles">{"".join(map(_tile, tiles))}</div>'
        case Gallery(pictures):
            drawn = f'<div class="gallery">{"".join(_figure(*one) for one in pictures)}</div>'
        case _:
            assert_never(block)
    return drawn


def _mark(is_small: bool) -> str:
    return ' class="small"' if is_small else ""


def _lead(lead: Lead) -> str:
    facts = "".join(f"<dt>{label}</dt><dd>{html.escape(value)}</dd>" for label, value in lead.facts)
    return (
        f'<div class="lead"><div><p class="outcome" data-outcome="{lead.outcome.value}">'
        f"<strong>{html.escape(lead.title)}</strong> {html.escape(lead.text)}</p>"
        f"<dl>{facts}</dl></div></div>"
    )


def _swatch(colour: Colour, text: str) -> str:
    return f'<span><i style="background: rgb{colour}"></i>{html.escape(text)}</span>'


def _tile(tile: Tile) -> str:
    standings = "".join(
        f"<li{' class=flagged' * is_flagged}><span>{html.escape(title)}</span>"
        f"<span>{html.escape(standing)}</span></li>"
        for title, standing, is_flagged in tile.standings
    )
    return (
        f'<figure data-outcome="{tile.outcome.value}">{_image(tile.picture, "")}'
        f"<figcaption>{html.escape(tile.caption)}: {OUTCOME_TITLES[tile.outcome]}"
        f"<ul>{standings}</ul></figcaption></figure>"
    )


def _figure(caption: str, picture: bytes) -> str:
    shown = _image(picture, caption)
    return f"<figure><figcaption>{html.escape(caption)}</figcaption>{shown}</figure>"


def _image(picture: bytes, words: str) -> str:
    data = base64.b64encode(picture).decode()
    return f'<img src="data:image/jpeg;base64,{data}" alt="{html.escape(words)}">'


def _table(table: TableBlock) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.columns)
    rows = "".join(f"<tr>{_cells(row, table.num_left)}</tr>" for row in table.rows)
    kind = "table small" if table.is_small else "table"
    return (
        f'<div class="{kind}"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        "</table></div>"
    )


def _cells(row: Sequence[str], num_left: int) -> str:
    kinds = ["left" if column < num_left else "number" for column in range(len(row))]
    return "".join(
        f'<td class="{kind}">{html.escape(cell)}</td>'
        for kind, cell in zip(kinds, row, strict=True)
    )


def _bar(label: str, share: float) -> str:
    percent = f"{100 * share:.1f} %"
    width = f"{100 * min(1.0, max(0.0, share)):.2f}%"
    return f'<dt>{html.escape(label)}</dt><dd><i style="width: {width}"></i><b>{percent}</b></dd>'
