"""Words of a command line that a person can paste into a shell."""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path


def quote(text: str) -> str:
    """Return a word of a command line, for sh and for cmd.exe where one can serve both."""
    if re.fullmatch(r"[\w./:-][\w./:=-]*", text, re.ASCII):  # zsh expands a leading =
        return text
    return shlex.quote(text) if re.search(r'["$`\\!%]', text) else f'"{text}"'


def quote_all(words: Iterable[str]) -> str:
    """Return a command line of several words."""
    return " ".join(map(quote, words))


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
