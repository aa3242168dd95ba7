"""Read a folder of photographs of which nothing says what they show."""

from inspection.datasets.division import TRAINING_SHARE, divide_by_unit
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.types import Sample, Split


def looks_like(listing: Listing) -> bool:
    """Return whether images lie in the folder itself, and nowhere below it."""
    has_images = bool(listing.images(listing.root))
    return has_images and not any(
        listing.holds_image(folder) for folder in listing.folders(listing.root)
    )


def read(listing: Listing) -> list[Sample]:
    """Read a folder of photographs as good ones, of which 70 % are for training."""
    samples = [
        Sample(listing.sample_id(path), path, listing.root.name, Split.TEST)
        for path in listing.images(listing.root)
    ]
    listing.remark("The folder has no labels: all images are read as good.")
    return divide_by_unit(samples, TRAINING_SHARE)


LAYOUT = Layout(
    title="flat folder",
    expects="images in the folder itself and in no other",
    looks_like=looks_like,
    read=read,
    is_labelled=False,
)
