"""What a layout of a dataset is: how it looks, and how it is read."""

from collections.abc import Callable
from dataclasses import dataclass

from inspection.datasets.listing import Listing
from inspection.types import Sample


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to lay out a dataset.

    Attributes:
        title: as people call it.
        expects: its folders and files, in a few words.
        looks_like: whether a folder is laid out so.
        read: the samples in a folder that is; what is odd is noted in the listing.
        is_labelled: whether something in it says what the images show.
    """

    title: str
    expects: str
    looks_like: Callable[[Listing], bool]
    read: Callable[[Listing], list[Sample]]
    is_labelled: bool = True
