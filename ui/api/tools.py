"""The named endpoints as tools of the Model Context Protocol, for assistants: `--mcp`.

A tool calls its endpoint through the gate, as its visitor: the same bounds, queue and password.
"""

import json
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from inspect import Parameter, signature
from typing import Any

import gradio as gr
import httpx
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from ui.api import messages
from ui.gate.calls import CALLS, list_endpoints
from ui.gate.gate import MOST_JSON
from ui.messages import TITLE

TOLD = re.compile(r"event: (complete|error)\ndata: (.*)\n")
PASSED_ON = ("authorization", "cookie")
PATIENCE = httpx.Timeout(None)  # the queue of the page has its own bounds
TEXT = {"type": "string"}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "product": TEXT,
    "image": TEXT,
    "images": {"type": "array", "items": TEXT, "minItems": 1},
    "false_alarms_per_100": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100},
    "anyway": {"type": "boolean"},
    "overlays": {"type": "boolean"},
}


class Tools:
    """Answers assistants; each request stands for itself, no session is kept.

    Args:
        page: whose endpoints they are, once it is launched.
    """

    def __init__(self, page: gr.Blocks) -> None:
        self._page = page
        self._server: Server[Any, Any] = Server(TITLE, instructions=messages.INSTRUCTIONS)
        self._server.list_tools()(self._list)  # type: ignore[no-untyped-call]
        self._server.call_tool(validate_input=False)(self._call)  # the endpoint does, in sentences
        self._manager = StreamableHTTPSessionManager(
            self._server, json_response=True, stateless=True, max_request_body_size=MOST_JSON
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Answer while the block lasts."""
        return self._manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an assistant, or tell the documentation on the page which tools there are."""
        if scope["method"] == "POST":
            await self._manager.handle_request(scope, receive, send)
        else:
            await JSONResponse(self.describe())(scope, receive, send)

    def describe(self) -> list[dict[str, Any]]:
        """Return the tools as the documentation on the page reads them."""
        return [
            {
                "name": name,
                "description": messages.ABOUT[name],
                "inputSchema": _describe_values(answer),
                "meta": {"file_data_present": False, "mcp_type": "tool", "endpoint_name": name},
            }
            for name, answer in list_endpoints(self._page).items()
        ]

    async def _list(self) -> list[types.Tool]:
        return [
            types.Tool(
                name=one["name"],
                description=one["description"],
                inputSchema=one["inputSchema"],
                annotations=types.ToolAnnotations(readOnlyHint=True, openWorldHint=False),
            )
            for one in self.describe()
        ]

    async def _call(self, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        request: Any = self._server.request_context.request
        headers = {one: request.headers[one] for one in PASSED_ON if one in request.headers}
        asking = httpx.ASGITransport(app=self._page.app, client=tuple(request.client))
        async with httpx.AsyncClient(
            transport=asking, base_url="http://localhost", headers=headers, timeout=PATIENCE
        ) as client:
            begun = await client.post(f"{CALLS}{name}", json=arguments)
            if begun.is_error:
                return _tell(begun.json()["detail"])
            told = await client.get(f"{CALLS}{name}/{begun.json()['event_id']}")
        found = TOLD.search(told.text)
        if found is None:
            return _tell(messages.NO_TOLD)
        content = json.loads(found[2])
        return _tell(content["error"]) if found[1] == "error" else _answer(content[0])


def _tell(sentence: str) -> types.CallToolResult:
    content = types.TextContent(type="text", text=sentence)
    return types.CallToolResult(content=[content], isError=True)


def _answer(content: Any) -> types.CallToolResult:
    """Return an answer as JSON, and the overlays in it as pictures that an assistant sees."""
    pictures: list[types.ContentBlock] = []
    images = content.get("images", ()) if isinstance(content, dict) else ()
    for finding in [one for image in images for one in (*image["findings"], *image["namings"])]:
        if (overlay := finding.pop("overlay", None)) is not None:
            data = overlay.partition(",")[2]
            pictures.append(types.ImageContent(type="image", data=data, mimeType="image/jpeg"))
    text = types.TextContent(type="text", text=json.dumps(content, ensure_ascii=False))
    return types.CallToolResult(
        content=[text, *pictures],
        structuredContent=content if isinstance(content, dict) else {"products": content},
    )


def _describe_values(answer: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, value in signature(answer).parameters.items():
        properties[name] = {**KINDS[name], "description": messages.VALUES[name]}
        if value.default not in (Parameter.empty, None):
            properties[name]["default"] = value.default
    return {
        "type": "object",
        "properties": properties,
        "required": [
            name
            for name, value in signature(answer).parameters.items()
            if value.default is Parameter.empty
        ],
        "additionalProperties": False,
    }
