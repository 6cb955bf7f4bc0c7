"""One call of the old protocol, as a command is given it."""

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
    """What the school decided about this door, as far as it is the protocol's."""

    sdk_app_id: int
    lenient: bool = False
    cos_region: str = ""
    preview_tag: str = ""
    path_secret: str | None = None
    live_key: str | None = None
    im_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request past the checks of its family."""

    application: Application
    settings: LegacyApiSettings
    fields: Fields
    address: str
    body: bytes
    query: Mapping[str, str]
    has_path_secret: bool  # the secret part of the address was right

    timestamp: int = 0  # the client's media clock
    authenticated: Caller | None = None

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.application.clock()

    @property
    def caller(self) -> Caller:
        """Whose token it is. RuntimeError for a command whose family asks for none."""
        if self.authenticated is None:
            raise RuntimeError("this command's family does not say who is calling")
        return self.authenticated


class AuthMode(Enum):
    """Which checks come before a command's own."""

    ANONYMOUS = "plain"  # appid and timeStamp
    TOKEN = "token"  # these, and the token
    CACHED_TOKEN = "beat"  # the same by what was read a moment ago, for heartbeats alone
    CUSTOM = "bare"  # none: it has its own


@dataclass(frozen=True)
class Command:
    """A row of the table: its family, and what it does."""

    auth_mode: AuthMode
    run: Callable[[Call], Awaitable[AnyAnswer]]
    refuse: Callable[[int, str], AnyAnswer] = Answer  # with a code and a text
