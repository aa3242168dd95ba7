"""Uploads: received without Gradio, which leaves aborted ones behind and tells absolute paths."""

from collections.abc import Callable
from typing import Any

from anyio.to_thread import run_sync
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse
from starlette.types import Message, Receive, Scope, Send

from ui.gate.folder import Arrival, Folder
from ui.gate.refusals import NOT_HERE, TOO_LARGE, Refused

MOST_FILES = 20
MOST_FILE = 20_000_000  # bytes
MOST_REQUEST = 100_000_000  # bytes
FIELD = "files"
BAD_UPLOAD = "That upload could not be read. Choose the file again."
TOO_MANY_FILES = f"Those are too many files. Upload at most {MOST_FILES} at once."
SHOWN = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
HEADERS = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}


async def take_upload(
    folder: Folder, visitor: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Receive files and answer with what they are called: paths relative to the folder.

    Raises:
        Refused: they are too many, too large or no upload of the page.
    """
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length[:20]) > MOST_REQUEST:
        raise Refused(413, TOO_LARGE)
    with folder.arriving(visitor) as arrival:
        request = Request(scope, _count(receive, arrival))
        try:
            async with request.form(max_files=MOST_FILES, max_fields=MOST_FILES) as form:
                files = [one for one in form.getlist(FIELD) if isinstance(one, UploadFile)]
                if not files or len(files) != len(form.multi_items()):
                    raise Refused(400, BAD_UPLOAD)
                if any((one.size or 0) > MOST_FILE for one in files):
                    raise Refused(413, TOO_LARGE)
                called = [await run_sync(_keeper(folder, one, visitor)) for one in files]
        except ClientDisconnect:
            return
        except (HTTPException, MultiPartException, UnicodeError, KeyError) as error:
            said = str(getattr(error, "detail", error))
            raise Refused(400, TOO_MANY_FILES if "Too many" in said else BAD_UPLOAD) from None
    await JSONResponse(called)(scope, receive, send)


async def send_picture(
    folder: Folder, called: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Show a photo that has just been uploaded, until the page has its own picture of it.

    Raises:
        Refused: it is not held, or no picture that browsers show.
    """
    path = folder.find(called)
    kind = None if path is None else SHOWN.get(path.suffix.lower())
    if path is None or kind is None:
        raise Refused(404, NOT_HERE)
    await FileResponse(path, media_type=kind, headers=HEADERS)(scope, receive, send)


def _count(receive: Receive, arrival: Arrival) -> Receive:
    async def counted() -> Message:
        message = await receive()
        size = len(message.get("body", b""))
        if arrival.size + size > MOST_REQUEST:
            raise Refused(413, TOO_LARGE)
        arrival.count(size)
        return message

    return counted


def _keeper(folder: Folder, file: UploadFile, visitor: str) -> Callable[[], Any]:
    return lambda: folder.add(file.file, file.filename or "", visitor)
