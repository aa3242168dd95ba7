"""The endpoints as tools for assistants (MCP), asked by the client of the protocol's own SDK."""

import asyncio
import base64
import builtins
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jsonschema
import pytest
from mcp import ClientSession, types
from mcp.client.streamable_http import streamable_http_client

from inspection.errors import SettingsError
from inspection.products.catalog import Catalog
from tests.browser import without_finalisers
from tests.doubles.parts import PICTURE_SIDE, draw_part, write_part
from tests.doubles.products import make_catalog
from tests.doubles.schema import parse_inspection
from ui.serve import load_tools

KEY = "drawn/part"
PASSWORD = "correct horse"
BEARER = {"Authorization": f"Bearer {PASSWORD}"}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("tools"))


@pytest.fixture(scope="module")
def address(catalog: Catalog) -> Iterator[str]:
    """A page with a password that lets assistants in, too."""
    with without_finalisers():
        from ui.serve import serve

        served = serve(catalog, host="127.0.0.1", password=PASSWORD, mcp=True)
    yield f"{served.local_url}gradio_api/mcp/"
    served.close()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("image") / "part.png"
    write_part(path, draw_part(3, defective=True, side=PICTURE_SIDE)[0])
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def ask(address: str, *calls: tuple[str, Mapping[str, Any]]) -> list[types.CallToolResult]:
    async def asking() -> list[types.CallToolResult]:
        async with opened(address) as session:
            return [await session.call_tool(name, dict(values)) for name, values in calls]

    return asyncio.run(asking())


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[ClientSession]:
    async with (
        httpx.AsyncClient(headers=BEARER, timeout=60) as client,
        streamable_http_client(address, http_client=client) as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        yield session


def text(result: types.CallToolResult) -> str:
    first = result.content[0]
    assert isinstance(first, types.TextContent)
    return first.text


def test_the_tools_are_the_endpoints_and_say_what_they_take(address: str) -> None:
    async def listing() -> list[types.Tool]:
        async with opened(address) as session:
            return (await session.list_tools()).tools

    tools = asyncio.run(listing())
    assert [one.name for one in tools] == ["products", "thresholds", "inspect", "inspect_batch"]
    for one in tools:
        jsonschema.Draft202012Validator.check_schema(one.inputSchema)
        assert one.description
        assert one.annotations is not None
        assert one.annotations.readOnlyHint
    told = httpx.get(f"{address}schema", headers=BEARER, timeout=60).json()
    assert [one["name"] for one in told] == [one.name for one in tools]


def test_a_tool_gives_the_inspection_and_its_pictures(address: str, image: str) -> None:
    values = {"product": KEY, "image": image, "overlays": True}
    products, inspected = ask(address, ("products", {}), ("inspect", values))
    assert json.loads(text(products))[0]["product"] == KEY
    content = parse_inspection(text(inspected))
    assert content == inspected.structuredContent
    assert content["images"][0]["outcome"] == "defect"
    pictures = inspected.content[1:]
    assert len(pictures) == len(content["images"][0]["findings"]) == 3
    for one in pictures:
        assert isinstance(one, types.ImageContent)
        assert base64.b64decode(one.data).startswith(b"\xff\xd8")


def test_a_wrong_value_is_a_sentence_and_nothing_is_lost(address: str, image: str) -> None:
    wrong: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("inspect", {"product": "nothing", "image": image}, "no trained product"),
        ("inspect", {"product": KEY, "image": 3}, "There is no image."),
        ("inspect", {"product": KEY, "image": "/etc/passwd"}, "no such upload"),
        ("inspect", {"product": KEY, "image": "http://127.0.0.1/a.png"}, "fetches no images"),
        ("inspect", {}, "could not be understood"),
        ("name_session", {}, "nothing at this address"),
        ("../config", {}, "nothing at this address"),
    )
    told = ask(address, *((name, values) for name, values, _ in wrong), ("products", {}))
    for result, (_, _, said) in zip(told, wrong, strict=False):
        assert result.isError
        assert said in text(result)
    assert not told[-1].isError


def test_without_the_password_no_tool_is_told(address: str) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in ({}, {"Authorization": "Bearer wrong word"}):
        assert httpx.post(address, json=call, headers=headers, timeout=60).status_code == 401
    assert httpx.get(address, headers=BEARER, timeout=60).status_code == 405


def test_what_is_missing_for_tools_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def without(name: str, *options: Any) -> Any:
        if name == "ui.api.tools":
            raise ModuleNotFoundError(name)
        return known(name, *options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingsError, match=r"mcp is missing\. Run .* requirements-mcp\.txt"):
        load_tools(None)  # type: ignore[arg-type]  # it is not asked
