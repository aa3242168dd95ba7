"""Read MVTec AD 2, whose test images with labels lie in `test_public`."""

from pathlib import Path

from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, find_categories, images_below
from inspection.datasets.type_folders import Category, find_splits, read_types
from inspection.types import Sample, Split

PUBLIC = "test_public"
PRIVATE = ("test_private", "test_private_mixed")


def looks_like(listing: Listing) -> bool:
    """Return whether there are folders `test_public` or `test_private`."""
    return bool(find_categories(listing, _is_category))


def _is_category(listing: Listing, folder: Path) -> bool:
    return any(listing.folder(folder, name) is not None for name in (PUBLIC, *PRIVATE))


def read(listing: Listing) -> list[Sample]:
    """Read MVTec AD 2; its private test images are left out, as their labels are not published."""
    categories = []
    for name, folder in find_categories(listing, _is_category):
        tested = listing.folder(folder, PUBLIC)
        parts = [(Split.TRAIN, path) for _, path in find_splits(listing, folder)]
        parts += [(Split.TEST, tested)] if tested is not None else []
        categories.append(Category(name, folder, parts))
        for private in PRIVATE:
            if (place := listing.folder(folder, private)) is not None:
                listing.set_aside(
                    images_below(listing, place), reason="whose labels are not published"
                )
    return read_types(listing, categories)


LAYOUT = Layout(
    title="MVTec AD 2",
    expects="<category>/train/good, validation/good, test_public/<type> and "
    "test_public/ground_truth",
    looks_like=looks_like,
    read=read,
)
