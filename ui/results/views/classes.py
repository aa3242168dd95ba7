"""What the detector of one category that names classes takes each for, beside its baseline."""

from inspection.errors import InspectionError
from inspection.evaluation.classification import Classification, load_baseline
from ui.parts.components import make_plot, make_table
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection

NOTE = (
    "Precision: share of the images called this class that are of it. Recall: share of the images "
    "of this class that are called so. F1: their harmonic mean."
)
NO_BASELINE = (
    "There is no baseline to compare with. Train one into another folder (`--backbone small-cnn`), "
    "then run `{command} --baseline DIR`."
)


def build(results: Results, selection: Selection) -> Updates:
    """Return the confusion matrix, and metrics of classifiers and classes."""
    from eda.results.classes import draw_confusion, tabulate_classes, tabulate_classifiers
    from eda.tables import table_value

    own = results.classes(selection.key)
    if own is None:
        return {}
    title = _title(results, own)
    baseline, note = _read_baseline(results, selection.key, own)
    return {
        "confusion": draw_confusion(own),
        "classifiers": table_value(
            tabulate_classifiers(own, baseline, title=title),
            "Right about classes",
            file="classifiers",
            note=note,
        ),
        "per-class": table_value(
            tabulate_classes(own, baseline),
            f"Class by class: {title}",
            file="classes",
            note=NOTE,
        ),
    }


def _title(results: Results, own: Classification) -> str:
    info = results.catalog.detectors[own.checkpoint.detector]
    return f"{info.title} ({own.backbone})" if own.backbone else info.title


def _read_baseline(
    results: Results, key: str, own: Classification
) -> tuple[Classification | None, str]:
    """Return the baseline, and what to say about it; boxes are not compared with any."""
    from eda.results.classes import describe_difference

    name = own.checkpoint.detector
    if results.catalog.detectors[name].gives_boxes:
        return None, ""
    try:
        baseline = load_baseline(results.folder(key, name), own)
    except InspectionError as error:
        return None, results.catalog.places.hide(str(error))
    if baseline is None:
        product = results.catalog.product(key)
        command = results.catalog.places.evaluate_command(product, name).splitlines()[-1]
        return None, NO_BASELINE.format(command=command)
    return baseline, describe_difference(own, baseline, title=_title(results, own))


VIEW = ResultsView(
    "classes",
    "Classes",
    rows=({"confusion": make_plot}, {"classifiers": make_table}, {"per-class": make_table}),
    build=build,
    is_offered=lambda results, selection: results.classes(selection.key) is not None,
    is_rare=True,
    say_rate=lambda *_: "Classes need no threshold: the slider does not change this view.",
)
