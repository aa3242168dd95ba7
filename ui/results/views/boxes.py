"""How well a detector of boxes finds each kind of defect."""

from ui.parts.components import make_table
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection

NOTE = (
    "AP: area below precision against recall, from the surest box on, of boxes that overlap a "
    "marked one of their kind by half of their union (50), and its mean over overlaps of 0.50 to "
    "0.95 (50-95), as COCO counts; the mean of the kinds is called mAP. Low and high: the 95 % "
    "interval."
)


def build(results: Results, selection: Selection) -> Updates:
    """Return the average precision of each kind, by detector."""
    import pandas as pd

    from eda.tables import table_value
    from inspection.evaluation.box_evaluation import tabulate_boxes

    found = results.boxes(selection.key)
    rows = [
        {"detector": title, **row} for title, one in found.items() for row in tabulate_boxes(one)
    ]
    return {
        "box-precision": table_value(
            pd.DataFrame(rows), "Boxes, kind by kind", file="boxes", note=NOTE
        )
    }


VIEW = ResultsView(
    "boxes",
    "Boxes",
    rows=({"box-precision": make_table},),
    build=build,
    is_offered=lambda results, selection: bool(results.boxes(selection.key)),
    is_rare=True,
    say_rate=lambda *_: (
        "Average precision needs no threshold: the slider does not change this view."
    ),
)
