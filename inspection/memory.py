"""How much memory a program may still take, so that a lack of it is told and not met."""

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from inspection.control_groups import CGROUP, PROC, list_own_groups
from inspection.errors import BreakdownError

ARENA_MAX = -8  # M_ARENA_MAX in malloc.h
SPARE = 200_000_000  # bytes for whatever else is going on
IMPORTS = "import cv2, pandas, torch"


def check_memory(needed: int, purpose: str, *, fix: str) -> None:
    """Refuse what would end without a word: Linux kills who takes more than there is.

    Args:
        needed: bytes.
        purpose: what for, as the subject of a sentence in the plural.
        fix: how less is needed.

    Raises:
        BreakdownError: there is not as much.
    """
    free = free_memory()
    if free is not None and needed + SPARE > free:
        raise BreakdownError(
            f"{purpose} need {_write(needed)} of memory, and {_write(free)} are free.", fix
        )


def check_libraries() -> None:
    """Refuse to begin where `ulimit -v` leaves too little for the libraries.

    A process of its own tries it: with some limits the system's loader crashes.

    Raises:
        BreakdownError: they do not fit.
    """
    limit = _limit_of_process()
    if limit is None:
        return
    command = [sys.executable, "-P", "-c", IMPORTS]
    tried = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (a constant)
    if tried.returncode:
        raise BreakdownError(
            f"The libraries do not fit into the {_write(limit)} of memory that this program may "
            "address (`ulimit -v`).",
            "Allow more: they take 3.6 GB where PyTorch knows CUDA, and what they do takes more.",
        )


def free_memory(proc: Path = PROC, cgroup: Path = CGROUP) -> int | None:
    """Return the bytes that this process may still take; None where that is not to be known.

    The least of what the machine has, what a container or a service is given, and what the process
    may have.
    """
    machine = _read_kilobytes(proc / "meminfo", "MemAvailable")
    return _least([machine, _left_to_group(proc, cgroup), _left_to_process(proc)])


@contextlib.contextmanager
def memory_bounded(proc: Path = PROC, cgroup: Path = CGROUP) -> Iterator[None]:
    """Let what does not fit into memory fail in this process, as a lack that is told.

    Without a bound Linux hands out more than there is, and kills who uses it without a word. What
    can be swapped counts as free. Begin when the large libraries are loaded: they reserve much more
    than they use. Nothing is bound where the system does not tell enough, as on macOS.
    """
    parts = [_read_kilobytes(proc / "meminfo", name) for name in ("MemAvailable", "SwapFree")]
    machine = None if None in parts else sum(part or 0 for part in parts)
    taken = _read_kilobytes(proc / "self" / "status", "VmData")
    free = _least([machine, _left_to_group(proc, cgroup)])
    if free is None or taken is None:
        yield
        return
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    known = [limit for limit in (before, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([taken + free, *known]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, hard))


def share_memory() -> None:
    """Let all threads take their memory from two pools, before the first of them starts.

    The C library of most Linux systems gives each thread a pool of its own and keeps what is freed
    there for that thread: a page whose threads come and go would grow for days. What a person has
    set stays.
    """
    if "MALLOC_ARENA_MAX" not in os.environ and (set_option := _find("mallopt")):
        set_option(ARENA_MAX, 2)


def give_back_memory() -> None:
    """Let the C library give the system what the program has freed."""
    if trim := _find("malloc_trim"):
        trim(0)


def _find(name: str) -> Any:
    """Return a function of glibc; None where the C library is another one."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def _least(found: Iterable[int | None]) -> int | None:
    return min((one for one in found if one is not None), default=None)


def _read_kilobytes(file: Path, name: str) -> int | None:
    """Return a value of a file of Linux, in bytes."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in file.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return None


def _left_to_group(proc: Path, cgroup: Path) -> int | None:
    """Return the least that is left of a limit; what files have in memory can be given back."""
    left: list[int] = []
    for folder, first_version in list_own_groups("memory", proc, cgroup):
        names = ("limit_in_bytes", "usage_in_bytes") if first_version else ("max", "current")
        with contextlib.suppress(OSError, ValueError):  # no limit: "max", or no such file
            most, used = (int((folder / f"memory.{name}").read_text()) for name in names)
            left.append(max(0, most - used + _count_cached(folder, first_version)))
    return min(left, default=None)


def _count_cached(folder: Path, first_version: bool) -> int:
    """Count the bytes of files that are kept in memory, without those of a `tmpfs`."""
    prefix = "total_" if first_version else ""  # with the groups within
    lines = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
    names = {f"{prefix}active_file", f"{prefix}inactive_file"}
    return sum(int(value) for name, value in lines if name in names)


def _left_to_process(proc: Path) -> int | None:
    """Return what `ulimit -v` leaves."""
    most = _limit_of_process()
    if most is None:
        return None
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int((proc / "self" / "statm").read_text().split()[0])
        return max(0, most - pages * os.sysconf("SC_PAGE_SIZE"))
    return None


def _limit_of_process() -> int | None:
    """Return how much memory `ulimit -v` lets this process address; None without a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if most == resource.RLIM_INFINITY else most


def _write(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
