"""A page of words, tables and plots in one HTML file that needs nothing else."""

import html
from collections.abc import Sequence
from typing import TypeAlias

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from eda.assets import WEB

Part: TypeAlias = str | pd.DataFrame | go.Figure
"""A paragraph, a table or a plot."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
<script>{plotly}</script>
</head>
<body>
<main><h1>{title}</h1>
{body}
</main>
<script>{plots}</script>
</body>
</html>
"""


def make_page(title: str, sections: Sequence[tuple[str, Sequence[Part]]]) -> str:
    """Return a page.

    Args:
        title: of the page.
        sections: each with its heading; the first may do without.
    """
    body = []
    for heading, parts in sections:
        body += [f"<h2>{html.escape(heading)}</h2>"] if heading else []
        body += map(_render, parts)
    return PAGE.format(
        title=html.escape(title),
        style=_read("report.css") + _read("parts.css"),
        plotly=get_plotlyjs(),
        body="\n".join(body),
        plots=_read("plots.js"),
    )


def _render(part: Part) -> str:
    if isinstance(part, str):
        return f"<p>{html.escape(part)}</p>"
    if isinstance(part, pd.DataFrame):
        table = part.to_html(index=False, border=0)
        return f'<div class="data words"><div class="data-body">{table}</div></div>'
    drawn = part.to_html(full_html=False, include_plotlyjs=False, config={"displayModeBar": False})
    return f'<div class="fig">{drawn}</div>'


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")
