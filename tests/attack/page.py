"""The real page as a program of its own, as the probes of memory and waiting use it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ui.gate.gate import SWEEP_EVERY

needs_linux = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read as on Linux"
)
ROOT = Path(__file__).parents[2]
PRODUCT = "demo/fabric"


class Page:
    """The page as a program of its own, with its temporary files where they can be counted."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], temporary: Path) -> None:
        self.url = url
        self.process = process
        self.temporary = temporary

    @property
    def memory(self) -> float:
        """MB that the program holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    @property
    def settled_memory(self) -> float:
        """MB that the program holds once it has given back what it has freed, which it does."""
        time.sleep(SWEEP_EVERY + 2)
        return self.memory

    @property
    def files(self) -> list[Path]:
        return [path for path in self.temporary.rglob("*") if path.is_file()]


@contextmanager
def running(tmp_path: Path) -> Iterator[Page]:
    """Start the page, and see at its end that it leaves no file and no traceback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "GRADIO_TEMP_DIR": ""}
    for name in ("DEFECT_LENS_PASSWORD", "OMP_NUM_THREADS"):  # the latter is a worker's share
        environment.pop(name, None)
    command = [sys.executable, "app.py", "--port", str(port)]
    pipe = subprocess.PIPE
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=log) as started,
    ):
        assert started.stdout is not None
        lines = iter(started.stdout.readline, b"")
        assert any(b"Verdict" in line for line in lines), "the first inspection is over"
        yield Page(f"http://127.0.0.1:{port}/", started, temporary)
        started.terminate()
        started.wait(60)
    assert [path.name for path in temporary.iterdir() if path.name != "gradio"] == []
    assert b"Traceback" not in (tmp_path / "log").read_bytes()


def read_samples() -> list[str]:
    """Return the test images of the product, as the page calls them."""
    data = ROOT / "data" / "demo"
    return [str(path.relative_to(data)) for path in sorted(data.glob("fabric/test/*/*.png"))]
