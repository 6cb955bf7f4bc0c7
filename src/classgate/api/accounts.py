"""Registering, logging in and out, oneself, and one's UserSig."""

from typing import Annotated

import msgspec
from litestar import delete, get, post, put

from classgate.accounts.models import Account, Caller, Session, SessionChannel, UserSigGrant
from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.schema import (
    Body,
    Cursor,
    IdentifierText,
    Limit,
    Page,
    PasswordText,
    to_unix,
)
from classgate.app.application import Application


class Registration(Body):
    """One's own account: a student's, or in the role of the invitation."""

    identifier: IdentifierText
    password: PasswordText
    display_name: str | None = None
    invitation: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class LogIn(Body):
    identifier: IdentifierText
    password: PasswordText


class PasswordChange(Body):
    current_password: PasswordText
    new_password: PasswordText


class AccountView(msgspec.Struct, kw_only=True):
    identifier: str
    role: str
    display_name: str


class SessionView(msgspec.Struct, kw_only=True):
    """A session, without its token, and by which door; `current` is the one that asks."""

    session_id: str
    created_at: int
    last_used_at: int
    expires_at: int
    door: SessionChannel
    current: bool


class UserSigView(msgspec.Struct, kw_only=True):
    """A UserSig with all that belongs to it: use the four together."""

    sdk_app_id: int
    identifier: str
    user_sig: str
    issued_at: int
    expires_at: int
    refresh_after: int
    server_time: int
    lease_id: str

    @classmethod
    def of(cls, grant: UserSigGrant) -> "UserSigView":
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


class LogInView(msgspec.Struct, kw_only=True):
    """The access token is shown this once."""

    access_token: str
    token_type: str
    expires_at: int
    account: AccountView
    user_sig: UserSigView


def view_account(account: Account) -> AccountView:
    """An account as its owner and admins see it."""
    return AccountView(
        identifier=account.identifier, role=account.role.value, display_name=account.display_name
    )


def _view_session(session: Session, caller: Caller) -> SessionView:
    return SessionView(
        session_id=session.session_id,
        created_at=to_unix(session.created_at),
        last_used_at=to_unix(session.last_used_at),
        expires_at=to_unix(session.expires_at),
        door=session.channel,
        current=session.session_id == caller.session_id,
    )


@post("/accounts", guards=[rules.REGISTRATION], responses=documented(403, 409, 413, 429))
async def register(data: Registration, application: Application, address: str) -> AccountView:
    """Make one's own account, where registration is open, or by an invitation."""
    account = await application.registration.register(
        data.identifier, data.password, data.display_name, data.invitation, address
    )
    return view_account(account)


@post("/sessions", guards=[rules.ANYONE], responses=documented(401, 413, 429))
async def log_in(data: LogIn, application: Application, address: str) -> LogInView:
    """Log in; the first UserSig comes with it."""
    grant = await application.accounts.log_in(data.identifier, data.password, address)
    return LogInView(
        access_token=grant.access_token,
        token_type="Bearer",
        expires_at=to_unix(grant.session.expires_at),
        account=view_account(grant.account),
        user_sig=UserSigView.of(grant.user_sig),
    )


@get("/me", guards=[rules.LOGGED_IN], responses=documented(401))
async def me(caller: Caller) -> AccountView:
    """Who one is."""
    return view_account(caller.account)


@put(
    "/me/password",
    guards=[rules.LOGGED_IN],
    status_code=204,
    responses=documented(401, 403, 413, 429),
)
async def change_password(
    data: PasswordChange, caller: Caller, application: Application, address: str
) -> None:
    """Set a new password; the other sessions end."""
    await application.accounts.change_password(
        caller, data.current_password, data.new_password, address
    )


@get("/sessions", guards=[rules.LOGGED_IN], responses=documented(401))
async def list_sessions(
    caller: Caller, application: Application, cursor: Cursor = None, limit: Limit = 20
) -> Page[SessionView]:
    """One's own open sessions, the newest first."""
    sessions, next_cursor = await application.accounts.list_sessions(caller, cursor, limit)
    return Page(items=[_view_session(each, caller) for each in sessions], next_cursor=next_cursor)


@delete("/sessions/current", guards=[rules.LOGGED_IN], responses=documented(401))
async def log_out(caller: Caller, application: Application) -> None:
    """End this session, and all that was given in it."""
    await application.accounts.end_session(caller, caller.session_id)


@delete("/sessions/{session_id:str}", guards=[rules.LOGGED_IN], responses=documented(401, 404))
async def end_session(session_id: str, caller: Caller, application: Application) -> None:
    """End one of one's own sessions, and all that was given in it."""
    await application.accounts.end_session(caller, session_id)


@post("/user-sig", guards=[rules.LOGGED_IN], status_code=200, responses=documented(401, 429))
async def issue_user_sig(caller: Caller, application: Application) -> UserSigView:
    """A UserSig for oneself. No identifier is taken."""
    return UserSigView.of(await application.accounts.issue_user_sig(caller))


HANDLERS = (
    register,
    log_in,
    me,
    change_password,
    list_sessions,
    log_out,
    end_session,
    issue_user_sig,
)
