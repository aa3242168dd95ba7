"""How well scores separate at every threshold, all metrics, times, and how it was trained."""

from inspection.errors import InspectionError
from inspection.products.history import History, read_history
from ui.parts.components import make_plot, make_table
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection

RATE_NOTE = "Of this view, only the marks on the two curves of images follow the slider."
PLOTS = ("roc", "pr", "pro", "pixel_pr", "pixel_roc")


def build(results: Results, selection: Selection) -> Updates:
    """Return curves, metrics and times of one category, and the trainings of its detectors."""
    return {
        **_build_curves(selection),
        **_build_metrics(selection),
        **_build_trainings(results, selection),
    }


def _build_curves(selection: Selection) -> Updates:
    from eda.results.plots import NO_PIXELS, draw_image_pr, draw_image_roc, draw_pixel_curves
    from eda.style import empty_plot

    shown = selection.shown
    if not shown:
        return dict.fromkeys(PLOTS)
    of_pixels: Updates = {**draw_pixel_curves(shown)}
    if not any(plot.data for plot in of_pixels.values()):  # one sentence instead of three
        of_pixels = dict.fromkeys(of_pixels) | {"pro": empty_plot("Curves of pixels", NO_PIXELS)}
    judged = selection.judged
    return {"roc": draw_image_roc(judged), "pr": draw_image_pr(judged), **of_pixels}


def _build_metrics(selection: Selection) -> Updates:
    from eda.results.plots import draw_seconds
    from eda.results.tables import describe_metrics, tabulate_metrics
    from eda.tables import table_value

    shown = selection.shown
    if not shown:
        return {"seconds": None, "metrics": None}
    category = shown[0].report.checkpoint.category
    return {
        "seconds": draw_seconds(shown, category),
        "metrics": table_value(
            tabulate_metrics(shown),
            f"All metrics: {category}",
            file="metrics",
            note=describe_metrics(shown),
        ),
    }


def _build_trainings(results: Results, selection: Selection) -> Updates:
    """Return the curves of every training, and a table of all."""
    import pandas as pd

    from eda.results.training import draw_training
    from eda.tables import table_value

    trained = results.catalog.checkpoints.trained(results.catalog.product(selection.key))
    detectors = results.catalog.detectors
    updates: Updates = {f"details-{name}": None for name in detectors}
    rows = []
    for name in trained:
        title = detectors[name].title
        history, trouble = _read_history(results, selection.key, name)
        if trouble or (history is not None and history.epochs):
            updates[f"details-{name}"] = draw_training(title, history, trouble=trouble)
        if history is not None:
            rows.append(_row(title, history))
    missing = [info.title for name, info in detectors.items() if name not in trained]
    note = f"Not trained yet: {', '.join(missing)}." if missing else ""
    updates["trainings"] = table_value(pd.DataFrame(rows), "Trainings", file="trainings", note=note)
    return updates


def _read_history(results: Results, key: str, name: str) -> tuple[History | None, str]:
    try:
        mismatched = results.catalog.checkpoints.mismatched(results.catalog.product(key))
        if name in mismatched:
            raise mismatched[name]
        return read_history(results.folder(key, name)), ""
    except InspectionError as error:
        return None, results.catalog.places.hide(str(error))


def _row(title: str, history: History) -> dict[str, object]:
    return {
        "detector": title,
        "learned": history.summary,
        "epochs": len(history.epochs) or float("nan"),
        "minutes": history.seconds / 60,
        "device": history.device,
        "made": history.created[:16].replace("T", " "),
    }


VIEW = ResultsView(
    "details",
    "Details",
    rows=(
        {"roc": make_plot, "pr": make_plot},
        {"pro": make_plot, "pixel_pr": make_plot, "pixel_roc": make_plot},
        {"seconds": make_plot, "trainings": make_table},
        {"metrics": make_table},
    ),
    build=build,
    per_detector=make_plot,
    say_rate=lambda _, selection: RATE_NOTE if selection.shown else "",
)
