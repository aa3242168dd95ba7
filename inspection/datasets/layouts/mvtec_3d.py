"""Read the colour images of MVTec 3D-AD: `<split>/<type>/rgb`, masks in `gt` beside it."""

from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing, find_categories
from inspection.datasets.mask_files import match_masks
from inspection.datasets.type_folders import find_splits, find_types, is_split_category
from inspection.types import Sample, Split


def looks_like(listing: Listing) -> bool:
    """Return whether the images lie in `rgb` beside `xyz` or `gt`."""
    return any(
        listing.folder(found.path, "rgb") is not None
        for _, folder in find_categories(listing, is_split_category)
        for found in find_types(listing, find_splits(listing, folder))[:1]
    )


def read(listing: Listing) -> list[Sample]:
    """Read the colour images of MVTec 3D-AD: `<split>/<type>/rgb`, masks in `gt` beside it."""
    samples: list[Sample] = []
    for category, folder in find_categories(listing, is_split_category):
        for found in find_types(listing, find_splits(listing, folder)):
            images, masks, depth = (
                listing.images(place) if (place := listing.folder(found.path, name)) else []
                for name in ("rgb", "gt", "xyz")
            )
            of_stem, strays = match_masks(images, masks)
            listing.report_stray_masks(strays, category=category)
            listing.set_aside(depth, reason="depth images")
            if found.defect_type is None:
                listing.set_aside(masks, reason="masks of good images")
                of_stem = {}
            samples.extend(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=category,
                    split=found.split or Split.TEST,
                    defect_type=found.defect_type,
                    mask_paths=of_stem.get(path.stem, ()),
                )
                for path in images
            )
    return samples


LAYOUT = Layout(
    title="MVTec 3D-AD",
    expects="<category>/train/good/rgb, test/<type>/rgb and test/<type>/gt",
    looks_like=looks_like,
    read=read,
)
