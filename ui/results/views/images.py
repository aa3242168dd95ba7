"""Every test image in one table: truth, scores, ranks, verdicts and overlaps."""

from ui.parts.components import make_table
from ui.parts.updates import Updates
from ui.results.data import Results
from ui.results.views.view import ResultsView, Selection, is_evaluated

NOTE = (
    "Rank: how many of 100 held-out good parts have a lower score, comparable across detectors. "
    "IoU: overlap of outline and ground truth at the product's own rate. The CSV has the rows that "
    "the search leaves."
)


def build(_: Results, selection: Selection) -> Updates:
    """Return the table of all test images."""
    from eda.results.tables import tabulate_images
    from eda.tables import table_value

    if not selection.judged:
        return {"images": None}
    report = selection.shown[0].report
    return {
        "images": table_value(
            tabulate_images(selection.judged),
            f"All test images: {report.checkpoint.category}",
            file=f"images-{report.checkpoint.category}",
            note=NOTE,
        )
    }


VIEW = ResultsView(
    "images",
    "All images",
    rows=({"images": make_table},),
    build=build,
    is_offered=is_evaluated,
)
