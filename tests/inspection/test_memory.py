"""What a process may still take is read from the machine, the container and the limit."""

import platform
import re
from pathlib import Path

import pytest

from inspection import memory
from inspection.errors import BreakdownError
from inspection.memory import check_memory, free_memory, give_back_memory


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_least_of_machine_and_container_counts(tmp_path: Path) -> None:
    proc, cgroup = tmp_path / "proc", tmp_path / "cgroup"
    assert free_memory(proc, cgroup) is None
    write(proc, meminfo="MemTotal: 9 kB\nMemAvailable:   4096 kB\n")
    assert free_memory(proc, cgroup) == 4096 * 1024
    write(cgroup, memory_max="3000000", memory_current="2500000", memory_stat="anon 5\nfile 400\n")
    assert free_memory(proc, cgroup) == 500_400
    write(cgroup, memory_max="max")
    assert free_memory(proc, cgroup) == 4096 * 1024


def test_what_does_not_fit_is_refused_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 1_500_000_000)
    check_memory(1_000_000_000, "Images", fix="Take fewer.")
    with pytest.raises(
        BreakdownError, match=r"Images need 2\.0 GB of memory, and 1\.5 GB are free"
    ):
        check_memory(2_000_000_000, "Images", fix="Take fewer.")
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    check_memory(2_000_000_000, "Images", fix="Take fewer.")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
def test_what_is_freed_between_what_is_held_goes_back_to_the_system() -> None:
    blocks = [b"x" * 100_000 for _ in range(1000)]
    kept = blocks[::50]
    del blocks
    before = read_megabytes()
    give_back_memory()
    assert before - read_megabytes() > 40
    assert len(kept) == 20


def read_megabytes() -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1000
