"""Ctrl+C while a program imports its libraries ends it without a word."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AT_IMPORT = """
import os, signal, sys
def interrupt(event, arguments):
    if event == "import" and arguments[0] == "numpy":
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(interrupt)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("program", ["cli.py", "app.py"])
def test_an_interrupt_during_the_imports_says_nothing(tmp_path: Path, program: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(AT_IMPORT, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, program, "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (found.returncode, found.stdout, found.stderr) == (-signal.SIGINT, "", "")
