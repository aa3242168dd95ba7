"""What became of every image file below a dataset folder: used, set aside by a rule, or listed."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspection.datasets.listing import FileKind, Listing
from inspection.issues import IssueKind
from inspection.types import Sample, Split

LISTED_ONE_BY_ONE = {
    IssueKind.STRAY_MASK: "masks without an image",
    IssueKind.SHARED_MASK: "masks that fit several images",
}
"""Kinds of issues about a single image file -> how the account names them."""


@dataclass(frozen=True, slots=True)
class UnusedFiles:
    """Image files that are not used; `reason` completes "3 not used: 3 ..."."""

    reason: str
    count: int
    category: str | None = None


def account_for(listing: Listing, samples: Sequence[Sample], *, title: str) -> list[UnusedFiles]:
    """Return what is not used of a folder, and note as issues what no rule sets aside.

    Args:
        listing: of the dataset folder, after it was read.
        samples: that were read.
        title: of the layout.
    """
    categories = {sample.category for sample in samples}
    reasons: Counter[tuple[str, str | None]] = Counter()
    for reason, paths in _sort_files(listing, samples, title).items():
        for path in paths:
            reasons[reason, _category_of(listing, path, categories)] += 1
    return [UnusedFiles(reason, count, category) for (reason, category), count in reasons.items()]


def describe_account(samples: Sequence[Sample], unused: Iterable[UnusedFiles]) -> str:
    """Say how many image files there are, and what each serves."""
    roles = Counter((sample.split, sample.is_anomalous) for sample in samples)
    reasons: Counter[str] = Counter()
    for one in unused:
        reasons[one.reason] += one.count
    parts = [
        (roles[Split.TRAIN, False], "good for training"),
        (roles[Split.TRAIN, True], "defective for training on request"),
        (roles[Split.TEST, False], "good for testing"),
        (roles[Split.TEST, True], "defective for testing"),
        (len({path for sample in samples for path in sample.mask_paths}), "masks"),
        (reasons.total(), "not used: " + ", ".join(_say(n, why) for why, n in reasons.items())),
    ]
    total = sum(count for count, _ in parts)
    counts = ", ".join(_say(count, role) for count, role in parts if count)
    return f"{total:,} image files: {counts}."


def _say(count: int, what: str) -> str:
    """Return a number before words whose first noun is in the plural: 1 mask of good images."""
    if count == 1:
        what = re.sub(r"^(depth )?(mask|image|picture)s\b", r"\1\2", what)
    return f"{count:,} {what}"


def _sort_files(listing: Listing, samples: Sequence[Sample], title: str) -> dict[str, list[Path]]:
    """Return reason -> image files that are not used for it."""
    used = {path for one in samples for path in (one.image_path, *one.mask_paths)}
    listed = {
        issue.path: LISTED_ONE_BY_ONE[issue.kind]
        for issue in listing.issues
        if issue.kind in LISTED_ONE_BY_ONE
    }
    known = listed | listing.aside
    found: defaultdict[str, list[Path]] = defaultdict(list)
    unread: defaultdict[Path, list[Path]] = defaultdict(list)
    rest: defaultdict[Path, list[Path]] = defaultdict(list)
    holders = {path.parent for path in used}
    read = holders | {above for folder in holders for above in folder.parents}
    for folder, files, hidden in listing.walk():
        found["hidden"] += hidden
        for path in files:
            if path in used or (kind := listing.kind(path)) is FileKind.OTHER:
                continue
            if kind is FileKind.UNREAD:
                unread[folder].append(path)
            elif path in known:
                found[known[path]].append(path)
            else:
                rest[_outermost(listing.root, folder, read)].append(path)
    found["with names that are not text"] += listing.unnamed
    for folder, paths in unread.items():
        found["of a kind that is not read"] += paths
        _report_unread(listing, folder, paths)
    for folder, paths in rest.items():
        name = listing.sample_id(folder)
        found[f"in {name}/" if name else "in the dataset folder itself"] += paths
        _report_rest(listing, folder, paths, title=title)
    return {reason: paths for reason, paths in found.items() if paths}


def _outermost(root: Path, folder: Path, read: set[Path]) -> Path:
    """Return the outermost folder, down to this one, in and below which nothing is read."""
    above = [folder, *folder.parents]
    for place in reversed(above[: above.index(root)]):
        if place not in read:
            return place
    return folder


def _report_unread(listing: Listing, folder: Path, paths: Sequence[Path]) -> None:
    endings = ", ".join(sorted({path.suffix.lower() for path in paths}))
    where = listing.sample_id(folder) or "the dataset folder"
    listing.report(
        IssueKind.UNREAD,
        folder,
        problem=f"{_count(paths)} left out in {where}: such kinds are not read ({endings}).",
        fix="Save what should count as PNG or JPEG.",
    )


def _report_rest(listing: Listing, folder: Path, paths: Sequence[Path], *, title: str) -> None:
    where = listing.sample_id(folder) or "the dataset folder"
    listing.report(
        IssueKind.LEFT_OUT,
        folder,
        problem=f"{_count(paths)} left out in {where}, such as {paths[0].name}: "
        f"the layout {title} has no place there.",
        fix="Move what should count into the folder of its type, or open the folder as a dataset "
        "of its own.",
    )


def _count(paths: Sequence[Path]) -> str:
    return "1 image file is" if len(paths) == 1 else f"{len(paths):,} image files are"


def _category_of(listing: Listing, path: Path, categories: set[str]) -> str | None:
    if categories == {listing.root.name}:
        return listing.root.name
    first = listing.sample_id(path).partition("/")[0]
    return first if first in categories else None
