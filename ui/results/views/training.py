"""How every detector of one category was trained."""

from inspection.errors import InspectionError
from inspection.products.history import History, read_history
from ui.parts.components import make_plot, make_table
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection


def build(results: Results, selection: Selection) -> Updates:
    """Return the curves of every training, and a table of all."""
    import pandas as pd

    from eda.results.training import draw_training
    from eda.tables import table_value

    trained = results.catalog.checkpoints.trained(results.catalog.product(selection.key))
    detectors = results.catalog.detectors
    updates: Updates = {f"training-{name}": None for name in detectors}
    rows = []
    for name in trained:
        title = detectors[name].title
        history, trouble = _read_history(results, selection.key, name)
        updates[f"training-{name}"] = draw_training(title, history, trouble=trouble)
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
    "training",
    "Training",
    rows=({"trainings": make_table},),
    build=build,
    per_detector=make_plot,
    judged=lambda _: (),
)
