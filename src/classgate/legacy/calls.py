"""One call of the legacy protocol, as passed to a command."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from classgate.accounts.models import Caller
from classgate.app.application import Application
from classgate.legacy.fields import Fields
from classgate.legacy.protocol import Answer, AnyAnswer


@dataclass(frozen=True)
class LegacyApiSettings:
    """The school's settings for the protocol."""

    sdk_app_id: int
    lenient: bool = False
    cos_region: str = ""
    preview_tag: str = ""
    path_secret: str | None = None
    live_key: str | None = None
    im_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that passed the checks of its `AuthMode`."""

    application: Application
    settings: LegacyApiSettings
    fields: Fields
    address: str
    body: bytes
    query: Mapping[str, str]
    has_path_secret: bool  # the secret path segment was correct

    timestamp: int = 0  # the client's media clock
    authenticated: Caller | None = None

    @property
    def now(self) -> datetime:
        """Return the current time."""
        return self.application.clock()

    @property
    def caller(self) -> Caller:
        """Return the caller. RuntimeError for a command whose family does not authenticate."""
        if self.authenticated is None:
            raise RuntimeError("this command's family does not say who is calling")
        return self.authenticated


class AuthMode(Enum):
    """The checks of a request before its command runs."""

    ANONYMOUS = "plain"  # appid and timeStamp
    TOKEN = "token"  # these, and the token
    CACHED_TOKEN = "cached_token"  # the same from the cache, for heartbeats only
    CUSTOM = "bare"  # none; the command has its own


@dataclass(frozen=True)
class Command:
    """A row of the command table: its `AuthMode` and its handler."""

    auth_mode: AuthMode
    run: Callable[[Call], Awaitable[AnyAnswer]]
    refuse: Callable[[int, str], AnyAnswer] = Answer  # with a code and a text
