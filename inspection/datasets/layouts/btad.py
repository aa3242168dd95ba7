"""Read BTAD: types `ok` and `ko`."""

from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.datasets.type_folders import has_type_folder, read_split_categories


def looks_like(listing: Listing) -> bool:
    """Return whether the types are `ok` and `ko`."""
    return has_type_folder(listing, frozenset({"ko"}))


LAYOUT = Layout(
    title="BTAD",
    expects="<category>/train/ok, test/ok, test/ko and ground_truth/ko",
    looks_like=looks_like,
    read=read_split_categories,
)
