"""How plots look: readable without colour vision, on light and on dark ground."""

from typing import Any

import plotly.graph_objects as go

INK = "#74818f"  # readable on white and on near-black; the page replaces it by its own ink
GRID = "rgba(128,140,150,.25)"
NORMAL = "#2f86c9"  # good, and nothing else is blue
DEFECT = "#d9601a"  # defective
LEARNED = {NORMAL: "#8fbfe6", DEFECT: "#eda878"}  # the same, of images to learn from
NEUTRAL = "#8b98a6"
SEQUENCE = (DEFECT, "#17916b", "#a678d6", "#b58a00", "#d1598f", "#7a5a3a", "#5c6f82", "#9c2f2f")
"""Types of defects, and whatever else is neither good nor defective."""
SYMBOLS = ("square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down", "pentagon")
FONT = "IBM Plex Sans, system-ui, sans-serif"
MAX_LABEL = 26
LEGEND_WIDTH = 300  # of a legend on a narrow screen, px
LEGEND_LINE, LEGEND_MARK, LEGEND_LETTER = 19, 40, 7  # px
SUBTITLE = "font-size:13px;font-weight:400"
INSIDE_LABEL: dict[str, Any] = {  # of a bar; the style sheets give it a halo over the pattern
    "textposition": "inside",
    "insidetextanchor": "middle",
    "textfont": {"color": "#10161d", "size": 12},
    "textangle": 0,
}


# long: one call that lists what all plots have
def lay_out(
    plot: go.Figure,
    title: str,
    *,
    subtitle: str = "",
    height: int = 300,
    x_title: str = "",
    y_title: str = "",
    **layout: Any,
) -> go.Figure:
    """Give a plot its title, ink, grid and margins, and return it."""
    plot.update_layout(
        overwrite=True,  # else each value is set by itself, which takes twice as long
        template="none",
        height=height,
        margin={"l": 12, "r": 16, "t": 62 if subtitle else 46, "b": 40},
        title={
            "text": f"{title}<br><span style='{SUBTITLE}'>{subtitle}</span>" if subtitle else title,
            "font": {"size": 15, "weight": 700},
            "x": 0.012,
            "xanchor": "left",
            "y": 0.98,
            "yanchor": "top",
            "pad": {"t": 8},
        },
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12.5, "color": INK},
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 0.01,
            "yanchor": "bottom",
            "x": 0,
            "xanchor": "left",
            "itemsizing": "constant",
            "traceorder": "normal",
        },
        hoverlabel={"font": {"family": FONT, "size": 13}},
        dragmode=False,
        uniformtext={"minsize": 10, "mode": "hide"},
        **layout,
    )
    axis = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "automargin": True}
    for name, words in (("x", x_title), ("y", y_title)):
        named = {"text": words, "standoff": 8, "font": {"size": 13}}
        getattr(plot, f"update_{name}axes")(overwrite=True, title=named, **axis)
    return plot


def make_room_for_legend(plot: go.Figure) -> go.Figure:
    """Make a plot higher on a narrow screen, where its legend takes more lines; return it.

    `plots.js` chooses between the two heights.
    """
    names = [len(trace.name) for trace in plot.data if trace.name]
    num_columns = max(1, LEGEND_WIDTH // (LEGEND_MARK + LEGEND_LETTER * max(names, default=1)))
    num_lines = -(-len(names) // num_columns)
    height = plot.layout.height
    narrow = {"height": height + LEGEND_LINE * max(0, num_lines - 1)}
    return plot.update_layout(meta={"wide": {"height": height}, "narrow": narrow})


def empty_plot(title: str, message: str, *, height: int = 220) -> go.Figure:
    """Return a plot that says in words why there is nothing to draw."""
    plot = lay_out(go.Figure(), title, height=height, showlegend=False)
    plot.update_xaxes(visible=False)
    plot.update_yaxes(visible=False)
    plot.add_annotation(
        text=wrap(message),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 14},
    )
    return plot


def wrap(text: str, width: int = 46) -> str:
    """Return text with line breaks that plotly understands."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def say(name: str) -> str:
    """Return a name from a folder as words, shortened to fit an axis."""
    words = escape(name.replace("_", " "))
    return words if len(words) <= MAX_LABEL else f"{words[: MAX_LABEL - 1]}…"


def escape(text: str) -> str:
    """Return text in which plotly finds no markup: names of folders may hold anything."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def bar_height(num_bars: int) -> int:
    """Return the height of a plot with this many horizontal bars, in pixels."""
    return max(240, min(900, 120 + 34 * num_bars))


def bar_marker(colour: str, shape: str) -> dict[str, object]:
    """Return a bar's marker whose pattern says what its colour says."""
    marker: dict[str, object] = {"color": colour, "line": {"width": 0}}
    if shape:
        marker["pattern"] = {
            "shape": shape,
            "size": 7,
            "solidity": 0.22,
            "bgcolor": colour,
            "fgcolor": "#ffffff",
            "fgopacity": 0.75,
        }
    return marker
