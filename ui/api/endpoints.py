"""The named endpoints of the page, for programs: typed, and documented at `/?view=api`."""

import functools
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.data_classes import FileData, ListFiles

from inspection.errors import InspectionError
from inspection.products.catalog import Catalog
from inspection.products.panels import attempt
from ui.api import messages
from ui.api.answers import Answers
from ui.parts.whole_blocks import Told

MOST_AT_ONCE = 2
EXAMPLE = {"path": "part.png", "url": "part.png", "meta": {"_type": "gradio.FileData"}}

KINDS: Mapping[str, tuple[dict[str, Any], Any]] = {
    "product": ({"type": "string"}, "demo/washer"),
    "image": (FileData.model_json_schema(), EXAMPLE),
    "images": (ListFiles.model_json_schema(), [EXAMPLE]),
    "false_alarms_per_100": ({"type": "number"}, 2),
    "anyway": ({"type": "boolean"}, False),
    "overlays": ({"type": "boolean"}, False),
}
"""JSON schema of each value, and an example."""

OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": {}}
LIST: dict[str, Any] = {"type": "array", "items": OBJECT}


class Value(Api):
    """A value that an endpoint is given; nothing of it is on the page.

    Attributes:
        example: that the documentation shows.
    """

    example: Any = None

    def get_block_name(self) -> str:
        return "api"

    def example_payload(self) -> Any:
        return self.example

    def example_value(self) -> Any:
        return self.example


class Image(Value):
    """An image: by this name the documentation writes how JavaScript sends a file."""


def offer(page: gr.Blocks, catalog: Catalog) -> None:
    """Let programs ask what visitors can: nothing here writes."""
    answers = Answers(catalog)
    # each waits in a line of its own: a long batch keeps no single image waiting
    for answer in (answers.products, answers.thresholds, answers.inspect, answers.inspect_batch):
        _offer(page, answer, catalog.places.shorten)


def _offer(page: gr.Blocks, answer: Callable[..., Any], shorten: Callable[[str], str]) -> None:
    name = answer.__name__

    @functools.wraps(answer)
    def told(*given: Any) -> Any:
        found = attempt(lambda: answer(*given))
        if isinstance(found, InspectionError):
            raise Told(shorten(str(found)))
        return found

    page.default_config.set_event_trigger(  # what gr.api does, with values of its own
        [],
        told,
        [_make_value(one) for one in signature(answer).parameters.values()],
        [Api(None, LIST if name == "products" else OBJECT, messages.ANSWER)],
        preprocess=False,
        postprocess=False,
        show_progress="hidden",
        api_name=name,
        api_description=messages.ABOUT[name],
        trigger_mode=None,
        concurrency_limit=MOST_AT_ONCE if name == "inspect" else 1,
    )


def _make_value(parameter: Parameter) -> Value:
    name = parameter.name
    schema, example = KINDS[name]
    said = messages.VALUES[name]
    default = None if parameter.default is Parameter.empty else parameter.default
    kind = Image if name == "image" else Value
    value = kind(default, {**schema, "additional_description": said}, messages.LABELS[name])
    value.example = example
    return value
