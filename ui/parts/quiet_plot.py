"""A plot without a mode bar; Gradio writes a stub `quiet_plot.pyi` beside it."""

import json
from typing import Any

import gradio as gr
from gradio.components.plot import PlotData

CONFIG = {"displayModeBar": False, "displaylogo": False, "responsive": True}


class QuietPlot(gr.Plot):
    """Keeps the configuration of a plot, which `gr.Plot` drops."""

    def get_block_name(self) -> str:
        return "plot"

    def postprocess(self, value: Any) -> PlotData | None:
        data = super().postprocess(value)
        if data is None or data.type != "plotly":
            return data
        plot = json.loads(data.plot)
        plot["config"] = CONFIG
        return PlotData(type="plotly", plot=json.dumps(plot))
