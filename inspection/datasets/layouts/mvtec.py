"""Read MVTec AD and what is laid out as it is, such as MPDD."""

from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, find_categories
from inspection.datasets.type_folders import is_split_category, read_split_categories


def looks_like(listing: Listing) -> bool:
    """Return whether there are `train` and `test` folders with one folder per type."""
    return bool(find_categories(listing, is_split_category))


LAYOUT = Layout(
    title="MVTec AD or MPDD",
    expects="<category>/train/good, test/<type> and ground_truth/<type>/<image>_mask.png",
    looks_like=looks_like,
    read=read_split_categories,
)
