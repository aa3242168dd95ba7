"""A page whose answers travel whole, and which answers what it cannot read with a sentence."""

from typing import Any

import gradio as gr

from ui.gate.gate import note_unreadable
from ui.gate.refusals import NOT_UNDERSTOOD
from ui.parts.safe_image import SafeImage, place_upload

PROTOCOL = "sse_v1"  # the newest of Gradio's without changes


class WholeBlocks(gr.Blocks):
    """Sends every answer as it is.

    Gradio's page applies a change to the very object that it has read before. Where several
    answers arrive at once, as over a slow link, the earlier ones are changed before they are shown:
    a panel stays empty. Nothing is gained by it here either, for no two answers are alike.

    Attributes:
        is_stopping: whether nothing more is taken, since the program is about to end.
    """

    is_stopping = False

    def handle_streaming_diffs(self, *args: Any, **options: Any) -> list[Any]:
        """Return an answer as it is to be sent."""
        return super().handle_streaming_diffs(*args, **{**options, "simple_format": True})

    def get_config_file(self) -> Any:
        """Return what the browser is sent of the page."""
        return {**super().get_config_file(), "protocol": PROTOCOL}

    async def process_api(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Run an event; what Gradio says of values that it refuses may repeat them."""
        try:
            answer: dict[str, Any] = await super().process_api(*args, **options)
        except gr.Error as error:
            note_unreadable()
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from error
        return answer

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """Return the values that an event's function is given."""
        pairs = zip(block_fn.inputs, inputs, strict=True)
        values = [
            place_upload(value) if isinstance(one, SafeImage) else value for one, value in pairs
        ]
        try:
            read: list[Any] = await super().preprocess_data(block_fn, values, state, explicit_call)
        except (ValueError, TypeError, LookupError, OSError) as error:
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from error
        return read
