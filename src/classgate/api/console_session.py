"""The session of the console: logging in from a browser, by cookie instead of a bearer token."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from msgspec import Meta

from classgate.accounts import models
from classgate.api import rules
from classgate.api.accounts import Account, LogInRequest
from classgate.api.authentication import authenticate
from classgate.api.console_cookie import expired_cookie, session_cookie
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import Time, to_unix
from classgate.errors import NotAuthenticated


class ConsoleSession(msgspec.Struct, kw_only=True):
    """A session of the console. Its token is in the cookie `__Host-classgate` only."""

    account: Annotated[Account, Meta(description="Who logged in.")]
    expires_at: Annotated[Time, Meta(description="When the session ends. Unix time in seconds.")]

    @classmethod
    def of(cls, account: models.Account, session: models.Session) -> "ConsoleSession":
        return cls(account=Account.of(account), expires_at=to_unix(session.expires_at))


class ConsoleState(msgspec.Struct, kw_only=True):
    """What the page needs to know at its start."""

    session: Annotated[
        ConsoleSession | None, Meta(description="The session of the cookie. `null`: nobody's.")
    ]


@get(
    "/console/session",
    opt=rules.only(rules.CONSOLE),
    summary="Get the session of the console",
    responses=documented(403),
)
async def get_console_session(request: ApiRequest) -> ConsoleState:
    """Get the session of the cookie. Nobody being logged in is no error here."""
    try:
        caller = await authenticate(request)
    except NotAuthenticated:
        return ConsoleState(session=None)
    return ConsoleState(session=ConsoleSession.of(caller.account, caller.session))


@post(
    "/console/session",
    opt=rules.only(rules.CONSOLE),
    summary="Log in to the console",
    responses=documented(401, 403, 413, 429),
)
async def open_console_session(request: ApiRequest, data: LogInRequest) -> Response[ConsoleSession]:
    """Open a session of the console and set its cookie. No UserSig is issued.

    Only the console's own page may call this: it sends `X-Classgate-Console: 1`.
    """
    opened = await request.services.log_in.open_console_session(
        data.identifier, data.password, request.client_address
    )
    session = ConsoleSession.of(opened.account, opened.session)
    return Response(session, cookies=[session_cookie(opened.access_token, opened.session)])


@delete(
    "/console/session",
    opt=rules.only(rules.LOGGED_IN),
    summary="Log out of the console",
    responses=documented(401, 403),
)
async def end_console_session(request: ApiRequest) -> Response[None]:
    """End the session of this request, and remove its cookie."""
    await request.services.accounts.end_session(request.caller, request.caller.session_id)
    return Response(None, cookies=[expired_cookie()])


HANDLERS = (get_console_session, open_console_session, end_console_session)
