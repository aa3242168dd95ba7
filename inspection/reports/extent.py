"""How much a report for people shows of each image: one in full, of many only what matters."""

from enum import IntEnum, StrEnum

from inspection.names import Judged, Outcome, decide_outcome


class Extent(IntEnum):
    """How much is shown of an image; each shows what those before it do."""

    THUMBNAIL = 0
    PAGE = 1
    DETAILS = 2


class Pages(StrEnum):
    """Which images of many have pages of their own behind the contact sheet."""

    FLAGGED = "flagged"  # one page for each image but those with the outcome "no defect found"
    ALL = "all"  # one page for each image
    DETAILS = "details"  # for each image that page, and all of its numbers and pictures


def choose_extent(judged: Judged, pages: Pages, num_images: int) -> Extent:
    """Return how much is shown of one image among so many; a single one is shown in full."""
    if num_images == 1 or pages is Pages.DETAILS:
        return Extent.DETAILS
    if pages is Pages.FLAGGED and decide_outcome(judged) is Outcome.NORMAL:
        return Extent.THUMBNAIL
    return Extent.PAGE
