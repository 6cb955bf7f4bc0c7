"""Registering, logging in and out, oneself, and one's UserSig."""

from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post, put
from litestar.params import Parameter
from msgspec import Meta

from classgate.accounts import models
from classgate.accounts.models import AccountRole, Caller, SessionChannel
from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    Body,
    Cursor,
    DisplayName,
    Identifier,
    IdentifierText,
    LeaseId,
    Limit,
    NewDisplayName,
    NewPasswordText,
    NextCursor,
    PasswordText,
    RefreshAfter,
    ServerTime,
    Time,
    to_unix,
)


class CreateAccountRequest(Body):
    """One's own account: a student's, or in the role of the invitation."""

    identifier: IdentifierText
    password: NewPasswordText
    display_name: NewDisplayName = None
    invitation: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(description="An invitation, where registration needs one. Its role is given."),
    ] = None


Code = Annotated[
    Annotated[str, Meta(max_length=20)] | None,
    Meta(
        description="Code of the authenticator app, for an admin who has a second factor: 6 digits."
    ),
]


class LogInRequest(Body):
    """Name and password."""

    identifier: IdentifierText
    password: Annotated[PasswordText, Meta(description="Password of the account.")]
    code: Code = None


class ChangePasswordRequest(Body):
    """The password of now, and the next one."""

    current_password: Annotated[PasswordText, Meta(description="Password of now.")]
    new_password: NewPasswordText


class Account(msgspec.Struct, kw_only=True):
    """An account, as its owner sees it."""

    identifier: Identifier
    role: Annotated[AccountRole, Meta(description="Role of the account, outside of any class.")]
    display_name: DisplayName

    @classmethod
    def of(cls, account: models.Account) -> "Account":
        return cls(
            identifier=account.identifier, role=account.role, display_name=account.display_name
        )


class Session(msgspec.Struct, kw_only=True):
    """A session, without its access token."""

    session_id: Annotated[str, Meta(description="Id of the session; ends it.")]
    created_at: Annotated[Time, Meta(description="When it was opened. Unix time in seconds.")]
    last_used_at: Annotated[Time, Meta(description="When it was last used. Unix time in seconds.")]
    expires_at: Annotated[
        Time, Meta(description="When it ends, unless it ends before. Unix time in seconds.")
    ]
    channel: Annotated[
        SessionChannel,
        Meta(description="`api`, `console` for a browser, or `legacy` for a legacy client."),
    ]
    current: Annotated[bool, Meta(description="Whether this request was made in it.")]

    @classmethod
    def of(cls, session: models.Session, caller: Caller) -> "Session":
        return cls(
            session_id=session.session_id,
            created_at=to_unix(session.created_at),
            last_used_at=to_unix(session.last_used_at),
            expires_at=to_unix(session.expires_at),
            channel=session.channel,
            current=session.session_id == caller.session_id,
        )


class SessionPage(msgspec.Struct, kw_only=True):
    """A page of sessions."""

    items: Annotated[list[Session], Meta(description="The newest first.")]
    next_cursor: NextCursor


class UserSig(msgspec.Struct, kw_only=True):
    """A UserSig with all that belongs to it. Use the first three together."""

    sdk_app_id: Annotated[int, Meta(description="SDKAppID of the application it is good for.")]
    identifier: Annotated[str, Meta(description="Name of the account it is good for.")]
    user_sig: Annotated[str, Meta(description="The UserSig. Secret.")]
    issued_at: Annotated[Time, Meta(description="When it was made. Unix time in seconds.")]
    expires_at: Annotated[Time, Meta(description="When it ends. Unix time in seconds.")]
    refresh_after: RefreshAfter
    server_time: ServerTime
    lease_id: LeaseId

    @classmethod
    def of(cls, grant: models.UserSigGrant) -> "UserSig":
        return cls(
            sdk_app_id=grant.sdk_app_id,
            identifier=grant.identifier,
            user_sig=grant.user_sig,
            issued_at=to_unix(grant.issued_at),
            expires_at=to_unix(grant.expires_at),
            refresh_after=to_unix(grant.refresh_after),
            server_time=to_unix(grant.server_time),
            lease_id=grant.lease_id,
        )


