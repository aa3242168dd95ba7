"""Read casting products: types `ok_front` and `def_front`, in both parts."""

from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.datasets.type_folders import has_type_folder, read_split_categories


def looks_like(listing: Listing) -> bool:
    """Return whether the types are `ok_front` and `def_front`."""
    return has_type_folder(listing, frozenset({"ok_front", "def_front"}))


LAYOUT = Layout(
    title="casting products",
    expects="train and test, each with ok_front and def_front",
    looks_like=looks_like,
    read=read_split_categories,
)
