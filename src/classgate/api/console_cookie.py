"""The cookie of a console session, and the proof that a call comes from the console's own page.

No script can read the cookie, and the browser sends it with calls from the same site only. Pages of
another origin on the same site, and old browsers, are refused by the proof: a header that no form
can set and CORS does not allow, and the origin, where the browser names it.
"""

from http import cookies
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from classgate.accounts.models import Session
from classgate.console_refusals import NotFromConsole

Connection = ASGIConnection[Any, Any, Any, Any]

COOKIE = "__Host-classgate"
PROOF = "x-classgate-console"


def session_cookie(token: str, session: Session) -> Cookie:
    """Return the cookie that opens the session in this browser until it expires."""
    lifetime = int((session.expires_at - session.created_at).total_seconds())
    return _cookie(token, lifetime)


def expired_cookie() -> Cookie:
    """Return the cookie that removes the session from the browser."""
    return _cookie("", 0)


def _cookie(value: str, max_age: int) -> Cookie:
    # The prefix `__Host-` makes browsers refuse it without Secure, with a domain or another path.
    return Cookie(
        key=COOKIE,
        value=value,
        path="/",
        max_age=max_age,
        secure=True,
        httponly=True,
        samesite="strict",
    )


def find_console_token(connection: Connection) -> str | None:
    """Return the token of the cookie; None: there is none. NotFromConsole: without the proof."""
    token = _find_cookie(connection)
    if token is not None:
        require_console(connection)
    return token


def _find_cookie(connection: Connection) -> str | None:
    for name, value in connection.scope["headers"]:
        if name == b"cookie" and COOKIE.encode() in value:
            found = cookies.SimpleCookie()
            try:
                found.load(value.decode("latin-1"))
            except cookies.CookieError:
                return None
            return found[COOKIE].value if COOKIE in found else None
    return None


def require_console(connection: Connection) -> None:
    """Require that the console's page makes this call. NotFromConsole."""
    headers = connection.headers
    if headers.get(PROOF) != "1":
        raise NotFromConsole
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise NotFromConsole
    origin = headers.get("origin")
    # Not the scheme: TLS may end at a proxy. The cookie itself is sent by TLS or loopback only.
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise NotFromConsole
