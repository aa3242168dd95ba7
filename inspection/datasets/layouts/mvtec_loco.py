"""Read MVTec LOCO AD: logical and structural anomalies, several masks per image."""

from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.datasets.type_folders import has_type_folder, read_split_categories


def looks_like(listing: Listing) -> bool:
    """Return whether the defect types are logical and structural anomalies."""
    return has_type_folder(listing, frozenset({"logical_anomalies", "structural_anomalies"}))


LAYOUT = Layout(
    title="MVTec LOCO AD",
    expects="<category>/train/good, test/logical_anomalies and ground_truth/<type>/<image>/000.png",
    looks_like=looks_like,
    read=read_split_categories,
)
