"""Read KolektorSDD: folders of parts with a `_label` mask beside each image."""

from pathlib import Path

from inspection.datasets.annotations import UNNAMED
from inspection.datasets.division import divide_by_unit
from inspection.datasets.folder_names import is_normal_name
from inspection.datasets.layout import Layout
from inspection.datasets.listing import Listing
from inspection.datasets.mask_files import match_masks, split_off_masks
from inspection.errors import ImageError
from inspection.issues import IssueKind
from inspection.masks.reading import read_mask_file
from inspection.types import Sample, Split

TRAINING_SHARE = 2 / 3  # the three folds of Tabernik et al. 2020, of which one is tested


def looks_like(listing: Listing) -> bool:
    """Return whether there are folders of images with `_label` masks, and none of good ones."""
    folders = listing.folders(listing.root)
    return not any(is_normal_name(folder.name) for folder in folders) and any(
        path.stem.endswith("_label")
        for folder in folders
        for path in listing.files(folder, ".bmp", ".png")
    )


def read(listing: Listing) -> list[Sample]:
    """Read KolektorSDD: a part is defective where its mask is not black; an item is a group.

    Two thirds of the items are for training, their defective images included.
    """
    samples: list[Sample] = []
    for folder in listing.folders(listing.root):
        images, masks = split_off_masks(listing.images(folder))
        of_stem, strays = match_masks(images, masks)
        listing.report_stray_masks(strays, category=listing.root.name)
        for path in images:
            marked = tuple(
                mask for mask in of_stem.get(path.stem, ()) if _shows_defect(listing, mask)
            )
            empty = [mask for mask in of_stem.get(path.stem, ()) if mask not in marked]
            listing.set_aside(empty, reason="masks of good images")
            samples.append(
                Sample(
                    id=listing.sample_id(path),
                    image_path=path,
                    category=listing.root.name,
                    split=Split.TEST,
                    defect_type=UNNAMED if marked else None,
                    mask_paths=marked,
                    group=folder.name,
                )
            )
    return divide_by_unit(samples, TRAINING_SHARE)


def _shows_defect(listing: Listing, mask: Path) -> bool:
    try:
        return bool(read_mask_file(mask, sample_id=listing.sample_id(mask)).mask.any())
    except ImageError as error:
        listing.report(
            IssueKind.UNREADABLE,
            mask,
            problem=error.problem,
            fix=error.fix,
            category=listing.root.name,
        )
        return True  # never train on a part as normal that may not be


LAYOUT = Layout(
    title="KolektorSDD",
    expects="kos01 to kos50 with Part0.jpg and Part0_label.bmp",
    looks_like=looks_like,
    read=read,
)
