"""Which images are alike, and near-duplicates across the split."""

from collections.abc import Mapping
from typing import Any

from eda.choice import Choice
from eda.opened import Opened
from eda.views.view import Kind, View

NOTE = (
    "A leak is a pair with one image in training and one in test. Similarity is the cosine after "
    "taking away what all images of the category share."
)


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return the projection of the chosen images and their near-duplicates."""
    from eda.similarity import describe_pairs, tabulate_pairs
    from eda.tables import Table

    found = opened.compared(choice.category, choice.vectors)
    return {
        "projection": found.draw(defect_type=choice.defect_type),
        "pairs": Table(
            tabulate_pairs(found.images, found.pairs),
            "Near-duplicates",
            file="near-duplicates",
            note=f"{describe_pairs(found.images, found.pairs)} {NOTE}",
        ),
    }


VIEW = View(
    "similarity",
    "Similarity",
    rows=({"projection": Kind.POINTS}, {"pairs": Kind.TABLE}),
    build=build,
    needs_vectors=True,
)
