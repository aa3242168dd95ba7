"""A page whose answers travel whole; Gradio's own travel as changes of the ones before."""

from typing import Any

import gradio as gr

PROTOCOL = "sse_v1"  # the newest of Gradio's without changes


class WholeBlocks(gr.Blocks):
    """Sends every answer as it is.

    Gradio's page applies a change to the very object that it has read before. Where several
    answers arrive at once, as over a slow link, the earlier ones are changed before they are shown:
    a panel stays empty. Nothing is gained by it here either, for no two answers are alike.
    """

    def handle_streaming_diffs(self, *args: Any, **options: Any) -> list[Any]:
        """Return an answer as it is to be sent."""
        return super().handle_streaming_diffs(*args, **{**options, "simple_format": True})

    def get_config_file(self) -> Any:
        """Return what the browser is sent of the page."""
        return {**super().get_config_file(), "protocol": PROTOCOL}
