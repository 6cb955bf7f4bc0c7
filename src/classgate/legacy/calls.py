"""One call of the old protocol, as a command is given it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from classgate.accounts.models import Caller
from classgate.application import Application
from classgate.legacy.fields import Fields
from classgate.legacy.protocol import Answer, AnyAnswer


@dataclass(frozen=True)
class DoorSettings:
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
    door: DoorSettings
    fields: Fields
    address: str
    body: bytes
    query: Mapping[str, str]
    knows_the_path: bool  # the secret part of the address was right

    timestamp: int = 0  # the client's media clock
    signed_in: Caller | None = None

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.application.clock()

    @property
    def caller(self) -> Caller:
        """Whose token it is. RuntimeError for a command whose family asks for none."""
        if self.signed_in is None:
            raise RuntimeError("this command's family does not say who is calling")
        return self.signed_in


class Family(Enum):
    """Which checks come before a command's own."""

    PLAIN = "plain"  # appid and timeStamp
    TOKEN = "token"  # these, and the token
    BEAT = "beat"  # the same by what was read a moment ago, for heartbeats alone
    BARE = "bare"  # none: it has its own


@dataclass(frozen=True)
class Command:
    """A row of the table: its family, and what it does."""

    family: Family
    run: Callable[[Call], Awaitable[AnyAnswer]]
    refuse: Callable[[int, str], AnyAnswer] = Answer  # with a code and a text
