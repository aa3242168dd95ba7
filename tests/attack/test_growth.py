"""Memory and disk of the real page, after many inspections, visitors and broken uploads."""

import os
import socket
from collections.abc import Callable

import httpx
import pytest

from tests.attack.page import PRODUCT, ROOT, Page, needs_linux, read_samples
from tests.doubles.visitor import Visitor, in_threads

pytestmark = [pytest.mark.attack, needs_linux]
NUM_WARM = 30  # visitors
NUM_VISITORS = int(os.environ.get("ATTACK_VISITORS", "100"))
NUM_EACH = 10  # inspections of a visitor
MOST_GROWTH = 20.0  # MB


def visit(page: Page, samples: list[str], count: int) -> Callable[[], None]:
    """Return what a visitor does: half of the images are samples, half uploads."""

    def work() -> None:
        visitor = Visitor(page.url)
        with visitor.staying():
            for k in range(count):
                name = samples[k % len(samples)]
                if k % 2:
                    content = (ROOT / "data" / "demo" / name).read_bytes()
                    last = visitor.inspect_upload(PRODUCT, visitor.upload("a.png", content))[-1]
                else:
                    last = visitor.inspect_sample(PRODUCT, name)[-1]
                assert last["success"]

    return work


def test_memory_does_not_grow_with_inspections_and_visitors(
    page: Page, record_property: Callable[[str, object], None]
) -> None:
    samples = read_samples()[:12]
    for _ in range(NUM_WARM // 2):
        in_threads([visit(page, samples, NUM_EACH)] * 2)
    before, after = page.settled_memory, []
    for _ in range(2):
        for _ in range(NUM_VISITORS // 4):
            in_threads([visit(page, samples, NUM_EACH)] * 2)
        after.append(page.settled_memory)
    record_property("visitors", NUM_VISITORS)
    record_property("inspections", NUM_VISITORS * NUM_EACH)
    halves = ", ".join(f"{one:.0f}" for one in after)
    record_property("memory before, half way and after, MB", f"{before:.0f}, {halves}")
    stored = sum(path.stat().st_size for path in page.files) / 1e6
    record_property("uploads held at the end, MB", f"{stored:.1f}")
    # what is between pieces that are held comes and goes by 40 MB; what grows stays
    assert min(after) - before < MOST_GROWTH


def test_requests_that_are_too_large_or_break_off_leave_nothing(
    page: Page, record_property: Callable[[str, object], None]
) -> None:
    Visitor(page.url).upload("a.png", b"0" * 1000)
    files, before = len(page.files), page.memory
    host, port = "127.0.0.1", int(page.url.rstrip("/").rpartition(":")[2])
    for _ in range(30):  # breaks off in the middle of a file of 20 MB
        with socket.create_connection((host, port)) as connection:
            connection.sendall(
                b"POST /gradio_api/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
                b'Content-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
                + b"0"
                * 5_000_000
            )
    statuses = set()
    for path in ("gradio_api/run/predict", "gradio_api/queue/join", "gradio_api/upload"):
        for _ in range(10):
            try:
                answer = httpx.post(page.url + path, content=b"[" * 120_000_000, timeout=60)
                statuses.add(answer.status_code)
            except httpx.TransportError:  # hung up on
                statuses.add(413)
    assert statuses == {413}
    for _ in range(10):
        assert httpx.get(page.url + "gradio_api/deep_link?session_hash=a").status_code == 404
    record_property("files left", len(page.files) - files)
    record_property("memory before and after, MB", f"{before:.0f}, {page.memory:.0f}")
    assert len(page.files) == files
    assert page.memory - before < 2 * MOST_GROWTH
