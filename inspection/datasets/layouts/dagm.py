"""Read DAGM 2007: `Train` and `Test` with a folder `Label` in each."""

from pathlib import Path

from inspection.datasets.annotations import UNNAMED
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, find_categories
from inspection.datasets.mask_files import match_masks
from inspection.types import Sample, Split


def looks_like(listing: Listing) -> bool:
    """Return whether there are folders `Train` or `Test` with a folder `Label` in them."""
    return bool(find_categories(listing, _is_category))


def read(listing: Listing) -> list[Sample]:
    """Read DAGM 2007: an image with an ellipse in `Label` is defective, in both parts."""
    samples: list[Sample] = []
    for category, folder in find_categories(listing, _is_category):
        for split in (Split.TRAIN, Split.TEST):
            if (part := listing.folder(folder, split.value)) is None:
                continue
            images = listing.images(part)
            labels = listing.folder(part, "Label")
            masks = [] if labels is None else listing.images(labels)
            of_stem, strays = match_masks(images, masks)
            listing.report_stray_masks(strays, category=category)
            samples.extend(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=category,
                    split=split,
                    defect_type=UNNAMED if path.stem in of_stem else None,
                    mask_paths=of_stem.get(path.stem, ()),
                )
                for path in images
            )
    return samples


def _is_category(listing: Listing, folder: Path) -> bool:
    return any(
        part is not None and listing.folder(part, "Label") is not None and listing.images(part)
        for part in (listing.folder(folder, "Train"), listing.folder(folder, "Test"))
    )


LAYOUT = Layout(
    title="DAGM 2007",
    expects="Class1 to Class10, each with Train and Test and a folder Label in them",
    looks_like=looks_like,
    read=read,
)
