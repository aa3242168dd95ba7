"""A page whose answers travel whole, and which answers what it cannot read with a sentence."""

import copy
from typing import Any

import gradio as gr

from ui.gate.gate import note_unreadable
from ui.gate.refusals import NOT_UNDERSTOOD
from ui.parts.safe_image import SafeImage, place_upload

STAYS = gr.skip()
PROTOCOL = "sse_v1"  # the newest of Gradio's without changes


class Told(gr.Error):
    """A sentence for the program that has called an endpoint."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, print_exception=False)


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

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """Return what is sent of the outputs that an event names, and that the others stay.

        Gradio makes a component anew for each that stays: of a dozen outputs, each time that a
        detector answers, which takes as long as the detectors.
        """
        if not block_fn.postprocess:  # values of an endpoint
            return [predictions]
        if not isinstance(predictions, dict) or not all(
            isinstance(one, gr.blocks.Block) for one in predictions
        ):
            whole: list[Any] = await super().postprocess_data(block_fn, predictions, state)
            return whole
        values = {one._id: value for one, value in predictions.items() if not stays(value)}
        named = copy.copy(block_fn)
        named.outputs = [one for one in block_fn.outputs if one._id in values]
        given = [values[one._id] for one in named.outputs]
        sent: list[Any] = []
        if given:
            known = given[0] if len(given) == 1 else given
            sent = await super().postprocess_data(named, known, state)
        made = dict(zip((one._id for one in named.outputs), sent, strict=True))
        return [made.get(one._id, STAYS) for one in block_fn.outputs]

    async def process_api(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Run an event; what Gradio says of values that it refuses may repeat them."""
        try:
            answer: dict[str, Any] = await super().process_api(*args, **options)
        except Told:
            raise
        except gr.Error as error:
            note_unreadable()
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from error
        return answer

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """Return the values that an event's function is given.

        An endpoint checks its own: Gradio would fetch whatever address a file is said to be at.
        """
        if not block_fn.preprocess:
            return inputs
        pairs = zip(block_fn.inputs, inputs, strict=True)
        values = [
            place_upload(value) if isinstance(one, SafeImage) else value for one, value in pairs
        ]
        try:
            read: list[Any] = await super().preprocess_data(block_fn, values, state, explicit_call)
        except (ValueError, TypeError, LookupError, OSError) as error:
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False) from error
        return read


def stays(value: object) -> bool:
    """Return whether an output is to stay as it is."""
    return isinstance(value, dict) and value == STAYS
