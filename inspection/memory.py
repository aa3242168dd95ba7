"""How much memory a program may still take, so that a lack of it is told and not met."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Any

from inspection.errors import BreakdownError

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")
ARENA_MAX = -8  # M_ARENA_MAX in malloc.h
SPARE = 200_000_000  # bytes for whatever else is going on


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


def free_memory(proc: Path = PROC, cgroup: Path = CGROUP) -> int | None:
    """Return the bytes that this process may still take; None where that is not to be known.

    The least of what the machine has, what a container is given, and what the process may have.
    """
    found = [_available(proc), _left_to_container(cgroup), _left_to_process(proc)]
    return min((one for one in found if one is not None), default=None)


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


def _available(proc: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _left_to_container(cgroup: Path) -> int | None:
    """Return what is left of a limit; files that are only cached can be given back."""
    v1 = cgroup / "memory"
    with contextlib.suppress(OSError, ValueError):
        if (cgroup / "memory.max").is_file():
            most, used = (
                int((cgroup / f"memory.{name}").read_text()) for name in ("max", "current")
            )
            return max(0, most - used + _cached(cgroup / "memory.stat", "file"))
        names = ("limit_in_bytes", "usage_in_bytes")
        most, used = (int((v1 / f"memory.{name}").read_text()) for name in names)
        return max(0, most - used + _cached(v1 / "memory.stat", "cache"))
    return None  # no container, or "max"


def _cached(stat: Path, name: str) -> int:
    lines = [line.split() for line in stat.read_text().splitlines()]
    return next((int(value) for key, value in lines if key == name), 0)


def _left_to_process(proc: Path) -> int | None:
    """Return what `ulimit -v` leaves."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY:
        return None
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int((proc / "self" / "statm").read_text().split()[0])
        return max(0, most - pages * resource.getpagesize())
    return None


def _write(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
