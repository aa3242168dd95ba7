"""The gate of the page: what its own browser side never sends ends here, with a short sentence."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import gradio as gr
import orjson
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspection.memory import give_back_memory
from ui.gate import events, refusals
from ui.gate.calls import ANSWER, CALL, check_event, read_call
from ui.gate.folder import OWN, Folder
from ui.gate.login import LOGIN, MOST_FORM, Login
from ui.gate.place import describe_place
from ui.gate.refusals import Refused, refuse
from ui.gate.sessions import Sessions
from ui.gate.uploads import send_picture, take_upload
from ui.gate.visitors import ADDRESS_RATE, SESSION_RATE, UPLOAD_RATE, Buckets, is_own

logger = logging.getLogger(__name__)

MOST_LOGGED = 100  # characters
MOST_JSON = 8_000_000  # bytes; a painted defect is at most 4,000,000 characters
MOST_STREAMS = 400
MOST_STREAMS_OF_ADDRESS = 100
SWEEP_EVERY = 60  # seconds
PREFIX = "/gradio_api/"
UPLOAD = f"{PREFIX}upload"
PICTURE = f"{PREFIX}file="
PLACE = f"{PREFIX}queue/place"
TOOLS = re.compile(rf"{PREFIX}mcp/?")
TOOLS_LISTED = f"{PREFIX}mcp/schema"  # the documentation on the page asks for it
HEALTH = "/health"
UNASKED = (f"{PREFIX}startup-events", "/robots.txt")  # the page itself asks for the first
STREAM = re.compile(rf"{PREFIX}(heartbeat/(?P<session>[^/]+)|queue/data)")
READ = re.compile(
    r"/|/config/?|/(assets|static|svelte)/.+|/theme\.css|/favicon\.ico|/robots\.txt"
    rf"|/manifest\.json|{PREFIX}(app_id|startup-events|theme\.css|info/?)"
)
DROPPED = frozenset({"page", "deep_link"})  # names of Gradio's own in the address of the page

_unreadable: ContextVar[list[bool]] = ContextVar("unreadable")
"""Whether the values of an event were such as the page never sends."""


def note_unreadable() -> None:
    """Note that an event's values cannot be read, which is not the program's fault."""
    with suppress(LookupError):
        _unreadable.get().append(True)


class Gate:
    """Stands before Gradio's application.

    Args:
        app: what answers.
        page: whose events it knows.
        folder: of uploads.
        login: the door, if the page has a password.
        tools: what answers assistants, if anything does.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        page: gr.Blocks,
        folder: Folder,
        login: Login | None = None,
        tools: ASGIApp | None = None,
    ) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, compresslevel=6)  # Gradio's own skips the page
        self._login = login
        self._tools = tools
        self._page = page
        self._folder = folder
        self._sessions = Buckets(SESSION_RATE)
        self._addresses = Buckets(ADDRESS_RATE)
        self._uploads = Buckets(UPLOAD_RATE)
        self._streams: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            start = time.monotonic()
            try:
                await self._pass(scope, receive, send)
                if scope["method"] == "POST":
                    _log(scope, "answered", start)
            except Refused as refused:
                _log(scope, "refused", start, status=refused.status, reason=refused.sentence)
                await _tell(refused)(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _read_path(scope)
        address = scope["client"][0] if scope.get("client") else ""
        if path == HEALTH:
            await self._tell_health()(scope, receive, send)
        elif self._is_asked(path, address, scope):
            await (await self._let_in(path, address, scope, receive))(scope, receive, send)
        else:
            await self._answer(path, address, scope, receive, send)

    async def _answer(
        self, path: str, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["method"] in {"GET", "HEAD"}:
            await self._read(path, address, scope, receive, send)
        elif scope["method"] != "POST":
            raise Refused(405, refusals.NOT_HERE)
        elif self._is_stopping:
            raise Refused(503, refusals.STOPPING, wait=60)
        elif path == UPLOAD:
            visitor = OWN if is_own(address) else address
            if visitor != OWN and self._login is None:
                self._uploads.take(visitor)
            await take_upload(self._folder, visitor, scope, receive, send)
        elif path in events.POSTS:
            await self._post(path, address, scope, receive, send)
        else:
            await self._call(path, address, scope, receive, send)

    @property
    def _is_stopping(self) -> bool:
        return bool(getattr(self._page, "is_stopping", False))

    def _tell_health(self) -> JSONResponse:
        """Return what a supervisor asks for: whether new visitors are welcome, how many wait."""
        queue = self._page._queue
        is_well = not self._is_stopping and not queue.stopped
        content = {"status": "ok" if is_well else "stopping", "waiting": len(queue)}
        return JSONResponse(content, status_code=200 if is_well else 503)

    def _is_asked(self, path: str, address: str, scope: Scope) -> bool:
        """Return whether a request is answered with the form for the password."""
        if self._login is None or path in UNASKED:
            return False
        return path == LOGIN or not self._login.knows(scope, address)

    async def _let_in(self, path: str, address: str, scope: Scope, receive: Receive) -> Response:
        """Return the form for the password, or what becomes of the one that is given."""
        if self._login is None:
            raise Refused(404, refusals.NOT_HERE)
        root = _read_root(scope)
        if path == LOGIN and scope["method"] == "POST":
            form = await read_bounded(scope, receive, MOST_FORM)
            is_secure = scope.get("scheme") == "https"
            return self._login.try_password(form, address, root=root, is_secure=is_secure)
        if path in {"/", LOGIN} and scope["method"] in {"GET", "HEAD"}:
            return self._login.ask(root)
        raise Refused(401, refusals.NOT_LET_IN)

    async def _read(
        self, path: str, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if (stream := STREAM.fullmatch(path)) is not None:
            await self._stream(stream["session"], address, scope, receive, send)
        elif (answer := ANSWER.fullmatch(path)) is not None:
            await self._answer_call(answer["event"], address, scope, receive, send)
        elif path.startswith(PICTURE):
            await send_picture(self._folder, unquote(path[len(PICTURE) :]), scope, receive, send)
        elif path == PLACE:
            state = describe_place(self._page, _read_session(scope))
            await JSONResponse(state)(scope, receive, send)
        elif self._tools is not None and path == TOOLS_LISTED:
            await self._tools(scope, receive, send)
        elif self._tools is not None and TOOLS.fullmatch(path):
            raise Refused(405, refusals.NOT_HERE)  # by which clients know that nothing is streamed
        elif READ.fullmatch(path):
            await self._compressed(_clean_query(scope), receive, send)
        else:
            raise Refused(404, refusals.NOT_HERE)

    async def _stream(
        self, named: str | None, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass on what stays open: the heartbeat of a page, or the answers of the queue."""
        session = _read_session(scope, named)
        if not self._has_room(address):
            raise Refused(503, refusals.TOO_OFTEN, wait=30)
        holder = self._page.app.state_holder
        self._streams[address] = self._streams.get(address, 0) + 1
        if isinstance(holder, Sessions):
            holder.connect(session)
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams[address] -= 1
            if not self._streams[address]:
                del self._streams[address]
            if isinstance(holder, Sessions):
                holder.disconnect(session)

    async def _answer_call(
        self, event: str, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass on the answer to a call, which is a session of its own and ends with it."""
        check_event(event, self._page)
        try:
            await self._stream(event, address, scope, receive, send)
        finally:
            holder = self._page.app.state_holder
            if isinstance(holder, Sessions):
                holder.forget(event)

    def _has_room(self, address: str) -> bool:
        mine = self._streams.get(address, 0)
        is_one_of_many = mine >= MOST_STREAMS_OF_ADDRESS and not is_own(address)
        return sum(self._streams.values()) < MOST_STREAMS and not is_one_of_many

    async def _post(
        self, path: str, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass on an event that the page can have sent."""
        if not is_own(address):
            self._addresses.take(address)
        body = events.read_body(path, await read_bounded(scope, receive), self._page)
        self._sessions.take(body["session_hash"])
        if path == events.JOIN:
            events.check_queue(self._page, body["session_hash"], address)
        unreadable: list[bool] = []
        token = _unreadable.set(unreadable)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and unreadable:
                message["status"] = 400
            await send(message)

        try:
            await self._app(*_replay(scope, receive, orjson.dumps(body)), answer)
        finally:
            _unreadable.reset(token)

    async def _call(
        self, path: str, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass on what a program sends: a call of an endpoint, or what it asks the tools."""
        call = CALL.fullmatch(path)
        tools = self._tools if TOOLS.fullmatch(path) else None
        if call is None and tools is None:
            raise Refused(404, refusals.NOT_HERE)
        if not is_own(address):
            self._addresses.take(address)
        self._sessions.take(address)  # it has no session: its address stands for one
        body = await read_bounded(scope, receive)
        if tools is not None:
            await tools(*_replay(scope, receive, body), send)
        elif call is not None:
            values = read_call(call["name"], body, self._page)
            events.check_queue(self._page, address, address)
            plain = f"{PREFIX}call/{call['name']}"
            scope = {**scope, "path": f"{_read_root(scope)}{plain}", "raw_path": plain.encode()}
            await self._app(*_replay(scope, receive, orjson.dumps(values)), send)


async def read_bounded(scope: Scope, receive: Receive, most: int = MOST_JSON) -> bytes:
    """Return the body of a request.

    Raises:
        Refused: it is too large, before all of it is read, or breaks off.
    """
    check_length(scope, most)
    read = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise refuse()
        read += message.get("body", b"")
        if len(read) > most:
            raise Refused(413, refusals.TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(read)


def check_length(scope: Scope, most: int) -> None:
    """See that a request does not announce more than it may send.

    Raises:
        Refused: it does.
    """
    announced = _headers(scope).get("content-length", "0")
    if not announced.isdigit() or int(announced[:20]) > most:
        raise Refused(413, refusals.TOO_LARGE)


def _replay(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """Return a request anew, with the body that was read of it."""
    is_read = False

    async def receive_again() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name not in {b"content-length", b"content-type", b"transfer-encoding"}
    ]
    sent = (b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")
    return {**scope, "headers": [*kept, *sent]}, receive_again


def _headers(scope: Scope) -> Mapping[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _read_root(scope: Scope) -> str:
    """Return the path that a proxy serves the page at; it may be given as a whole address."""
    return urlsplit(str(scope.get("root_path", ""))).path.rstrip("/")


def _read_path(scope: Scope) -> str:
    """Return the path below the one that a proxy serves the page at."""
    path, root = str(scope["path"]), _read_root(scope)
    if root and (path == root or path.startswith(f"{root}/")):
        path = path[len(root) :]
    return path or "/"


def _read_session(scope: Scope, named: str | None = None) -> str:
    """Return the session that a request names in its path or after it.

    Raises:
        Refused: there is none.
    """
    query = parse_qs(scope["query_string"].decode("latin-1"))
    session = named or next(iter(query.get("session_hash", ())), "")
    if not events.is_session(session):
        raise refuse()
    return session


def _clean_query(scope: Scope) -> Scope:
    """Return a request without what Gradio would look up by the names in its address."""
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name not in DROPPED]
    return scope if len(kept) == len(asked) else {**scope, "query_string": urlencode(kept).encode()}


def _log(scope: Scope, what: str, start: float, **fields: Any) -> None:
    """Log a request: to what, by whom and how long it took; nothing that was sent with it."""
    known = {
        "path": _read_path(scope)[:MOST_LOGGED],
        "visitor": scope["client"][0] if scope.get("client") else "",
        "milliseconds": round(1000 * (time.monotonic() - start)),
    }
    logger.info(what, extra={"fields": {**known, **fields}})


def _tell(refused: Refused) -> JSONResponse:
    """Return an answer that Gradio's page shows as the sentence."""
    headers = {} if refused.wait is None else {"retry-after": str(refused.wait)}
    if refused.status == 413:
        headers["connection"] = "close"  # or the server would read on to the end
    content = {"detail": refused.sentence, "error": refused.sentence}
    return JSONResponse(content, status_code=refused.status, headers=headers)


def make_lifespan(
    folder: Folder, running: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
) -> Any:
    """Return what sweeps uploads and memory while the page runs, and lasts with something else."""

    @asynccontextmanager
    async def sweeping(_: Any) -> AsyncIterator[None]:
        async def sweep() -> None:
            while True:
                await asyncio.sleep(SWEEP_EVERY)
                await asyncio.to_thread(folder.sweep)
                await asyncio.to_thread(give_back_memory)

        task = asyncio.create_task(sweep())
        try:
            async with running():
                yield
        finally:
            task.cancel()

    return sweeping
