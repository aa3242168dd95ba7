"""What each sub-tab of the Results tab shows; imported when somebody opens the tab."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from eda.results.classes import (
    describe_difference,
    draw_confusion,
    tabulate_classes,
    tabulate_classifiers,
)
from eda.results.plots import (
    NO_PIXELS,
    Shown,
    draw_image_pr,
    draw_image_roc,
    draw_leaderboard,
    draw_pixel_curves,
    draw_seconds,
)
from eda.results.scores import draw_scatter, judge_values
from eda.results.tables import (
    describe_board,
    describe_metrics,
    tabulate_board,
    tabulate_metrics,
)
from eda.results.training import draw_training
from eda.style import empty_plot
from eda.tables import table_value
from inspection.errors import InspectionError
from inspection.evaluation.classification import Classification, load_baseline
from inspection.evaluation.leaderboard import make_leaderboard
from inspection.evaluation.metric_list import METRICS
from inspection.products.checkpoint_folders import load_calibration
from inspection.products.history import History, read_history
from ui.parts.updates import Updates
from ui.results import messages
from ui.results.data import Results
from ui.results.mistakes import mistakes_value


@dataclass(frozen=True, slots=True)
class Selection:
    """What a visitor has chosen; every value is checked before it comes here.

    Attributes:
        key: of the product.
        keys: of all products of its dataset.
        first, second: detectors by name, of the scatter.
    """

    key: str
    keys: tuple[str, ...]
    metric: str = "image_auroc"
    first: str = ""
    second: str = ""
    kind: str = "misses"
    page: int = 0


def choose_tabs(results: Results, selection: Selection) -> dict[str, bool]:
    """Return by sub-tab, in their order, whether there is anything to see on it.

    The leaderboard says what was not evaluated, unless there are good parts in no category.
    """
    num_shown = len(results.shown(selection.key))
    has_classes = results.classes(selection.key) is not None
    return {
        "leaderboard": not has_classes or any(results.shown(key) for key in selection.keys),
        "threshold": num_shown > 0,
        "curves": num_shown > 0,
        "compare": num_shown > 1,
        "mistakes": num_shown > 0,
        "classes": has_classes,
        "training": True,
    }


def show_leaderboard(results: Results, selection: Selection) -> Updates:
    """Return one metric of all categories; times and all metrics of one."""
    everyone = [one for key in selection.keys for one in results.shown(key)]
    shown = {one.report.detector: one for one in sorted(everyone, key=lambda one: one.place)}
    order = list(shown)
    reports = sorted((one.report for one in everyone), key=lambda one: order.index(one.detector))
    board = make_leaderboard(reports, selection.metric)
    titles = {name: one.title for name, one in shown.items()}
    here = results.shown(selection.key)
    category = results.catalog.product(selection.key).category
    return {
        "board-plot": draw_leaderboard(board, shown),
        "seconds": draw_seconds(here, category),
        "board": table_value(
            tabulate_board(board, titles),
            messages.BOARD_TITLE.format(metric=METRICS[selection.metric].title),
            file="leaderboard",
            note=describe_board(board, titles),
        ),
        "metrics": table_value(
            tabulate_metrics(here) if here else pd.DataFrame(),
            messages.METRICS_TITLE.format(category=category),
            file="metrics",
            note=describe_metrics(here) if here else "",
        ),
    }


def show_curves(results: Results, selection: Selection) -> Updates:
    """Return ROC, precision-recall and PRO curves of one category."""
    shown = results.shown(selection.key)
    of_pixels: Updates = {**draw_pixel_curves(shown)}
    if not any(plot.data for plot in of_pixels.values()):  # one sentence instead of three
        said = empty_plot(messages.PIXEL_CURVES, NO_PIXELS)
        of_pixels = dict.fromkeys(of_pixels) | {"pro": said}
    return {"roc": draw_image_roc(shown), "pr": draw_image_pr(shown), **of_pixels}


def show_threshold(results: Results, selection: Selection) -> Updates:
    """Return what the browser needs to judge anew at any threshold."""
    shown = results.shown(selection.key)
    calibrations = {
        name: load_calibration(results.folder(selection.key, name)).calibration
        for name in (one.report.detector for one in shown)
    }
    return {"judge": {**judge_values(shown, calibrations), "texts": dict(messages.JUDGE)}}


def show_compare(results: Results, selection: Selection) -> Updates:
    """Return one detector against another."""
    shown = results.shown(selection.key)
    first, second = choose_pair(shown, selection.first, selection.second)
    choices = [(one.title, one.report.detector) for one in shown]
    return {
        "first": (choices, first.report.detector if first else None),
        "second": (choices, second.report.detector if second else None),
        "scatter": draw_scatter(first, second),
        "click": {
            "product": selection.key,
            "hint": messages.SCATTER_HINT if second else "",
        },
    }


def show_mistakes(results: Results, selection: Selection) -> Updates:
    """Return the images that detectors are wrong about."""
    value = mistakes_value(results, selection.key, kind=selection.kind, page=selection.page)
    return {"mistakes": value}


def show_classes(results: Results, selection: Selection) -> Updates:
    """Return what the classifier of one category takes each class for, beside its baseline."""
    own = results.classes(selection.key)
    if own is None:
        return {}
    baseline, note = _read_baseline(results, selection.key, own)
    return {
        "confusion": draw_confusion(own),
        "classifiers": table_value(
            tabulate_classifiers(own, baseline),
            messages.CLASSIFIERS_TITLE,
            file="classifiers",
            note=note,
        ),
        "per-class": table_value(
            tabulate_classes(own, baseline),
            messages.CLASSES_TITLE.format(classifier=own.title),
            file="classes",
            note=messages.CLASSES_NOTE,
        ),
    }


def _read_baseline(
    results: Results, key: str, own: Classification
) -> tuple[Classification | None, str]:
    """Return the baseline, and what to say about it."""
    name = own.checkpoint.detector
    try:
        baseline = load_baseline(results.folder(key, name), own)
    except InspectionError as error:
        return None, results.catalog.places.hide(str(error))
    if baseline is None:
        product = results.catalog.product(key)
        command = results.catalog.places.evaluate_command(product, name).splitlines()[-1]
        return None, messages.CLASSES_NO_BASELINE.format(command=command)
    return baseline, describe_difference(own, baseline)


def show_training(results: Results, selection: Selection) -> Updates:
    """Return how every detector of one category was trained."""
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
    note = messages.TRAINING_NONE.format(names=", ".join(missing)) if missing else ""
    updates["trainings"] = table_value(
        pd.DataFrame(rows), messages.TRAININGS_TITLE, file="trainings", note=note
    )
    return updates


def choose_pair(shown: list[Shown], first: str, second: str) -> tuple[Shown | None, Shown | None]:
    """Return the detectors of the scatter: those asked for, else the last two; never one twice."""
    by_name = {one.report.detector: one for one in shown}
    if len(shown) < 2:
        return next(iter(shown), None), None
    level = by_name.get(first, shown[-2])
    others = [one for one in shown if one is not level]
    upright = by_name.get(second, others[-1])
    return level, upright if upright is not level else others[-1]


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


View = Callable[[Results, Selection], Updates]
VIEWS: Mapping[str, View] = {
    "leaderboard": show_leaderboard,
    "curves": show_curves,
    "threshold": show_threshold,
    "compare": show_compare,
    "mistakes": show_mistakes,
    "classes": show_classes,
    "training": show_training,
}
