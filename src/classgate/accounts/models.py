"""Accounts, sessions, and the caller that other features see."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from classgate.errors import ClassgateError
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey
from classgate.validation import clean_line

DISPLAY_NAME_LENGTH = 100


class AccountRole(StrEnum):
    """The role outside of any class. Only an admin assigns it, never to themselves."""

    ADMIN = "admin"
    TEACHER = "teacher"
    STUDENT = "student"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person or a device that can log in."""

    account_id: int
    identifier: str
    display_name: str
    role: AccountRole
    disabled: bool
    created_at: datetime
    # Every UserSig issued from now on has a strictly later time. It changes with each kick, which
    # does not make it another account.
    signatures_after: datetime = field(compare=False)


class SessionChannel(StrEnum):
    """The API through which a session was opened. Its token is valid only there."""

    API = "api"
    CONSOLE = "console"  # a browser, by cookie, on the API's calls
    LEGACY = "legacy"


@dataclass(frozen=True, kw_only=True)
class Session:
    """One log-in. Only the client has the access token."""

    session_id: str
    account_id: int
    channel: SessionChannel
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class Caller(Struct, frozen=True):
    """The authenticated caller of a request."""

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
    """A new account."""

    identifier: str
    password: str
    role: AccountRole
    display_name: str | None = None


@dataclass(frozen=True)
class RequestedAccount:
    """An account that an admin asks for. None: the password is generated."""

    identifier: str
    password: str | None
    role: AccountRole
    display_name: str | None = None

    def with_password(self, generated: str) -> NewAccount:
        """Return the account to create; `generated` is used if no password was given."""
        password = generated if self.password is None else self.password
        return NewAccount(self.identifier, password, self.role, self.display_name)


@dataclass(frozen=True, kw_only=True)
class AccountFilter:
    """Which accounts a list has. None: whatever they are."""

    text: str | None = None  # in the identifier or in the display name
    role: AccountRole | None = None
    disabled: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Allows a number of people to register in a role. Only the holder knows the token."""

    invitation_id: str
    role: AccountRole
    uses: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ListedInvitation(Invitation):
    """An invitation with what an admin wants to know of it. Nobody knows its token any more."""

    used: int
    created_at: datetime
    created_by: str | None  # None: the command line


def normalize_display_name(display_name: str | None, identifier: str) -> str:
    """Return the display name, or the identifier if there is none. InvalidRequest: not a clean
    line.
    """
    if not display_name:
        return identifier
    return clean_line("display_name", display_name, DISPLAY_NAME_LENGTH)


@dataclass(frozen=True)
class ImportResult:
    """The outcome for one of many new accounts. It was created if there is no error.

    `password` is the generated one, if none was given.
    """

    identifier: str
    error: ClassgateError | None = None
    password: str | None = field(default=None, repr=False)


class UserSigGrant(Struct, frozen=True, kw_only=True):
    """A UserSig with everything that a client needs to use it."""

    sdk_app_id: int
    identifier: str
    user_sig: str
    issued_at: datetime
    expires_at: datetime
    refresh_after: datetime
    server_time: datetime
    lease_id: str


@dataclass(frozen=True)
class OpenedSession:
    """A new session. `access_token` is shown only once."""

    access_token: str
    session: Session
    account: Account


@dataclass(frozen=True)
class LoginGrant(OpenedSession):
    """The result of a log-in in an API: the session and its first UserSig."""

    user_sig: UserSigGrant


@dataclass(frozen=True)
class SessionLimits:
    """The lifetime of a session: maximum, and without use."""

    lifetime: timedelta
    idle_lifetime: timedelta


@dataclass(frozen=True)
class ImApplication:
    """The SDKAppID and the key that signs for it."""

    sdk_app_id: int
    key: EcdsaPrivateKey | SdkSecretKey
