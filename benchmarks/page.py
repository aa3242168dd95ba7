"""The page as a visitor meets it: started by its command, then asked as a browser asks it."""

import base64
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from detectors import list_defaults, list_detectors

ROOT = Path(__file__).resolve().parent.parent
LAST = list_detectors()[list_defaults()[-1]]
LAST_ANSWER = f"  {LAST.title}"  # the page prints a line per detector when it has answered
PATIENCE = 120.0  # seconds until a start or an answer is given up


@dataclass(frozen=True, slots=True, eq=False)
class RunningPage:
    """A page that has answered, and what it took.

    Attributes:
        answered: seconds from the command until the page answered.
        inspected: seconds from the command until its first inspection was done.
    """

    url: str
    pid: int
    answered: float
    inspected: float


@contextmanager
def running_page(command: Sequence[str] = ("app.py",)) -> Iterator[RunningPage]:
    """Start the page at a free port, wait for its first inspection, and end it afterwards.

    Raises:
        SystemExit: it ended or went on without an answer; the sentence holds its last words.
    """
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command, "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        answered = wait_until_it_answers(process, url) - start
        inspected = wait_for_first_inspection(process) - start
        yield RunningPage(url, process.pid, answered, inspected)
    finally:
        process.terminate()
        process.communicate()


def find_free_port() -> int:
    """Return a port that nobody listens on: at a taken one, another server would be measured."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(process: subprocess.Popen[str], url: str) -> float:
    """Ask for the page until it comes, and return when."""
    patience = time.perf_counter() + PATIENCE
    while process.poll() is None and time.perf_counter() < patience:
        try:
            httpx.get(url, timeout=5, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return time.perf_counter()
    process.terminate()
    said = process.stdout.read() if process.stdout else ""
    raise SystemExit(f"The page did not answer. It said:\n{said}")


def wait_for_first_inspection(process: subprocess.Popen[str]) -> float:
    """Read what the page prints until its last detector has answered, and return when."""
    said: list[str] = []
    patience = threading.Timer(PATIENCE, process.terminate)
    patience.start()
    try:
        for line in process.stdout or ():
            if line.startswith(LAST_ANSWER):
                return time.perf_counter()
            said.append(line)
    finally:
        patience.cancel()
    raise SystemExit(f"The page's first inspection was not done. It said:\n{''.join(said)}")


def read_peak_memory(pid: int) -> float | None:
    """Return the largest resident size of a process in MB; None where that is unknown."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():  # no Linux
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peaks[0]) / 1024 if peaks else None


class Visitor:
    """Asks a page and waits for the last answer, as its own script does."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)
        self._config = self._client.get("/config").raise_for_status().json()
        self._prefix = self._config["api_prefix"]
        self._numbers = itertools.count(1)
        self._session = uuid.uuid4().hex

    def inspect(self, product: str, path: Path) -> int:
        """Upload an image, read all that comes back, and return how many detectors answered.

        Raises:
            SystemExit: the page could not inspect it.
        """
        # as the camera does
        messages = self.ask("input", "upload", [product, self.upload(path)])
        return sum('"map"' in message for message in messages)  # of a finished detector, sent once

    def open_lab(self, product: str, sample: str | None = None) -> list[str]:
        """Fade a sample, or that which opens the Sensitivity tab, until its curves are there.

        Raises:
            SystemExit: the page could not do it.
        """
        picked = {"product": product, "sample": sample}
        return list(self.ask("lab-samples", "select", [product], picked))

    def slide(self, strength: float) -> dict[str, Any]:
        """Move the slider of the defect's strength, and return the answers that come back."""
        moved = find_event(self._config, "lab-fade", "input")
        (fed,) = self._send("run/predict", moved, [None], {"asked": [strength, 1.0]})["data"]
        return dict(fed["value"])

    def show_frame(self, product: str, path: Path) -> int:
        """Send a JPEG as the live camera sends a frame; return how many detectors answered.

        Raises:
            SystemExit: the page could not inspect it.
        """
        content = base64.b64encode(path.read_bytes()).decode()
        frame = {"number": 1, "frame": f"data:image/jpeg;base64,{content}"}
        event = find_event(self._config, "live", "input")
        (fed,) = self._send("run/predict", event, [product], frame)["data"]
        if fed["value"]["state"] != "done":
            raise SystemExit(f"The page failed to inspect a frame: {fed['value']}")
        return len(fed["value"]["answers"])

    def ask(
        self, component: str, name: str, data: list[Any], event_data: object = None
    ) -> Iterator[str]:
        """Do what an event of a component does, and yield the messages of its answer.

        Raises:
            SystemExit: the page could not answer.
        """
        request = find_event(self._config, component, name)
        self._send("run/predict", request, [None, next(self._numbers), *data], event_data)
        events = self._config["dependencies"]
        answer = next(one for one in events if one["trigger_after"] == request["id"])
        self._send("queue/join", answer, [None])
        for message in self._listen():
            yield message
            if '"process_completed"' in message:
                check_completed(json.loads(message))
                return
        raise SystemExit("The page ended its answer early.")

    def _send(
        self, where: str, event: dict[str, Any], data: list[Any], event_data: object = None
    ) -> dict[str, Any]:
        request = {
            "data": data,
            "fn_index": event["id"],
            "trigger_id": event["targets"][0][0],
            "event_data": event_data,
            "session_hash": self._session,
        }
        answer = self._client.post(f"{self._prefix}/{where}", json=request).raise_for_status()
        return dict(answer.json())

    def upload(self, path: Path) -> dict[str, Any]:
        """Send a file to the page, and return what events name it by."""
        files = {"files": (path.name, path.read_bytes(), "image/png")}
        answer = self._client.post(f"{self._prefix}/upload", files=files).raise_for_status()
        name = path.name
        return {"path": answer.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def _listen(self) -> Iterator[str]:
        """Yield the messages of the session as the server sends them."""
        where = f"{self._prefix}/queue/data"
        asked = {"session_hash": self._session}
        with self._client.stream("GET", where, params=asked) as answer:
            for line in answer.raise_for_status().iter_lines():
                if line.startswith("data:"):
                    yield line.removeprefix("data:")


def find_event(config: dict[str, Any], component: str, name: str) -> dict[str, Any]:
    """Return what the page does at an event of a component, given by its id or its text."""
    words = ("elem_id", "label", "value")
    target = next(
        one["id"]
        for one in config["components"]
        if component in [one["props"].get(word) for word in words]
    )
    return next(one for one in config["dependencies"] if [target, name] in one["targets"])


def check_completed(message: dict[str, Any]) -> None:
    """Stop where the page could not finish an inspection."""
    if not message["success"]:
        raise SystemExit(f"The page failed to inspect: {message['output'].get('error')}")
