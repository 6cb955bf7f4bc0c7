"""One call of the legacy protocol, as passed to a command."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from classgate.accounts.models import Caller
from classgate.errors import ClassgateError
from classgate.legacy.fields import Fields
from classgate.legacy.protocol import Answer, AnyAnswer
from classgate.metrics import RequestClass


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


@dataclass(kw_only=True)
class Call:
    """A request. The checks of its auth mode complete it before its command runs."""

    settings: LegacyApiSettings
    route: str
    fields: Fields
    read_address: Callable[[], str]  # the client's; few commands need it
    body: bytes
    query: Mapping[str, str]
    has_path_secret: bool  # the secret path segment was correct
    now: datetime

    timestamp: int = 0  # the client's media clock
    authenticated: Caller | None = None

    @property
    def caller(self) -> Caller:
        """The caller. RuntimeError for a command whose auth mode does not authenticate."""
        if self.authenticated is None:
            raise RuntimeError("this command's auth mode does not authenticate the caller")
        return self.authenticated


class AuthMode(Enum):
    """The checks of a request before its command runs."""

    ANONYMOUS = "plain"  # appid and timeStamp
    TOKEN = "token"  # these, and the token
    CACHED_TOKEN = "cached_token"  # the same from the cache; the service authenticates again
    CUSTOM = "bare"  # none; the command has its own


@dataclass(frozen=True)
class Command:
    """A row of the command table: its auth mode and its handler."""

    auth_mode: AuthMode
    run: Callable[[Call], Awaitable[AnyAnswer]]
    asked: str  # what a caller asks for, in the record of a refusal
    refuse: Callable[[int, str], AnyAnswer] = Answer  # with a code and a text
    request_class: RequestClass = RequestClass.CHANGE
    is_in_class: bool = False  # whoever is answered without an error is in the class
    is_heartbeat: bool = False


class AnsweredRefusal(Exception):
    """A refusal with an answer of its own, other than the table of errors has.

    `error` is what is counted and recorded.
    """

    def __init__(self, answer: AnyAnswer, error: ClassgateError) -> None:
        super().__init__()
        self.answer = answer
        self.error = error
