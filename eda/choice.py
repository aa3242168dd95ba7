"""What of a dataset is shown: chosen by a visitor of the page, or everything, as in the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspection.detector import DetectorInfo

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from eda.verdicts import Verdicts

ANY = "any"
WHOLE = (0.0, float("inf"))


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice that a view has of its own.

    Attributes:
        values: by the words of a choice, the first of which is made.
    """

    name: str
    label: str
    values: Mapping[str, Any]

    @property
    def first(self) -> str:
        """The choice that is made before anybody makes one."""
        return next(iter(self.values))


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


@dataclass(frozen=True, slots=True)
class Order:
    """What pictures are put in order by.

    Attributes:
        column: of the images; its sign does not count.
        is_rising: the least comes first.
        text: how its value is written below a picture.
    """

    column: str
    is_rising: bool
    text: str


ORDER = Filter(
    "order",
    "Order",
    {  # None for that of the folders
        "as in the folders": None,
        "smallest defects first": Order("defect_area", True, "{:.3g} %"),
        "largest defects first": Order("defect_area", False, "{:.3g} %"),
        "faintest defects first": Order("defect_contrast", True, "{:+.0f} levels"),
        "strongest defects first": Order("defect_contrast", False, "{:+.0f} levels"),
        "least sharp first": Order("sharpness", True, "sharpness {:.0f}"),
        "darkest first": Order("brightness", True, "brightness {:.0f}"),
        "brightest first": Order("brightness", False, "brightness {:.0f}"),
        "noisiest first": Order("noise", False, "noise {:.1f}"),
    },
)


COLOUR = Filter(
    "colour",
    "Colour",
    {  # column of the images; None for the class
        "class": None,
        "split": "split",
        "brightness": "brightness",
        "contrast": "contrast",
        "sharpness": "sharpness",
        "noise": "noise",
        "black areas, %": "dark",
        "white areas, %": "bright",
        "green to red": "red",
        "blue to yellow": "yellow",
        "file size, kB": "kilobytes",
        "width, px": "width",
        "height, px": "height",
        "defect area, %": "defect_area",
        "contrast of the largest defect": "defect_contrast",
        "number of defects": "num_defects",
    },
)
TRAIN_TEST = "good images of training and test"
CATEGORIES = "two categories"
DATASETS = "this and another dataset"
DATES = "early and late images"
SETS = Filter(
    "sets",
    "Compare",
    dict.fromkeys((TRAIN_TEST, "good and defective images", CATEGORIES, DATASETS, DATES)),
)
FIRST_CATEGORY = Filter("first-category", "First", {ANY: None})
SECOND_CATEGORY = Filter("second-category", "Second", {ANY: None})
OTHER_DATASET = Filter("other-dataset", "Other dataset", {ANY: None})
LATE_FROM = Filter("late-from", "Late images begin at", {ANY: None})
"""What there is to choose from depends on the dataset: `views.view.View.offer` tells."""
DETECTOR = Filter("detector", "Found and missed by", {ANY: None})
"""Whose verdicts are shown; which detectors there are is known where the page is made."""


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
        ids: of the images that pictures are narrowed to; None for no such wish.
        against: images of another dataset (`frame.make_frame`), with which the good training ones
            are compared.
        against_name: of that dataset; "" for new images that nobody has named.
        verdicts: of a detector on the images; None for no wish to see any.
        judges: every detector that was evaluated on images of the dataset.
        is_spread: take pictures from all over the dataset, not from its beginning.
    """

    category: str | None = None
    defect_type: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    page: int = 0
    vectors: "NDArray[np.float32] | None" = None
    with_pictures: bool = True
    detectors: Mapping[str, DetectorInfo] = field(default_factory=dict)
    ids: frozenset[str] | None = None
    verdicts: "Verdicts | None" = None
    judges: "Sequence[Verdicts]" = ()
    against: "pd.DataFrame | None" = None
    against_name: str = ""
    is_spread: bool = False
