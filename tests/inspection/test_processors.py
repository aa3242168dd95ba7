"""Threads wait without keeping others waiting, and are no more than the processors allowed."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inspection.processors import Crowd, count_processors, map_in_threads

ROOT = Path(__file__).parents[2]
NAMES = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS")
ASKED = (
    "import os, sys, app, cli; sys.argv = ['cli.py', '--version-of-nothing']\n"
    "try: {call}\n"
    "except SystemExit: pass\n"
    "print('torch' in sys.modules, os.environ['OMP_WAIT_POLICY'])"
)


@pytest.mark.parametrize("call", ["cli.main()", "app.run(['--data', 'no/such/folder'])"])
@pytest.mark.parametrize(("given", "kept"), [({}, "PASSIVE"), ({NAMES[0]: "ACTIVE"}, "ACTIVE")])
def test_commands_and_page_let_threads_sleep_before_torch_comes_unless_told_otherwise(
    call: str, given: dict[str, str], kept: str
) -> None:
    others = {key: value for key, value in os.environ.items() if key not in NAMES}
    result = subprocess.run(
        [sys.executable, "-c", ASKED.format(call=call)],
        cwd=ROOT,
        env={**others, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split()[-2:] == ["False", kept]


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000"}, 1),
        ({"cpu.max": "20000 100000"}, 1),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "garbage"}, None),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_a_container_counts_the_processors_of_its_quota(
    files: dict[str, str], quota: int | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    unlimited = count_processors(cgroup=tmp_path / "none")
    assert count_processors(cgroup=tmp_path) == (unlimited if quota is None else quota)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds processes")
def test_a_process_counts_the_processors_it_is_bound_to(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert count_processors(cgroup=tmp_path) == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_results_come_in_order_and_a_failure_where_its_turn_is() -> None:
    results = map_in_threads(lambda number: 6 / number, [3, 2, 1, 0, 6])
    assert [next(results) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_what_nobody_asks_for_any_more_is_not_begun() -> None:
    begun = []
    gate = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number:
            gate.wait(10)
        return number

    for number in map_in_threads(work, range(1000)):
        assert number == 0
        threading.Timer(0.2, gate.set).start()  # those under way end after the others are given up
        break
    assert len(begun) <= 1 + count_processors() + 1


def test_those_who_compute_at_the_same_time_divide_the_threads() -> None:
    told: list[int] = []
    crowd = Crowd()
    with crowd.at_work():
        pass  # of nobody who could be told
    crowd.steer(told.append, 5)
    crowd.steer(lambda _: pytest.fail("what was said first stays"), 9)
    with crowd.at_work(), crowd.at_work():
        for _ in range(5):
            with crowd.at_work():
                pass
    assert told == [5, 2, *[1, 5] * 5, 5, 5]
