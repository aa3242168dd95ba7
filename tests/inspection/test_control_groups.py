"""The bounds of containers and services are found, whichever version of control groups it is."""

from pathlib import Path

import pytest

from inspection.control_groups import list_own_groups
from inspection.memory import free_memory
from inspection.processors import count_processors


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")


SECOND = {
    "proc/self/cgroup": "0::/system.slice/lens.service",
    "cgroup/system.slice/memory.max": "5000000",
    "cgroup/system.slice/memory.current": "4999000",
    "cgroup/system.slice/memory.stat": "inactive_file 600\nactive_file 400",
    "cgroup/system.slice/lens.service/memory.max": "9000",
    "cgroup/system.slice/lens.service/memory.current": "1000",
    "cgroup/system.slice/lens.service/memory.stat": "inactive_file 0",
    "cgroup/system.slice/lens.service/cpu.max": "100000 100000",
}
FIRST = {
    "proc/self/cgroup": "9:name=systemd:/\n4:memory:/box\n1:cpu,cpuacct:/box\n0::/",
    "cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
    "cgroup/memory/memory.usage_in_bytes": "1000",
    "cgroup/memory/memory.stat": "",
    "cgroup/memory/box/memory.limit_in_bytes": "5000",
    "cgroup/memory/box/memory.usage_in_bytes": "4000",
    "cgroup/memory/box/memory.stat": "cache 9\ninactive_file 9\ntotal_inactive_file 1000",
    "cgroup/cpu/box/cpu.cfs_quota_us": "100000",
    "cgroup/cpu/box/cpu.cfs_period_us": "100000",
}


@pytest.mark.parametrize(("files", "left"), [(SECOND, 2000), (FIRST, 2000)], ids=["2", "1"])
def test_the_groups_around_a_process_bound_it(
    files: dict[str, str], left: int, tmp_path: Path
) -> None:
    write(tmp_path, files)
    assert free_memory(tmp_path / "proc", tmp_path / "cgroup") == left
    assert count_processors(tmp_path / "proc", tmp_path / "cgroup") == 1


@pytest.mark.parametrize("told", ["0::/docker/123", "0::/../beside", "garbage", None])
def test_a_container_sees_its_own_group_as_the_outermost(told: str | None, tmp_path: Path) -> None:
    write(tmp_path, {"cgroup/memory.max": "5"})
    if told is not None:
        write(tmp_path, {"proc/self/cgroup": told})
    found = list(list_own_groups("memory", tmp_path / "proc", tmp_path / "cgroup"))
    assert found == [(tmp_path / "cgroup", False)]
