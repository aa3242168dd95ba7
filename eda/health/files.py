"""Can every file be read, and does the ground truth make sense?"""

from collections.abc import Iterator

from eda.facts import Truth
from eda.health.evidence import Evidence
from eda.health.finding import Finding, Severity, count, single
from inspection.issues import IssueKind

SERIOUS = {  # kind -> noun, plural, what follows from it; what to do
    IssueKind.EMPTY_MASK: (
        "mask of a defective image is empty",
        "masks of defective images are empty",
        "Draw the defect, or move the image to the good ones.",
    ),
    IssueKind.MAYBE_INVERTED: (
        "mask covers most of its image and of its border: it may be inverted",
        "masks cover most of their image and of its border: they may be inverted",
        "White has to be the defect.",
    ),
    IssueKind.LARGE_MASK: (
        "mask covers more than half of its image",
        "masks cover more than half of their image",
        "Look whether white is the defect; pixel scores say little of one so large.",
    ),
    IssueKind.NO_MASK: (
        "defective image has no mask, though others have",
        "defective images have no mask, though others have",
        "Until they are drawn, these count in image scores but not in pixel scores.",
    ),
    IssueKind.UNREADABLE_MASK: (
        "mask cannot be read",
        "masks cannot be read",
        "Copy or export them again.",
    ),
    IssueKind.UNCLEAR_MASK: (
        "mask leaves open what it marks",
        "masks leave open what they mark",
        "Save them black and white.",
    ),
    IssueKind.MASK_SIZE: (
        "mask is not of the size of its image",
        "masks are not of the size of their image",
        "Draw masks at the size of their images.",
    ),
}
PROBLEMS = {IssueKind.MASK_SIZE, IssueKind.UNCLEAR_MASK, IssueKind.MAYBE_INVERTED}


def check_readable(evidence: Evidence) -> Iterator[Finding]:
    """Can every image be read?"""
    broken, total = evidence.unreadable, len(evidence.images) + len(evidence.unreadable)
    if broken.empty:
        yield Finding(Severity.FINE, f"Every image can be read ({total:,}).")
        return
    yield Finding(
        Severity.PROBLEM,
        f"{len(broken):,} of {count(total, 'image')} cannot be read and "
        f"{'is' if len(broken) == 1 else 'are'} left out.",
        'Copy or export them again; "Missing or odd files" below names them.',
        effect=len(broken) / total,
    )


def check_masks(evidence: Evidence) -> Iterator[Finding]:
    """Are masks missing, empty, inverted or unusable?"""
    found = list(_find_mask_problems(evidence))
    yield from found
    bad = evidence.images[evidence.images["is_bad"]]
    num_masks = int((bad["truth"] == Truth.MASK).sum())
    if num_masks and not found:
        read = sum(issue.kind.is_harmless for issue, _ in evidence.issues)
        how = f"; {read:,} are not plainly black and white, which is harmless" if read else ""
        yield Finding(Severity.FINE, f"All {count(num_masks, 'mask')} can be used{how}.")


def _find_mask_problems(evidence: Evidence) -> Iterator[Finding]:
    num_bad = max(1, int(evidence.images["is_bad"].sum()))
    for kind, (one, several, advice) in SERIOUS.items():
        ids = [key for issue, key in evidence.issues if issue.kind is kind]
        if ids:
            yield Finding(
                Severity.PROBLEM if kind in PROBLEMS else Severity.LOOK,
                f"{count(len(ids), one, several)}.",
                advice,
                effect=len(ids) / num_bad,
                groups=single([key for key in ids if key]),
            )


def check_marks(evidence: Evidence) -> Iterator[Finding]:
    """Are defects marked at all, and by more than boxes?"""
    bad = evidence.images[evidence.images["is_bad"]]
    if bad.empty:
        return
    boxed = bad["truth"] == Truth.BOXES
    if (bad["truth"] == Truth.NOWHERE).all():
        yield Finding(
            Severity.LOOK,
            "No defect is marked: whether a whole image is judged rightly can be measured, whether "
            "the right place is found cannot.",
            "Draw masks or boxes for some of them.",
            effect=0.5,
        )
    elif boxed.any():
        share = evidence.images.loc[bad.index[boxed], "defect_area"]
        some = "All defects are" if boxed.all() else f"Of {boxed.sum():,} images the defects are"
        yield Finding(
            Severity.LOOK,
            f"{some} marked by boxes, which cover {share.median():.0f} % of the image in the "
            "middle: they say roughly where a defect is, but not its shape, thickness or area.",
            "For pixel metrics and U-Net, draw masks.",
            effect=float(boxed.mean()) / 2,
            groups=single(list(bad.loc[boxed, "id"][:24])),
        )


def check_other_files(evidence: Evidence) -> Iterator[Finding]:
    """Is anything else odd about the files?"""
    told = {*SERIOUS, IssueKind.UNREADABLE_IMAGE}
    for kind in IssueKind:
        if kind in told or kind.is_harmless:
            continue
        ids = [key for issue, key in evidence.issues if issue.kind is kind]
        if ids:
            yield Finding(
                Severity.LOOK,
                f"{count(len(ids), 'file')}: {kind}.",
                '"Missing or odd files" below says which, and what to do.',
                effect=len(ids) / (len(ids) + len(evidence.images)),
                groups=single([key for key in ids if key]),
            )
