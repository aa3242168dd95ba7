"""A link to what is shown: whom it reaches, and its QR code."""

import pytest

from ui import messages
from ui.link import describe_link

QUERY = "?product=demo/fabric&sample=fabric/test/hole/000.png&rate=5"


def test_an_address_that_others_can_open_has_a_code() -> None:
    address = f"http://10.1.2.3:7860/{QUERY}"
    found = describe_link(address, public=None)
    assert found["address"] == address
    assert found["code"].startswith("data:image/svg+xml")
    assert found["note"] == messages.LINK_OTHERS


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860"])
def test_an_own_address_becomes_the_public_one_where_there_is_one(host: str) -> None:
    alone = describe_link(f"http://{host}/{QUERY}", public=None)
    assert (alone["code"], alone["note"]) == ("", messages.LINK_OWN)
    shared = describe_link(f"http://{host}/{QUERY}", public="https://abc.gradio.live")
    assert shared["address"] == f"https://abc.gradio.live/{QUERY}"
    assert shared["code"]


def test_an_address_too_long_for_a_camera_has_no_code() -> None:
    found = describe_link(f"http://10.1.2.3/?sample={'x' * 1200}", public=None)
    assert (found["code"], found["note"]) == ("", messages.LINK_LONG)


@pytest.mark.parametrize("address", [None, 7, "", "javascript:alert(1)", "file:///etc/passwd", "x"])
def test_what_is_no_address_of_a_page_leads_nowhere(address: object) -> None:
    assert describe_link(address, public="https://abc.gradio.live")["address"] == ""
