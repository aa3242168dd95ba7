"""A link to what the page shows, with a QR code for a phone."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import segno

from ui import messages
from ui.parts.components import make_part
from ui.parts.request_events import AT_ONCE
from ui.parts.updates import Payload

HERE = Path(__file__).parent
MAX_ADDRESS = 1200
"""Characters; a QR code of more is too fine for the camera of a phone."""


def make_link(page: gr.Blocks) -> None:
    """Lay out the button; what it opens is filled by the server, which knows the public link."""
    link = make_part(HERE / "link", texts=messages.LINK, elem_id="link")

    def on_open(event: gr.EventData) -> Payload:
        return describe_link(getattr(event, "address", None), public=page.share_url)

    link.select(on_open, None, link, **AT_ONCE)


def describe_link(address: object, *, public: str | None) -> Payload:
    """Return address, code and note for the browser.

    Args:
        address: that the browser shows; it may be anything.
        public: where others reach this page, if there is such a link.
    """
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return {"address": "", "code": "", "note": ""}
    if public and _is_own(parts.hostname):
        origin = urlsplit(public)
        parts = parts._replace(scheme=origin.scheme, netloc=origin.netloc)
    found = parts.geturl()
    if _is_own(parts.hostname or ""):
        return {"address": found, "code": "", "note": messages.LINK_OWN}
    if len(found) > MAX_ADDRESS:
        return {"address": found, "code": "", "note": messages.LINK_LONG}
    code = segno.make(found, error="m", micro=False).svg_data_uri(scale=5, border=3, light="white")
    return {"address": found, "code": code, "note": messages.LINK_OTHERS}


def _is_own(host: str) -> bool:
    """Return whether a name is this machine's own; no other name is looked up for a visitor."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