class LogInGrant(msgspec.Struct, kw_only=True):
    """A new session, and the first UserSig in it."""

    access_token: Annotated[
        str,
        Meta(description="Send it as `Authorization: Bearer <access_token>`. Shown this once."),
    ]
    token_type: Annotated[Literal["Bearer"], Meta(description="Always `Bearer`.")]
    expires_at: Annotated[Time, Meta(description="When the session ends. Unix time in seconds.")]
    account: Annotated[Account, Meta(description="Who logged in.")]
    user_sig: Annotated[UserSig, Meta(description="A UserSig for this account.")]


SessionId = Annotated[str, Parameter(description="Id of one of one's own sessions.")]


@post(
    "/accounts",
    opt=rules.only(rules.REGISTRATION),
    summary="Create one's own account",
    responses=documented(403, 409, 413, 429),
)
async def create_account(request: ApiRequest, data: CreateAccountRequest) -> Account:
    """Create one's own account, where registration is open, or by an invitation."""
    account = await request.services.registration.register(
        data.identifier, data.password, data.display_name, data.invitation, request.client_address
    )
    return Account.of(account)


@post(
    "/sessions", opt=rules.only(rules.LOG_IN), summary="Log in", responses=documented(401, 413, 429)
)
async def log_in(request: ApiRequest, data: LogInRequest) -> LogInGrant:
    """Open a session. The first UserSig comes with it."""
    grant = await request.services.log_in.log_in(
        data.identifier, data.password, request.client_address, code=data.code
    )
    return LogInGrant(
        access_token=grant.access_token,
        token_type="Bearer",
        expires_at=to_unix(grant.session.expires_at),
        account=Account.of(grant.account),
        user_sig=UserSig.of(grant.user_sig),
    )


@get(
    "/me",
    summary="Get one's own account",
    opt=rules.only(rules.ONESELF),
    responses=documented(401),
)
async def get_me(request: ApiRequest) -> Account:
    """Get the account that the access token belongs to."""
    return Account.of(request.caller.account)


@put(
    "/me/password",
    opt=rules.only(rules.ONESELF),
    status_code=204,
    summary="Change one's own password",
    responses=documented(401, 403, 413, 429),
)
async def change_password(request: ApiRequest, data: ChangePasswordRequest) -> None:
    """Set a new password. The other sessions end."""
    await request.services.accounts.change_password(
        request.caller, data.current_password, data.new_password, request.client_address
    )


@get(
    "/sessions",
    summary="List one's own sessions",
    opt=rules.only(rules.ONESELF),
    responses=documented(401),
)
async def list_sessions(
    request: ApiRequest, cursor: Cursor = None, limit: Limit = 20
) -> SessionPage:
    """List one's own open sessions, the newest first."""
    sessions, next_cursor = await request.services.accounts.list_sessions(
        request.caller, cursor, limit
    )
    return SessionPage(
        items=[Session.of(each, request.caller) for each in sessions], next_cursor=next_cursor
    )


@delete(
    "/sessions/current",
    summary="Log out",
    opt=rules.only(rules.ONESELF),
    responses=documented(401),
)
async def log_out(request: ApiRequest) -> None:
    """End the session of this request, and every lease that was given in it."""
    await request.services.accounts.end_session(request.caller, request.caller.session_id)


@delete(
    "/sessions/{session_id:str}",
    summary="End one of one's own sessions",
    opt=rules.only(rules.ONESELF),
    responses=documented(401, 404),
)
async def end_session(request: ApiRequest, session_id: SessionId) -> None:
    """End one of one's own sessions, and every lease that was given in it."""
    await request.services.accounts.end_session(request.caller, session_id)


@post(
    "/user-sig",
    summary="Issue a UserSig",
    opt=rules.only(rules.OWN_USER_SIG),
    status_code=200,
    responses=documented(401, 429),
)
async def issue_user_sig(request: ApiRequest) -> UserSig:
    """Issue a UserSig for oneself. No body is needed."""
    return UserSig.of(await request.services.accounts.issue_user_sig(request.caller))


HANDLERS = (
    create_account,
    log_in,
    get_me,
    change_password,
    list_sessions,
    log_out,
    end_session,
    issue_user_sig,
)
