"""Which images are alike, and near-duplicates across the split."""

from collections.abc import Mapping
from typing import Any

from eda.choice import COLOUR, Choice
from eda.opened import Opened
from eda.views.view import Kind, View

MOST = 12  # pairs that are shown as pictures
NOTE = (
    "A leak is a pair with one image in training and one in test. Similarity is the cosine after "
    "taking away what all images of the category share."
)


LEAKS_FIRST = "Those between training and test come first."
NO_TWINS = "No two images are near-duplicates."


def build(opened: Opened, choice: Choice) -> Mapping[str, Any]:
    """Return the projection of the chosen images and their near-duplicates."""
    from eda.health.finding import Group, PictureGroups, unite
    from eda.similarity import describe_pairs, tabulate_pairs
    from eda.tables import Table

    found = opened.compared(choice.category, choice.vectors)
    table = tabulate_pairs(found.images, found.pairs)
    shown = table.head(MOST)[["first", "second", "similarity"]].to_numpy()
    twins = tuple(Group((str(a), str(b)), f"similarity {alike:.2f}") for a, b, alike in shown)
    cut = f"The first {MOST} of the pairs below. " if len(table) > MOST else ""
    note = f"{cut}{LEAKS_FIRST if twins else NO_TWINS}"
    return {
        "projection": found.draw(
            defect_type=choice.defect_type, colour=choice.filters.get("colour")
        ),
        "twins": PictureGroups("Near-duplicates side by side", note, twins, unite(twins)),
        "pairs": Table(
            table,
            "Near-duplicates",
            file="near-duplicates",
            note=f"{describe_pairs(found.images, found.pairs)} {NOTE}",
            picks=("first", "second"),
        ),
    }


VIEW = View(
    "similarity",
    "Similarity",
    rows=({"projection": Kind.PLOT}, {"twins": Kind.GROUPS}, {"pairs": Kind.TABLE}),
    build=build,
    filters=(COLOUR,),
    needs_vectors=True,
    takes_image=True,
)
