"""The door of a page with a password: one form, one cookie, and few tries."""

import hmac
import html
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from inspection.errors import SettingsError
from ui import messages
from ui.gate.visitors import LOGIN_RATE, Buckets

BEARER = b"Bearer "  # of the header by which programs send the password
COOKIE = "defect-lens"
FIELD = "password"
LOGIN = "/login"
MOST_FORM = 4_000  # bytes
LEAST_PASSWORD = 8  # characters
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "x-content-type-options": "nosniff",
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; background: #f3f5f8; color: #16202b; display: grid;
  place-items: center; min-height: 90vh; margin: 0; }}
form {{ background: #fff; border: 1px solid #dde3ea; border-radius: 14px; padding: 24px 28px;
  display: grid; gap: 12px; width: min(320px, 86vw); }}
h1 {{ font-size: 20px; margin: 0; }} p {{ margin: 0; color: #a3121f; }} p:empty {{ display: none; }}
input, button {{ font: inherit; padding: 8px 10px; border-radius: 8px; border: 1px solid #c6d0da; }}
button {{ background: #16202b; color: #fff; cursor: pointer; }}
</style></head><body>
<form method="post" action="{action}"><h1>{title}</h1>
<label for="password">{label}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
 autofocus><p role="alert">{problem}</p><button>{button}</button></form></body></html>
"""


class Login:
    """Knows the visitors who have given the password; a restart forgets them.

    Args:
        password: that all of them share.
    """

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._token = secrets.token_urlsafe(32)
        self._tries = Buckets(LOGIN_RATE)

    def knows(self, scope: Scope, address: str) -> bool:
        """Return whether a request brings the cookie of a visitor who has given the password.

        Or, as programs do, the password itself; wrong ones count as tries.

        Raises:
            Refused: too many have been tried.
        """
        cookies: SimpleCookie = SimpleCookie()
        for name, value in scope["headers"]:
            if name == b"authorization" and value.startswith(BEARER):
                return self._is_password(value.removeprefix(BEARER), address)
            if name == b"cookie":
                try:
                    cookies.load(value.decode("latin-1"))
                except CookieError:
                    return False
        found = cookies.get(COOKIE)
        return found is not None and hmac.compare_digest(found.value.encode(), self._token.encode())

    def _is_password(self, given: bytes, address: str) -> bool:
        self._tries.check(address)  # before the answer: else it would tell a right one
        is_right = hmac.compare_digest(given, self._password)
        if not is_right:
            self._tries.take(address)
        return is_right

    def ask(self, root: str, *, problem: str = "") -> Response:
        """Return the form."""
        page = PAGE.format(
            title=messages.TITLE,
            label=messages.LOGIN_LABEL,
            button=messages.LOGIN_BUTTON,
            problem=html.escape(problem),
            action=html.escape(f"{root}{LOGIN}"),
        )
        return HTMLResponse(page, status_code=401, headers=HEADERS)

    def try_password(self, form: bytes, address: str, *, root: str, is_secure: bool) -> Response:
        """Return the way in, or the form once more.

        Raises:
            Refused: too many have been tried.
        """
        self._tries.take(address)
        given = parse_qs(form.decode("utf-8", errors="replace")).get(FIELD, [""])[0]
        if not hmac.compare_digest(given.encode(), self._password):
            return self.ask(root, problem=messages.LOGIN_WRONG)
        answer = RedirectResponse(
            f"{root}/", status_code=303, headers={"cache-control": "no-store"}
        )
        answer.set_cookie(
            COOKIE,
            self._token,
            path=f"{root}/",
            httponly=True,
            secure=is_secure,
            samesite="none" if is_secure else "lax",  # a page in a frame of another one, as Colab's
        )
        return answer


def check_password(password: str) -> str:
    """Return a password that can be used.

    Raises:
        SettingsError: it is too short.
    """
    if len(password) < LEAST_PASSWORD:
        raise SettingsError(
            f"The password has fewer than {LEAST_PASSWORD} characters.", "Choose a longer one."
        )
    return password
