"""What a process may still take is read from the machine, the container and the limit."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inspection import memory
from inspection.errors import BreakdownError
from inspection.memory import (
    check_libraries,
    check_memory,
    free_memory,
    give_back_memory,
    memory_bounded,
)


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
    stat = "anon 5\nfile 900\nshmem 500\ninactive_file 300\nactive_file 100\n"
    write(cgroup, memory_max="3000000", memory_current="2500000", memory_stat=stat)
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


@pytest.mark.skipif(not Path("/proc/meminfo").is_file(), reason="only Linux tells what is free")
def test_what_would_be_killed_fails_instead(tmp_path: Path) -> None:
    import resource

    proc = Path("/proc")
    write(tmp_path, memory_max="600000000", memory_current="200000000", memory_stat="")
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with memory_bounded(proc, tmp_path):
        assert np.ones(100_000_000, np.uint8)[-1]
        with pytest.raises(MemoryError):
            np.ones(600_000_000, np.uint8)
        limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
        with memory_bounded(proc, tmp_path / "no group"):
            assert resource.getrlimit(resource.RLIMIT_DATA)[0] <= limit
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    with memory_bounded(tmp_path, tmp_path):  # a system that tells nothing
        assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what is addressed")
@pytest.mark.parametrize("program", ["cli.py", "app.py"])
def test_libraries_that_do_not_fit_are_refused_in_a_sentence(program: str) -> None:
    """With about 1 GB, and PyTorch for CUDA, the loader of the system crashed without a word."""
    words = ["-c", 'ulimit -v 700000; exec "$@"', "sh", sys.executable, program]
    ended = subprocess.run(
        ["sh", *words, *["doctor"] * (program == "cli.py")],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("Error: The libraries do not fit into the 717 MB of memory")
    assert ended.stderr.count("\n") == 1


def test_without_a_limit_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_limit_of_process", lambda: None)
    monkeypatch.setattr(memory, "IMPORTS", "raise ImportError")
    check_libraries()
    monkeypatch.setattr(memory, "_limit_of_process", lambda: 1_000_000_000)
    with pytest.raises(BreakdownError, match=r"the 1\.0 GB of memory"):
        check_libraries()


needs_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the C library is another one"
)


@needs_glibc
def test_what_is_freed_between_what_is_held_goes_back_to_the_system() -> None:
    blocks = [b"x" * 100_000 for _ in range(1000)]
    kept = blocks[::50]
    del blocks
    before = read_megabytes()
    give_back_memory()
    assert before - read_megabytes() > 40
    assert len(kept) == 20


COUNT_POOLS = """
import ctypes, threading
from inspection.memory import share_memory
if {shares}: share_memory()
meeting = threading.Barrier(9)
def work():
    held = [bytearray(9000) for _ in range(50)]
    meeting.wait()
    meeting.wait()
for _ in range(8): threading.Thread(target=work).start()
meeting.wait()
libc = ctypes.CDLL(None)
libc.malloc_stats()
meeting.wait()
"""


@needs_glibc
@pytest.mark.parametrize("shares", [True, False])
def test_threads_take_their_memory_from_two_pools(
    shares: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    words = [sys.executable, "-c", COUNT_POOLS.format(shares=shares)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stderr
    assert (len(re.findall(r"^Arena \d+:", told, re.MULTILINE)) <= 2) is shares


def read_megabytes() -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1000
