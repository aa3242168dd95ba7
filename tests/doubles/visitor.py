"""A visitor without a browser: what the Inspect tab sends when somebody uses it, over HTTP."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

PATIENCE = httpx.Timeout(300.0)


class Visitor:
    """One session with the page: its heartbeat is open until it leaves."""

    def __init__(self, url: str, **options: Any) -> None:
        self.client = httpx.Client(base_url=url, timeout=PATIENCE, **options)
        self.session = uuid.uuid4().hex[:11]
        self.dependencies = self.client.get("config").raise_for_status().json()["dependencies"]
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
        recording = next(
            one
            for one in self.dependencies
            if f"step: '{step}'" in str(one["js"]) and f"tab: '{tab}'" in str(one["js"])
        )
        answering = next(
            one for one in self.dependencies if one["trigger_after"] == recording["id"]
        )
        return recording, answering

    def ask(self, step: str, product: str, event: Any = None) -> httpx.Response:
        """Record a step, as an event of the browser does."""
        self.number += 1
        recording, _ = self.find(step)
        data = [None, self.number, product, None][: len(recording["inputs"])]
        return self.client.post("gradio_api/run/predict", json=self.body(recording, data, event))

    def join(self, step: str) -> httpx.Response:
        """Ask for the answer; it waits in the queue."""
        _, answering = self.find(step)
        body = self.body(answering, [None] * len(answering["inputs"]), None)
        return self.client.post("gradio_api/queue/join", json=body)

    def body(self, dependency: dict[str, Any], data: list[Any], event: Any) -> dict[str, Any]:
        """Return what the browser posts for an event."""
        return {
            "data": data,
            "event_data": event,
            "fn_index": dependency["id"],
            "trigger_id": dependency["targets"][0][0],
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
