"""A view: one question about a dataset, a sub-tab of the page and a section of the report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from eda.choice import Choice, Filter
from eda.opened import Opened

NO_GROUND_TRUTH = (
    "No image of this dataset has a mask or a box, so the places of its defects are unknown."
)

Offered = tuple[Sequence[str], str]
"""Values of a filter, and the one that is chosen at first."""


class Kind(Enum):
    """What a part of a view is, and so how it is drawn."""

    PLOT = auto()  # a plot of Plotly
    TABLE = auto()  # an `eda.tables.Table`
    TILES = auto()  # a sequence of `eda.overview.Tile`
    FINDINGS = auto()  # a sequence of `eda.health.finding.Finding`
    GROUPS = auto()  # an `eda.health.finding.PictureGroups`
    PICTURES = auto()  # an `eda.gallery.GalleryPage`


@dataclass(frozen=True, slots=True)
class View:
    """One question about a dataset.

    Attributes:
        rows: kinds of its parts by name, row by row; a name stands in one view only.
        build: returns the values of the parts by name; without one, there is nothing to show. It
            imports what it draws with, so that the page starts without it.
        refine: returns some values once more, by what takes seconds to find out.
        filters: of its own.
        offer: returns what there is to choose from in some of them, by the dataset, the choice and
            the names of all datasets: name of a filter -> values, and which is chosen at first.
        needs_vectors: it compares embeddings of the images.
        needs_pictures: it shows images of the dataset and nothing else.
        needs_judges: it asks what the evaluated detectors say of the images.
        takes_image: a visitor's own image is compared with those of the dataset.
    """

    name: str
    title: str
    rows: Sequence[Mapping[str, Kind]]
    build: Callable[[Opened, Choice], Mapping[str, Any]]
    refine: Callable[[Opened, Choice], Mapping[str, Any]] | None = None
    filters: Sequence[Filter] = ()
    offer: Callable[[Opened, Choice, Sequence[str]], Mapping[str, Offered]] | None = None
    needs_vectors: bool = False
    needs_pictures: bool = False
    needs_judges: bool = False
    takes_image: bool = False

    @property
    def parts(self) -> dict[str, Kind]:
        """Kinds of all parts by name, from top to bottom."""
        return {name: kind for row in self.rows for name, kind in row.items()}
