"""What of a dataset is shown: chosen by a visitor of the page, or everything, as in the report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspection.detector import DetectorInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ANY = "any"
WHOLE = (0.0, float("inf"))


@dataclass(frozen=True, slots=True)
class Filter:
    """A range of the defects that a view is narrowed to.

    Attributes:
        ranges: by the words of a choice; `ANY` takes every one.
    """

    name: str
    label: str
    ranges: Mapping[str, tuple[float, float]]


AREA = Filter(
    "area",
    "Defect area",
    {  # percent of the image
        ANY: WHOLE,
        "under 0.1 %": (0.0, 0.1),
        "0.1 to 1 %": (0.1, 1.0),
        "1 to 10 %": (1.0, 10.0),
        "over 10 %": (10.0, WHOLE[1]),
    },
)
CONTRAST = Filter(
    "contrast",
    "Contrast of the largest defect",
    {  # grey levels, whatever the sign
        ANY: WHOLE,
        "faint: under 10 levels": (0.0, 10.0),
        "10 to 40 levels": (10.0, 40.0),
        "strong: over 40 levels": (40.0, WHOLE[1]),
    },
)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What of a dataset a view shows; every value is checked before it comes here.

    Attributes:
        category, defect_type: None takes every one.
        filters: choices of the view's own filters, by their names.
        page: of its pictures, from 0.
        vectors: (n, d), one embedding per image of the dataset; None where there are none.
        with_pictures: show images of the dataset.
        detectors: that may learn from the dataset, by name.
        is_spread: take pictures from all over the dataset, not from its beginning.
    """

    category: str | None = None
    defect_type: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    page: int = 0
    vectors: "NDArray[np.float32] | None" = None
    with_pictures: bool = True
    detectors: Mapping[str, DetectorInfo] = field(default_factory=dict)
    is_spread: bool = False
