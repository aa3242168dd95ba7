"""How well scores separate good from defective at every threshold: of images and of pixels."""

from ui.parts.components import make_plot
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection, is_evaluated


def build(_: Results, selection: Selection) -> Updates:
    """Return ROC, precision-recall and PRO curves of one category."""
    from eda.results.plots import NO_PIXELS, draw_image_pr, draw_image_roc, draw_pixel_curves
    from eda.style import empty_plot

    shown = selection.shown
    of_pixels: Updates = {**draw_pixel_curves(shown)}
    if not any(plot.data for plot in of_pixels.values()):  # one sentence instead of three
        of_pixels = dict.fromkeys(of_pixels) | {"pro": empty_plot("Curves of pixels", NO_PIXELS)}
    return {"roc": draw_image_roc(shown), "pr": draw_image_pr(shown), **of_pixels}


VIEW = ResultsView(
    "curves",
    "Curves",
    rows=(
        {"roc": make_plot, "pr": make_plot},
        {"pro": make_plot, "pixel_pr": make_plot, "pixel_roc": make_plot},
    ),
    build=build,
    is_offered=is_evaluated,
)
