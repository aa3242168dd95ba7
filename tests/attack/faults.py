"""Commands that meet a fault at one of their file operations, each in a process of its own.

`python -m tests.attack.faults ROOT WORDS...` imports the program once, then answers lines from
stdin: `count`, or `kill N`, `full N`, `denied N` for a fault at the Nth operation that changes
something below ROOT, or `after S` for a kill after S seconds. Every answer is a line of JSON:
operations counted, exit status, what was said.
"""

import errno
import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

KILL, FULL, DENIED = "kill", "full", "denied"
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Fault:
    """An audit hook that counts what changes something below a folder, and fails at one of it."""

    def __init__(self, root: Path, kind: str, place: int) -> None:
        self.count = 0
        self._root, self._kind, self._place = str(root), kind, place

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at one event of the interpreter."""
        is_open = event == "open" and bool(arguments[2] & WRITING)
        if not is_open and event not in CHANGES:
            return
        path = arguments[0]
        if not isinstance(path, str | os.PathLike) or not str(path).startswith(self._root):
            return
        self.count += 1
        if self.count < self._place or not self._place:
            return
        if self._kind == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._kind == FULL and (is_open or event == "os.mkdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if self._kind == DENIED:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def run_command(words: Sequence[str], fault: Fault) -> dict[str, Any]:
    """Run a command in this process under a fault."""
    import cli

    sys.argv = ["cli.py", *words]
    said = io.StringIO()
    status: object = 0
    sys.addaudithook(fault)
    with redirect_stdout(said), redirect_stderr(said):
        try:
            cli.main()
        except SystemExit as leaving:
            status = leaving.code or 0
        except Exception as error:  # noqa: BLE001 (it is what is looked for)
            status = f"traceback: {error!r}"
    return {"status": status, "count": fault.count, "said": said.getvalue()}


def answer(line: str, root: Path, words: Sequence[str]) -> dict[str, Any]:
    """Run the command in a fork, so that nothing is imported twice."""
    kind, _, number = line.partition(" ")
    place = int(number) if kind in (KILL, FULL, DENIED) else 0
    reading, writing = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(run_command(words, Fault(root, kind, place)), pipe)
        os._exit(0)
    os.close(writing)
    timer = threading.Timer(float(number or 0), os.kill, (child, signal.SIGKILL))
    if kind == "after":
        timer.start()
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    timer.cancel()
    found: dict[str, Any] = json.loads(told) if told else {"status": "killed", "said": ""}
    return {**found, "seconds": time.monotonic() - start}


def main(root: Path, words: Sequence[str]) -> None:
    """Answer until stdin ends."""
    import torch

    import cli
    import detectors.backbones.embedding
    import detectors.cae.detector
    import detectors.learning.loop
    import detectors.workflow
    import eda.report
    import inspection.evaluation.service

    del cli, detectors, eda, inspection  # only to be there
    torch.set_num_threads(1)  # OpenMP's threads do not survive a fork
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(line.strip(), root, words)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
