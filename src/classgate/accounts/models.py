"""Accounts, sessions, and what a caller is to the other features."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from classgate.reasons import Reason
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey
from classgate.validation import clean_line

DISPLAY_NAME_LENGTH = 100


class AccountRole(StrEnum):
    """What somebody may do outside of any class. Given by an admin, never by oneself."""

    ADMIN = "admin"
    TEACHER = "teacher"
    STUDENT = "student"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One person, or one device, that can log in."""

    account_id: int
    identifier: str
    display_name: str
    role: AccountRole
    disabled: bool
    created_at: datetime


class SessionChannel(StrEnum):
    """By which door somebody logged in. A token opens the one that it was given at."""

    API = "api"
    LEGACY = "legacy"


@dataclass(frozen=True, kw_only=True)
class Session:
    """One log-in. The access token itself is known to the client alone."""

    session_id: str
    account_id: int
    channel: SessionChannel
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Caller:
    """Somebody whose access token was good when the request came in."""

    account: Account
    session: Session

    @property
    def account_id(self) -> int:
        return self.account.account_id

    @property
    def session_id(self) -> str:
        return self.session.session_id


@dataclass(frozen=True)
class NewAccount:
    """An account to be made."""

    identifier: str
    password: str
    role: AccountRole
    display_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Lets some people make their own account in a role. Its token is known to the holder alone."""

    invitation_id: str
    role: AccountRole
    uses: int
    expires_at: datetime


def normalize_display_name(display_name: str | None, identifier: str) -> str:
    """What others read; the identifier when no name is given. InvalidRequest: not a clean line."""
    if not display_name:
        return identifier
    return clean_line("display_name", display_name, DISPLAY_NAME_LENGTH)


@dataclass(frozen=True)
class ImportResult:
    """What became of one of many accounts to be made: `created`, or a code, a reason and why."""

    identifier: str
    status: str
    code: str | None = None
    reason: Reason | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class UserSigGrant:
    """A UserSig with all that a client needs beside it."""

    sdk_app_id: int
    identifier: str
    user_sig: str
    issued_at: datetime
    expires_at: datetime
    refresh_after: datetime
    server_time: datetime
    lease_id: str


@dataclass(frozen=True)
class LoginGrant:
    """What a log-in gives. `access_token` is shown this once."""

    access_token: str
    session: Session
    account: Account
    user_sig: UserSigGrant


@dataclass(frozen=True)
class SessionLimits:
    """How long a session lives: at most, and without being used."""

    lifetime: timedelta
    idle_lifetime: timedelta


@dataclass(frozen=True)
class ImApplication:
    """The SDKAppID and the key that signs for it."""

    sdk_app_id: int
    key: EcdsaPrivateKey | SdkSecretKey
