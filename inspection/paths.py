"""Paths and names as people read them: in commands to paste into a shell, short, and in order."""

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path


def expand_home(path: Path | str) -> Path:
    """Return a path with the home directory for a leading `~`, as it is where there is none."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (that of pathlib raises)


def quote(text: str) -> str:
    """Return a word of a command line, for sh and for cmd.exe where one can serve both."""
    if re.fullmatch(r"[\w./:-][\w./:=-]*", text, re.ASCII):  # zsh expands a leading =
        return text
    return shlex.quote(text) if re.search(r'["$`\\!%]', text) else f'"{text}"'


def quote_path(folder: Path) -> str:
    """Return a path as a person in the current folder would write it."""
    here = Path.cwd()
    written = folder.relative_to(here) if folder.is_relative_to(here) else folder
    return quote(written.as_posix())


def name_checkpoint(folder: Path) -> str:
    """Return the options that choose what a folder DATASET/CATEGORY/DETECTOR holds."""
    return f"--category {quote(folder.parent.name)} --detector {quote(folder.name)}"


def train_again(folder: Path) -> str:
    """Return the remedy for a checkpoint DATASET/CATEGORY/DETECTOR that cannot be used."""
    return f"Train again: `python cli.py train --data DIR {name_checkpoint(folder)}`."


def shorten_paths(text: str, names: Iterable[tuple[Path, str]]) -> str:
    """Return a text in which known folders are called by other names, also in longer paths.

    Args:
        text: any.
        names: folders and what they are called; of two names for one folder the first counts,
            and of two folders in one path the inner one.
    """
    known: dict[str, str] = {}
    for folder, name in names:
        if folder != Path(folder.anchor):  # the root of a disk is in every path
            for written in (folder, folder.resolve()):
                text_of = str(written)
                for form in (text_of, text_of.replace("\\", "\\\\"), written.as_posix()):
                    known.setdefault(form, name)  # the second as in repr() on Windows
    longest_first = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    if not longest_first:
        return text
    # neither the end of another path nor the beginning of another name
    whole = rf"(?<![\w.~-])(?:{longest_first})(?![\w-]|\.\w)"
    return re.sub(whole, lambda found: known[found[0]], text)


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Return a sort key that puts 9.png before 10.png."""
    parts: list[str | int] = [
        int(part) if index % 2 else part.casefold()
        for index, part in enumerate(re.split(r"(\d+)", name))
    ]
    return parts, name
