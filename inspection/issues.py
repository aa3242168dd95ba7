"""What is odd about a dataset and its files: one sentence each, and one per kind for all."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inspection.errors import DatasetError


class IssueKind(StrEnum):
    """What can be odd about a dataset folder and its files, and how its masks were read."""

    STRAY_MASK = "mask without an image"
    SHARED_MASK = "mask that fits several images"
    MASK_SIZE = "mask of another size"
    NO_MASK = "defective image without a mask"
    UNREADABLE = "unreadable"
    UNREADABLE_IMAGE = "unreadable image"
    UNREADABLE_MASK = "unreadable mask"
    UNCLEAR_MASK = "unclear mask"
    EMPTY_MASK = "empty mask"
    LARGE_MASK = "mask over half of the image"
    MAYBE_INVERTED = "mask that may be inverted"
    JPEG_NUMBERS = "label numbers in a JPEG"
    GREY_EDGES = "mask with grey edges"
    SEVERAL_LEVELS = "mask with several levels"
    LABEL_NUMBERS = "mask with label numbers"
    ALPHA_MASK = "mark in the alpha channel"
    INVERTED_MASK = "inverted mask"
    MISSING = "missing file"
    LEFT_OUT = "left out"
    UNREAD = "image of a kind that is not read"
    MORE_PICTURES = "more than one picture"
    MORE_CHANNELS = "more channels"
    TOO_BRIGHT = "brighter than white"
    DOUBTFUL = "JPEG that may be damaged"
    REDUCED = "read at half its size"
    BAD_PROFILE = "damaged colour profile"
    ANNOTATION = "odd annotation"
    UNLABELLED = "image without an annotation"

    @property
    def is_harmless(self) -> bool:
        """Whether it only says how a mask was read: nothing has to be repaired."""
        return self in {
            IssueKind.GREY_EDGES,
            IssueKind.SEVERAL_LEVELS,
            IssueKind.LABEL_NUMBERS,
            IssueKind.ALPHA_MASK,
            IssueKind.INVERTED_MASK,
        }


@dataclass(frozen=True, slots=True)
class FileNote:
    """What is odd about a file or how it was read, as a sentence with its remedy."""

    kind: IssueKind
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.problem} {self.fix}"


@dataclass(frozen=True, slots=True)
class DatasetIssue:
    """One odd file or folder, with what is wrong and what to do about it."""

    kind: IssueKind
    path: Path
    problem: str
    fix: str
    category: str | None = None

    def __str__(self) -> str:
        return f"{self.problem} {self.fix}"

    def to_error(self) -> DatasetError:
        """Return the same sentence as an error to raise."""
        return DatasetError(self.problem, self.fix)


def summarise_issues(issues: Iterable[FileNote | DatasetIssue]) -> list[str]:
    """Return one line per kind: its first example, and how many more there are."""
    of_kind: dict[IssueKind, list[FileNote | DatasetIssue]] = {}
    for issue in issues:
        of_kind.setdefault(issue.kind, []).append(issue)
    return [
        str(found[0]) + (f" ({len(found) - 1:,} more of this kind.)" if len(found) > 1 else "")
        for found in of_kind.values()
    ]
