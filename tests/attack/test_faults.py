"""Commands are killed, or find no room or no right, at every file operation: nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.workflow import load_channel
from inspection.control_groups import list_own_groups
from inspection.errors import EvaluationError
from inspection.evaluation.files import has_evaluation, load_evaluation
from inspection.products.checkpoint_folders import is_there, read_seen
from inspection.products.product_file import read_settings
from inspection.products.reading import load_reading
from inspection.products.split_plan import load_split
from tests.attack.faults import DENIED, FULL, KILL
from tests.doubles.parts import write_dataset

ROOT = Path(__file__).parents[2]
MOMENTS = 40  # kills at random moments of each command
QUICK = ("--set", "max_epochs=1", "--set", "num_patches=64", "--input-size", "64")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each try is a fork")


class Tries:
    """A command that is tried again and again, each time from the same state."""

    def __init__(self, process: "subprocess.Popen[str]", root: Path) -> None:
        self._process, self._root = process, root
        self._before = root.with_name("before")
        shutil.copytree(root, self._before)

    def run(self, line: str) -> dict[str, Any]:
        """Bring the state back, run the command under a fault, and return what came out."""
        shutil.rmtree(self._root)
        shutil.copytree(self._before, self._root)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def trying(root: Path, words: Sequence[str]) -> Iterator[Tries]:
    """Start the process that forks for every try."""
    command = [sys.executable, "-m", "tests.attack.faults", str(root), *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DEFECT_LENS_CACHE": str(root / "cache")}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield Tries(process, root)
        assert process.stdin is not None
        process.stdin.close()


@dataclass
class Outcome:
    """What faults came to; all of it is empty but the counts."""

    counts: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def add(self, name: str, kind: str, found: dict[str, Any], product: Path) -> None:
        """Count one fault and look at what it left."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        said, status = found["said"], found["status"]
        if kind in (FULL, DENIED) and (
            str(status).startswith("traceback") or "Errno" in said or "Traceback" in said
        ):
            self.broken.append(f"{name}: {status}: {said[-300:]}")
        if status == 2 and "Error: " not in said:
            self.broken.append(f"{name}: no sentence: {said[-300:]}")
        self.broken += [f"{name}: {problem}" for problem in find_damage(product)]


def find_damage(product: Path) -> Iterator[str]:
    """Yield what of a product is neither as it was nor as it was to be."""
    try:
        load_split(product)
        load_reading(product)
        read_settings(product)
        if is_there(product / "cae"):
            read_seen(product / "cae")
            load_channel(product / "cae", device="cpu")
            if has_evaluation(product / "cae"):
                load_evaluation(product / "cae")
    except EvaluationError as error:
        if "other weights or thresholds" not in str(error):
            yield str(error)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is damage)
        yield repr(error)


