"""A page with a password: nothing of it is told before it is given."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inspection.errors import SettingsError
from inspection.products.catalog import Catalog
from tests.browser import without_finalisers
from tests.doubles.products import make_catalog
from tests.doubles.visitor import Visitor
from ui.gate import visitors
from ui.gate.login import check_password

KEY = "drawn/part"
WORD = "grünes Fenster & Tür"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return make_catalog(tmp_path_factory.mktemp("login"))


@pytest.fixture(scope="module")
def page(catalog: Catalog) -> Iterator[Any]:
    with without_finalisers(), pytest.MonkeyPatch.context() as patch:
        from ui.serve import serve

        patch.setattr("ui.serve.is_loopback", lambda _: False)
        served = serve(catalog, host="127.0.0.1", password=WORD, root_path="/lens")
    yield served
    served.close()


@pytest.fixture
def client(page: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=page.local_url, timeout=60) as opened:
        yield opened


def give(client: httpx.Client, password: str, **options: Any) -> httpx.Response:
    return client.post("lens/login", data={"password": password}, **options)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "config"),
        ("GET", "assets/index.js"),
        ("GET", "theme.css"),
        ("GET", "gradio_api/app_id"),
        ("GET", "gradio_api/heartbeat/a"),
        ("GET", "gradio_api/queue/data?session_hash=a"),
        ("GET", "gradio_api/queue/place?session_hash=a"),
        ("GET", "lens/config"),
        ("POST", "gradio_api/run/predict"),
        ("POST", "gradio_api/queue/join"),
        ("POST", "gradio_api/upload"),
        ("POST", ""),
        ("PUT", "login"),
    ],
)
def test_without_the_password_nothing_is_answered(
    client: httpx.Client, method: str, path: str
) -> None:
    for value in (b"", b"defect-lens=" + b"x" * 43, "defect-lens=é".encode(), b"=;=,\x01"):
        answer = client.request(method, path, headers=[(b"cookie", value)])
        assert answer.status_code == 401
        assert "password" in answer.json()["detail"]


def test_the_form_lets_in_who_knows_the_password_and_nobody_else(
    page: Any, client: httpx.Client
) -> None:
    assert client.get("").status_code == 401
    assert 'action="/lens/login"' in client.get("").text
    wrong = give(client, "<script>alert(1)</script>")
    assert wrong.status_code == 401
    assert "That is not the password." in wrong.text
    assert "alert(1)" not in wrong.text
    right = give(client, WORD)
    assert (right.status_code, right.headers["location"]) == (303, "/lens/")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "path=/lens/" in cookie
    assert "secure" not in cookie
    over_tls = give(client, WORD, headers={"x-forwarded-proto": "https"})
    assert "secure" in over_tls.headers["set-cookie"].lower()
    value = right.headers["set-cookie"].split(";")[0]
    visitor = Visitor(page.local_url, headers={"cookie": value})
    assert visitor.client.get("lens/config").status_code == 200


def test_who_is_in_inspects_below_the_path_of_a_proxy(
    page: Any, client: httpx.Client, catalog: Catalog
) -> None:
    cookie = give(client, WORD).headers["set-cookie"].split(";")[0]
    sample = catalog.samples.unseen(catalog.product(KEY))[0].id
    for root in ("", "lens/"):  # a proxy may cut the path off, or not
        visitor = Visitor(f"{page.local_url}{root}", headers={"cookie": cookie})
        assert visitor.inspect_sample(KEY, sample)[-1]["success"]


def test_passwords_cannot_be_tried_one_after_another(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarded = {"x-forwarded-for": "192.0.2.77"}
    tried = [give(client, f"wrong {k}", headers=forwarded).status_code for k in range(14)]
    assert tried[0] == 401
    assert tried[-1] == 429
    assert give(client, WORD, headers=forwarded).status_code == 429
    assert give(client, WORD, headers={"x-forwarded-for": "192.0.2.78"}).status_code == 303
    assert visitors.LOGIN_RATE.per_second <= 0.1


def test_whoever_watches_the_page_needs_no_password(client: httpx.Client) -> None:
    answer = client.get("health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "waiting": 0})


def test_a_shared_page_with_a_password_is_not_read_only(page: Any, catalog: Catalog) -> None:
    assert catalog.places.is_shared
    assert not catalog.places.is_read_only
    catalog.places.has_password = False
    assert catalog.places.is_read_only
    catalog.places.has_password = True


def test_a_password_that_is_soon_guessed_is_refused() -> None:
    assert check_password(WORD) == WORD
    with pytest.raises(SettingsError, match="fewer than 8 characters"):
        check_password("1234567")


def send_word(client: httpx.Client, word: bytes, address: str) -> int:
    """Call an endpoint as a program does that sends a password, and return the status."""
    sent = [(b"authorization", b"Bearer " + word), (b"x-forwarded-for", address.encode())]
    return client.post("lens/gradio_api/call/products", json={}, headers=sent).status_code


def test_a_program_sends_the_password_with_each_request(client: httpx.Client) -> None:
    words = (WORD.encode(), b"wrong word", b"x")
    assert [send_word(client, word, "192.0.2.80") for word in words] == [200, 401, 401]


def test_programs_cannot_try_passwords_one_after_another_either(client: httpx.Client) -> None:
    tried = [send_word(client, f"wrong {k}".encode(), "192.0.2.81") for k in range(14)]
    assert (tried[0], tried[-1]) == (401, 429)
    assert send_word(client, WORD.encode(), "192.0.2.81") == 429, "not told from a wrong one"
    assert send_word(client, WORD.encode(), "192.0.2.82") == 200
