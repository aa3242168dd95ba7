"""Where Linux tells what a container or a service may use: control groups of both versions."""

from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")


def list_own_groups(
    controller: str, proc: Path = PROC, cgroup: Path = CGROUP
) -> Iterator[tuple[Path, bool]]:
    """Yield the groups that bound this process: its own, and those around it.

    In a container the own one is mounted as the outermost; a service of systemd has one within.

    Args:
        controller: `memory` or `cpu`.
        proc: the folder of processes.
        cgroup: the folder of groups.

    Yields:
        The folder of a group that is there, and whether its files are those of version 1.
    """
    first_version = (cgroup / controller).is_dir()
    top = cgroup / controller if first_version else cgroup
    own = top / _find_own(controller if first_version else "", proc)
    for folder in (own, *own.parents):
        if folder.is_dir():
            yield folder, first_version
        if folder == top:
            return


def _find_own(controller: str, proc: Path) -> str:
    """Return the way from the outermost group to that of this process."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:  # no Linux
        return ""
    for line in lines:
        controllers, _, path = line.partition(":")[2].partition(":")
        if controller in controllers.split(",") and ".." not in path:
            return path.lstrip("/")
    return ""  # ".." is told of a group beside the one that the container sees
