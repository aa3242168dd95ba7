"""What a check of a dataset says: a sentence, how bad it is, and the images behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from inspection.names import join_names

MAX_NAMED = 3  # categories or types that a sentence names


class Severity(StrEnum):
    """How bad something is, the worst first."""

    PROBLEM = "Problem"
    LOOK = "Worth a look"
    FINE = "Fine"


@dataclass(frozen=True, slots=True)
class Group:
    """An image, or several to be seen side by side.

    Attributes:
        ids: of the images.
        note: what is to be seen, in a few words.
    """

    ids: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a dataset.

    Attributes:
        text: what was found, with numbers; a sentence.
        advice: what to do about it; a sentence, or "".
        effect: 0-1, how much of the dataset it touches; ranks findings that are equally bad.
        groups: the images behind it.
    """

    severity: Severity
    text: str
    advice: str = ""
    effect: float = 0.0
    groups: tuple[Group, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All images behind it, each once."""
        return unite(self.groups)


@dataclass(frozen=True, slots=True)
class PictureGroups:
    """Groups of images that are shown at once.

    Attributes:
        note: a sentence, also where there is none.
        ids: of all images that are meant, also of those that there is no room for.
    """

    title: str
    note: str
    groups: tuple[Group, ...]
    ids: tuple[str, ...] = ()


def rank(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the worst first, and of equally bad ones those that touch most."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda one: (order.index(one.severity), -one.effect)))


def count(number: int, noun: str, plural: str = "") -> str:
    """Return such as "1 image" or "2,300 images"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def name_some(names: Sequence[str]) -> str:
    """Return names of categories or types as words; of many the first, and how many more."""
    words = [name.replace("_", " ") for name in names]
    more = len(words) - MAX_NAMED
    return join_names(words if more <= 0 else [*words[:MAX_NAMED], f"{more} more"])


def summarise(findings: Sequence[Finding]) -> str:
    """Return how many findings are how bad, in a sentence."""
    numbers = [sum(one.severity is severity for one in findings) for severity in Severity]
    words = ("problem", "problems"), ("worth a look", ""), ("fine", "")
    parts = [
        count(number, one, several or one)
        for number, (one, several) in zip(numbers, words, strict=True)
        if number
    ]
    return f"{join_names(parts)}." if parts else "Nothing was judged."


def describe_groups(groups: Sequence[Group], *, most: int) -> str:
    """Return what a click shows, such as "Show 3 pairs" or "Show 12 of 152 images"."""
    is_pairs = any(len(group.ids) > 1 for group in groups)
    cut = f"{most} of " if len(groups) > most else ""
    return f"Show {cut}{count(len(groups), 'pair' if is_pairs else 'image')}"


def unite(groups: Sequence[Group]) -> tuple[str, ...]:
    """Return the images of all groups, each once."""
    return tuple(dict.fromkeys(key for group in groups for key in group.ids))


def single(ids: Sequence[str], notes: Sequence[str] | None = None) -> tuple[Group, ...]:
    """Return images as groups of one."""
    words = notes or [""] * len(ids)
    return tuple(Group((key,), note) for key, note in zip(ids, words, strict=True))