def run_whole(words: Sequence[object]) -> None:
    subprocess.run(
        [sys.executable, "cli.py", *map(str, words)], cwd=ROOT, check=True, capture_output=True
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset, and the checkpoints of one small detector of it, evaluated."""
    folder = tmp_path_factory.mktemp("faults")
    write_dataset(folder / "parts")
    place = ("--data", folder / "parts", "--checkpoints", folder / "root" / "ck", "--device", "cpu")
    run_whole(["train", *place, "--detector", "cae", *QUICK])
    run_whole(["evaluate", *place])
    return folder


def words_of(command: str, folder: Path) -> list[str]:
    """Return a command line; `train` trains a second time, over what is there."""
    checkpoints = ("--checkpoints", str(folder / "root" / "ck"))
    place = ("--data", str(folder / "parts"), *checkpoints, "--device", "cpu")
    match command:
        case "train" | "first":
            return ["train", *place, "--detector", "cae", *QUICK]
        case "evaluate":
            return ["evaluate", *place, "--again"]
        case "calibrate":
            return ["calibrate", "--category", "disc", *checkpoints, "--false-alarm-rate", "0.2"]
    return ["eda", "--data", str(folder / "parts"), "--out", str(folder / "root" / "report")]


def try_faults(
    command: str,
    trained: Path,
    tmp_path: Path,
    *,
    kinds: Sequence[str] = (KILL, FULL, DENIED),
    num_moments: int = MOMENTS,
) -> Outcome:
    """Run a command with every fault at every file operation, then kill it at random moments."""
    folder, outcome = tmp_path / "copy", Outcome()
    shutil.copytree(trained, folder)
    root, product = folder / "root", folder / "root" / "ck" / "parts" / "disc"
    if command == "first":
        shutil.rmtree(root / "ck" / "parts")
    rng = np.random.default_rng(0)
    with trying(root, words_of(command, folder)) as tries:
        whole = tries.run("count")
        assert whole["status"] == 0, whole
        for kind in kinds:
            for place in range(1, whole["count"] + 1):
                outcome.add(
                    f"{command} {kind} {place}", kind, tries.run(f"{kind} {place}"), product
                )
        for seconds in rng.uniform(0, whole["seconds"], num_moments):
            found = tries.run(f"after {seconds:.3f}")
            outcome.add(f"{command} after {seconds:.3f} s", "at a random moment", found, product)
    return outcome


@pytest.mark.attack
@pytest.mark.parametrize("command", ["first", "train", "evaluate", "calibrate", "eda"])
def test_faults_at_every_file_operation(
    command: str,
    trained: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    found = try_faults(command, trained, tmp_path)
    for kind, count in found.counts.items():
        record_property(kind, count)
    record_property("broken", len(found.broken))
    assert found.broken == []


@pytest.mark.attack
@pytest.mark.parametrize("second", ["train", "evaluate", "calibrate", "eda", "other"])
@pytest.mark.parametrize("is_there", [True, False], ids=["over", "first"])
def test_two_commands_at_once_on_one_product(
    second: str,
    is_there: bool,
    trained: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained, folder)
    product = folder / "root" / "ck" / "parts" / "disc"
    if not is_there:
        shutil.rmtree(product.parent)
    other = [*words_of("train", folder), "--detector", "patchcore"]
    pair = (words_of("train", folder), other if second == "other" else words_of(second, folder))
    environment = {**os.environ, "DEFECT_LENS_CACHE": str(folder / "cache")}
    running = []
    for words in pair:
        running.append(
            subprocess.Popen(
                [sys.executable, "cli.py", *words],
                cwd=ROOT,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
        time.sleep(np.random.default_rng(len(second)).uniform(0, 2))
    said = [one.communicate(timeout=300)[0] for one in running]
    statuses = [one.returncode for one in running]
    record_property("statuses", statuses)
    assert statuses[0] == 0 or "Error: " in said[0], said[0]
    assert statuses[1] == 0 or "Error: " in said[1], said[1]
    assert 0 in statuses
    assert "Traceback" not in "".join(said)
    assert list(find_damage(product)) == []


@pytest.mark.attack
@pytest.mark.parametrize(
    ("bound", "megabytes"),
    [
        *(("address space", megabytes) for megabytes in (1000, 2000, 3000, 4000)),
        *(("group", megabytes) for megabytes in (500, 1000, 2000)),  # of what is really used
    ],
)
@pytest.mark.parametrize("command", ["train", "patchcore", "evaluate"])
def test_a_limit_of_memory_ends_in_a_sentence(
    command: str,
    bound: str,
    megabytes: int,
    trained: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained, folder)
    words = words_of("train" if command == "patchcore" else command, folder)
    words += ["--detector", "patchcore"] * (command == "patchcore")
    with bounded(bound, megabytes) as prefix:
        ended = subprocess.run(
            [*prefix, sys.executable, "cli.py", *words],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    record_property("status", ended.returncode)
    assert ended.returncode in {0, 2}, ended.stdout
    assert "Traceback" not in ended.stdout
    assert ended.returncode == 0 or "memory" in ended.stdout, ended.stdout
    assert list(find_damage(folder / "root" / "ck" / "parts" / "disc")) == []


@contextmanager
def bounded(bound: str, megabytes: int) -> Iterator[list[str]]:
    """Give the words before a command that let it have so much memory, as a container would."""
    if bound == "address space":
        yield ["sh", "-c", f'ulimit -v {megabytes}000; exec "$@"', "sh"]
        return
    group, first_version = next(list_own_groups("memory"), (Path("none"), False))
    inner = group / f"defect-lens-attack-{os.getpid()}"
    limit = inner / ("memory.limit_in_bytes" if first_version else "memory.max")
    try:
        try:
            inner.mkdir()
            limit.write_text(f"{megabytes}000000")
        except OSError as error:
            pytest.skip(f"no control group can be made here: {error.strerror}")
        yield ["sh", "-c", f'echo $$ > {inner}/cgroup.procs; exec "$@"', "sh"]
    finally:
        if inner.is_dir():
            inner.rmdir()
