"""Read a folder of good parts beside one folder per defect type."""

from pathlib import Path

from inspection.datasets.division import TRAINING_SHARE, divide_by_unit
from inspection.datasets.folder_names import is_normal_name
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, find_categories
from inspection.datasets.type_folders import Category, read_types
from inspection.types import Sample


def _is_category(listing: Listing, folder: Path) -> bool:
    """Return whether a folder holds a folder of normal images."""
    return any(is_normal_name(child.name) for child in listing.folders(folder))


def looks_like(listing: Listing) -> bool:
    """Return whether there is a folder `good`, `normal` or `ok`."""
    return bool(find_categories(listing, _is_category))


def read(listing: Listing) -> list[Sample]:
    """Read `good/` beside defect folders: 70 % of the normal images are for training.

    Masks, where there are any, are `<name>_mask.png` beside the image, or in a folder for masks.
    """
    categories = [
        Category(name, folder, [(None, folder)])
        for name, folder in find_categories(listing, _is_category)
    ]
    found = read_types(listing, categories)
    samples = [sample for sample in found if sample.is_anomalous]
    for category in categories:
        own = [one for one in found if one.category == category.name and not one.is_anomalous]
        samples += divide_by_unit(own, TRAINING_SHARE)
    return samples


LAYOUT = Layout(
    title="plain folder",
    expects="a folder good, normal or ok beside one folder per defect type, masks optional",
    looks_like=looks_like,
    read=read,
)
