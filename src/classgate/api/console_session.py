"""The session of the console: logging in from a browser, by cookie instead of a bearer token."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from msgspec import Meta

from classgate.accounts import models
from classgate.api import rules
from classgate.api.accounts import Account, Code, LogInRequest
from classgate.api.authentication import authenticate
from classgate.api.console_cookie import expired_cookie, session_cookie
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import Body, PasswordText, Time, to_unix
from classgate.errors import NotAuthenticated


class ConsoleSession(msgspec.Struct, kw_only=True):
    """A session of the console. Its token is in the cookie `__Host-classgate` only."""

    account: Annotated[Account, Meta(description="Who logged in.")]
    expires_at: Annotated[Time, Meta(description="When the session ends. Unix time in seconds.")]
    has_second_factor: Annotated[
        bool, Meta(description="Whether log-ins of the account ask for a code.")
    ]
    second_factor_required: Annotated[
        bool,
        Meta(
            description="Whether the settings require a second factor of the account. Without it "
            "only the calls that set it up are allowed."
        ),
    ]


async def _view(
    request: ApiRequest, account: models.Account, session: models.Session
) -> ConsoleSession:
    second_factors = request.services.second_factors
    return ConsoleSession(
        account=Account.of(account),
        expires_at=to_unix(session.expires_at),
        has_second_factor=await second_factors.has_one(account),
        second_factor_required=second_factors.is_required_for(account),
    )


class ConsoleState(msgspec.Struct, kw_only=True):
    """What the page needs to know at its start."""

    session: Annotated[
        ConsoleSession | None, Meta(description="The session of the cookie. `null`: nobody's.")
    ]
    emulator_url: Annotated[
        str | None,
        Meta(
            description="Scheme and host of the emulator, which can check entry credentials. Only "
            "`classgate demo` has one; else `null`."
        ),
    ]


@get(
    "/console/session",
    opt=rules.only(rules.CONSOLE),
    summary="Get the session of the console",
    responses=documented(403, 404),
)
async def get_console_session(request: ApiRequest) -> ConsoleState:
    """Get the session of the cookie. Nobody being logged in is no error here."""
    emulator_url: str | None = request.app.state.emulator_url
    try:
        caller = await authenticate(request)
    except NotAuthenticated:
        return ConsoleState(session=None, emulator_url=emulator_url)
    session = await _view(request, caller.account, caller.session)
    return ConsoleState(session=session, emulator_url=emulator_url)


@post(
    "/console/session",
    opt=rules.only(rules.CONSOLE),
    summary="Log in to the console",
    responses=documented(401, 403, 404, 413, 429),
)
async def open_console_session(request: ApiRequest, data: LogInRequest) -> Response[ConsoleSession]:
    """Open a session of the console and set its cookie. No UserSig is issued.

    Only the console's own page may call this: it sends `X-Classgate-Console: 1`. An admin who has a
    second factor sends its code too.
    """
    opened = await request.services.log_in.open_console_session(
        data.identifier, data.password, request.client_address, data.code
    )
    session = await _view(request, opened.account, opened.session)
    return Response(session, cookies=[session_cookie(opened.access_token, opened.session)])


@delete(
    "/console/session",
    opt=rules.only(rules.ONESELF),
    summary="Log out of the console",
    responses=documented(401, 403),
)
async def end_console_session(request: ApiRequest) -> Response[None]:
    """End the session of this request, and remove its cookie."""
    await request.services.accounts.end_session(request.caller, request.caller.session_id)
    return Response(None, cookies=[expired_cookie()])


class ConfirmRequest(Body):
    """The password again."""

    password: Annotated[PasswordText, Meta(description="Password of the account.")]
    code: Code = None


class Confirmation(msgspec.Struct, kw_only=True):
    """That the session was confirmed."""

    confirmed_until: Annotated[
        Time, Meta(description="Until when no call needs it again. Unix time in seconds.")
    ]


@post(
    "/console/session/confirm",
    opt=rules.only(rules.IN_CONSOLE),
    status_code=200,
    summary="Confirm the session of the console",
    responses=documented(401, 403, 409, 413, 429),
)
async def confirm_console_session(request: ApiRequest, data: ConfirmRequest) -> Confirmation:
    """Type the password again, for the calls that answer `confirmation_needed` otherwise."""
    until = await request.services.confirmations.confirm(
        request.caller, data.password, data.code, request.client_address
    )
    return Confirmation(confirmed_until=to_unix(until))


HANDLERS = (
    get_console_session,
    open_console_session,
    confirm_console_session,
    end_console_session,
)
