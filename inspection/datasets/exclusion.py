"""Images that are left out of a dataset on request, by a list of their ids."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from inspection.datasets.account import UnusedFiles
from inspection.datasets.dataset import Dataset
from inspection.errors import DatasetError
from inspection.paths import expand_home

REMARK = "# "


def read_exclusions(path: Path) -> tuple[str, ...]:
    """Return the ids of a list: one a line, where a line that begins with "# " is a remark.

    Raises:
        DatasetError: the file cannot be read.
    """
    try:
        lines = expand_home(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise DatasetError(
            f"The exclusion list {path} cannot be read ({reason}).",
            "Save it from Explore data, or write one image id a line into a text file.",
        ) from error
    stripped = [line.strip() for line in lines if not line.startswith(REMARK)]
    return tuple(dict.fromkeys(one for one in stripped if one))


def exclude_images(source: Dataset, ids: Collection[str], *, by: str) -> Dataset:
    """Return a dataset without some images, which its account tells.

    Args:
        source: of any number of categories.
        ids: of the images; none of them takes every image in again.
        by: who asks for it, in words.

    Raises:
        DatasetError: the dataset has no image of one of these ids.
    """
    known = {sample.id for sample in source.samples}
    if unknown := [one for one in ids if one not in known]:
        many = f"{len(unknown):,} images" if len(unknown) > 1 else "an image"
        raise DatasetError(
            f"{by} names {many} that the dataset {source.name} does not have: {unknown[0]!r}.",
            "An id is the path of the image below the dataset folder. Save the list anew from "
            "Explore data, or take the line out.",
        )
    excluded = tuple(one for one in source.samples if one.id in set(ids))
    counts: Counter[tuple[str, str]] = Counter()
    for sample in excluded:
        counts[f"images excluded by {by}", sample.category] += 1
        if sample.mask_paths:
            counts["masks of excluded images", sample.category] += len(sample.mask_paths)
    unused = [UnusedFiles(what, count, category) for (what, category), count in counts.items()]
    return replace(
        source,
        samples=tuple(one for one in source.samples if one.id not in set(ids)),
        unused=(*source.unused, *unused),
        excluded=excluded,
    )
