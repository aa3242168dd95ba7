"""Which images a detector found and which it missed, as a kept evaluation says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from eda.frame import GOOD

FOUND, MISSED, UNTESTED = "found", "missed", "not tested"


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What one detector made of test images.

    Attributes:
        title: of the detector.
        flagged: id -> whether it flags the image at the deployed threshold.
        scores: id -> score; of one category in the same units.
        stamp: names the evaluations that say so.
    """

    title: str
    flagged: Mapping[str, bool]
    scores: Mapping[str, float] = field(default_factory=dict)
    stamp: str = ""

    def name(self, ids: "pd.Series[str]") -> pd.Series:
        """Return for images with a defect whether it was found, missed or not tested."""
        words = {True: FOUND, False: MISSED}
        return ids.map({key: words[flag] for key, flag in self.flagged.items()}).fillna(UNTESTED)

    def describe(self, images: pd.DataFrame) -> str:
        """Return in a sentence how many of the defective images were found, "" if none was tested.

        Args:
            images: those that are shown, good ones among them.
        """
        tested = images[images["id"].isin(list(self.flagged))]
        is_good = tested["defect_type"] == GOOD
        flags = tested["id"].map(self.flagged).astype(bool)
        if not (~is_good).any():
            return ""
        found, defective = int((flags & ~is_good).sum()), int((~is_good).sum())
        alarms = f", and flags {int((flags & is_good).sum())} of {int(is_good.sum())} good ones"
        return f"{self.title} finds {found} of {defective} tested defective images" + (
            f"{alarms}." if is_good.any() else "."
        )
