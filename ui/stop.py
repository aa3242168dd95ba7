"""The end of the page: what has been asked for is answered, and nothing more is taken."""

import signal
import threading
import time

import gradio as gr

from ui.parts.whole_blocks import WholeBlocks

PATIENCE = 30.0  # seconds; what stops a service waits about as long
GLANCE = 0.2  # seconds


def wait_for_end(page: gr.Blocks) -> None:
    """Block until the program is asked to end, by SIGTERM or Ctrl+C; end the page.

    SIGTERM lets those who wait have their answers; Ctrl+C, which is a person, does not.
    """
    asked = threading.Event()
    former = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        while not asked.wait(GLANCE):
            pass
        finish_answers(page)
    finally:
        signal.signal(signal.SIGTERM, former)
        page.close(verbose=False)


def finish_answers(page: gr.Blocks, patience: float = PATIENCE) -> bool:
    """Take nothing more, and return whether all that was asked for is answered in time."""
    if isinstance(page, WholeBlocks):
        page.is_stopping = True
    end = time.monotonic() + patience
    while is_busy(page):
        if time.monotonic() > end:
            return False
        time.sleep(GLANCE)
    return True


def is_busy(page: gr.Blocks) -> bool:
    """Return whether somebody waits for an answer, or has not received all of it."""
    queue = page._queue
    is_running = len(queue) > 0 or queue.get_active_worker_count() > 0
    unread = [one for one in list(queue.pending_messages_per_session.values()) if not one.empty()]
    return is_running or bool(unread)
