"""A visitor without a browser: what the Inspect tab sends when somebody uses it, over HTTP."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from inspection.reports.formats import FORMATS

PATIENCE = httpx.Timeout(300.0)


class Visitor:
    """One session with the page: its heartbeat is open until it leaves."""

    def __init__(self, url: str, **options: Any) -> None:
        self.client = httpx.Client(base_url=url, timeout=PATIENCE, **options)
        self.session = uuid.uuid4().hex[:11]
        config = self.client.get("config").raise_for_status().json()
        self.dependencies = config["dependencies"]
        self.values = {one["id"]: one["props"].get("value") for one in config["components"]}
        self.number = 0

    @contextmanager
    def staying(self) -> Iterator["Visitor"]:
        """Keep the heartbeat open as a browser does."""
        with self.client.stream("GET", f"gradio_api/heartbeat/{self.session}") as heart:
            next(heart.iter_raw())
            yield self
        self.client.close()

    def find(self, step: str, tab: str = "inspect") -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the event that records a step of a tab, and the one that answers it."""
        return self.find_all(step, tab)[0]

    def find_all(self, step: str, tab: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return all events of a step, such as opening each of the sub-tabs."""
        # what shows a failure comes later in the list
        after = {one["trigger_after"]: one for one in reversed(self.dependencies)}
        return [
            (one, after[one["id"]])
            for one in self.dependencies
            if f"step: '{step}'" in str(one["js"]) and f"tab: '{tab}'" in str(one["js"])
        ]

    def open_views(self, tab: str) -> Iterator[dict[str, Any]]:
        """Open every sub-tab of a tab with the filters as they were; yield the last messages.

        A filter may have lost its choice since: the page refuses it, and says so.
        """
        for recording, answering in self.find_all("open_tab", tab):
            self.number += 1
            filters = [self.values[one] for one in recording["inputs"][2:]]
            body = self.body(recording, [None, self.number, *filters], None)
            asked = self.client.post("gradio_api/run/predict", json=body)
            if asked.status_code == 400:
                yield {"success": False, "refused": asked.json()["error"]}
                continue
            self.enqueue(answering).raise_for_status()
            yield list(self.answers())[-1]

    def make_report(self, product: str, sample: str, kind: str) -> dict[str, Any]:
        """Ask for a report of a sample, as a button of the viewer does; return the last message."""
        making = next(
            one
            for one in self.dependencies
            if len(one["outputs"]) == len(FORMATS) and one["targets"][0][1] == "select"
        )
        wanted = {"format": kind, "rate": 0.05, "product": product, "sample": sample, "run": 1}
        body = self.body(making, [None], wanted)
        self.client.post("gradio_api/queue/join", json=body).raise_for_status()
        return list(self.answers())[-1]

    def ask(self, step: str, product: str, event: Any = None) -> httpx.Response:
        """Record a step, as an event of the browser does."""
        self.number += 1
        recording, _ = self.find(step)
        data = [None, self.number, product, None][: len(recording["inputs"])]
        return self.client.post("gradio_api/run/predict", json=self.body(recording, data, event))

    def join(self, step: str) -> httpx.Response:
        """Ask for the answer; it waits in the queue."""
        return self.enqueue(self.find(step)[1])

    def enqueue(self, answering: dict[str, Any]) -> httpx.Response:
        """Take a place in the queue for an event without values of the browser's own."""
        body = self.body(answering, [None] * len(answering["inputs"]), None)
        return self.client.post("gradio_api/queue/join", json=body)

    def body(self, dependency: dict[str, Any], data: list[Any], event: Any) -> dict[str, Any]:
        """Return what the browser posts for an event."""
        targets = dependency["targets"]  # none, of an endpoint for programs
        return {
            "data": data,
            "event_data": event,
            "fn_index": dependency["id"],
            "trigger_id": targets[0][0] if targets else None,
            "session_hash": self.session,
        }

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield the messages of the server until it has answered."""
        address = f"gradio_api/queue/data?session_hash={self.session}"
        with self.client.stream("GET", address) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    message = json.loads(line[5:])
                    yield message
                    if message["msg"] in {"process_completed", "unexpected_error"}:
                        return

    def inspect_sample(self, product: str, sample: str) -> list[dict[str, Any]]:
        """Inspect a sample and return all messages of the server."""
        self.ask("pick_sample", product, {"product": product, "sample": sample}).raise_for_status()
        self.join("pick_sample").raise_for_status()
        return list(self.answers())

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file and return how the page calls it."""
        sent = self.client.post("gradio_api/upload", files={"files": (name, content)})
        return str(sent.raise_for_status().json()[0])

    def inspect_upload(self, product: str, path: str) -> list[dict[str, Any]]:
        """Inspect an upload and return all messages of the server."""
        self.ask("upload", product, {"upload": path}).raise_for_status()
        self.join("upload").raise_for_status()
        return list(self.answers())


def in_threads(jobs: list[Any]) -> None:
    """Run all jobs at the same time and wait for them."""
    threads = [threading.Thread(target=job) for job in jobs]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
