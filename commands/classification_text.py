"""How right a classifier is, as text for the terminal."""

from collections.abc import Sequence

from inspection.evaluation.classes import ClassReport
from inspection.evaluation.classification import Classification, count_differences

NAME_WIDTH = 24
CELL_WIDTH = 9


def describe_classes(report: ClassReport) -> list[str]:
    """Return the metrics of a classifier, class by class, and its confusion matrix."""
    return [
        f"  classes: accuracy {report.accuracy:.3f}, macro precision {report.precision:.3f}, "
        f"recall {report.recall:.3f}, F1 {report.f1:.3f}",
        *(
            f"    {name}: accuracy {accuracy:.3f}"
            for name, accuracy in report.accuracy_by_dataset.items()
        ),
        _line("", ["images", "precision", "recall", "F1"]),
        *(
            _line(one.name, [one.num_images, *_round(one.precision, one.recall, one.f1)])
            for one in report.per_class
        ),
        "  true class, and what it was taken for",
        _line("", [_shorten(name) for name in report.classes]),
        *(
            _line(name, row.tolist())
            for name, row in zip(report.classes, report.confusion, strict=True)
        ),
    ]


def describe_classification(own: Classification, baseline: Classification | None) -> list[str]:
    """Return the lines about one classifier, beside its baseline if there is one."""
    compared = [] if baseline is None else describe_baseline(own, baseline)
    return [*describe_classes(own.judge()), *compared]


def describe_baseline(own: Classification, baseline: Classification) -> list[str]:
    """Return the metrics of a classifier and of its baseline, one line each."""
    better, worse = count_differences(own, baseline)
    return [
        "  beside the baseline, on the same images",
        _line("", ["accuracy", "precision", "recall", "F1"]),
        _line(own.title, _macro(own.judge())),
        _line(f"{baseline.title}, baseline", _macro(baseline.judge())),
        f"    right where the baseline is wrong: {better} images; the other way round: {worse}",
    ]


def _macro(report: ClassReport) -> list[str]:
    return _round(report.accuracy, report.precision, report.recall, report.f1)


def _round(*values: float) -> list[str]:
    return [f"{value:.3f}" for value in values]


def _shorten(name: str) -> str:
    return name if len(name) < CELL_WIDTH else f"{name[: CELL_WIDTH - 2]}…"


def _line(name: str, cells: Sequence[object]) -> str:
    shown = name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}…"
    return f"    {shown:<{NAME_WIDTH}}" + "".join(f"{cell:>{CELL_WIDTH + 1}}" for cell in cells)
