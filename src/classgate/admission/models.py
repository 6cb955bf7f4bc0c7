"""The answer to "why": every check of an admission with its outcome, and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from classgate.admission.phrases import Phrase, WordValue
from classgate.classrooms.models import Mute
from classgate.errors import ClassgateError


class Action(StrEnum):
    """What the person wants to do in the class."""

    ENTER = "enter"
    UPLOAD = "upload"
    DOWNLOAD = "download"


class CheckName(StrEnum):
    """A check, named where it decides."""

    LOG_IN_NOT_LIMITED = "log_in_not_limited"
    ACCOUNT_EXISTS = "account_exists"
    ACCOUNT_ENABLED = "account_enabled"
    LOG_INS_BELOW_LIMIT = "log_ins_below_limit"
    SESSION_OPEN = "session_open"
    ACCOUNT_USABLE = "account_usable"  # all of the above, for host and assistants
    CLASS_EXISTS = "class_exists"
    ON_ROSTER = "on_roster"
    NOT_KICKED = "not_kicked"
    HOST_RIGHTS = "host_rights"
    ROLE_PERMISSION = "role_permission"
    CLASS_NOT_ENDED = "class_not_ended"
    CLASS_OPEN = "class_open"
    GRANTS_BELOW_LIMIT = "grants_below_limit"
    STORE_AVAILABLE = "store_available"


OF_THE_ACCOUNT = frozenset(
    {
        CheckName.LOG_IN_NOT_LIMITED,
        CheckName.ACCOUNT_EXISTS,
        CheckName.ACCOUNT_ENABLED,
        CheckName.LOG_INS_BELOW_LIMIT,
        CheckName.SESSION_OPEN,
    }
)
"""The checks whose outcomes only admins see one by one."""


class Fixer(StrEnum):
    """Who can change the outcome."""

    HOST = "host"
    ASSISTANT = "assistant"
    ADMIN = "admin"
    PERSON = "the person"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Words:
    """A sentence that each entrance puts into its language."""

    phrase: Phrase
    values: Mapping[str, WordValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check. `ok` None: it was not asked, and `skipped` says why."""

    name: CheckName
    ok: bool | None
    error: ClassgateError | None = None  # what the deciding code raised
    skipped: Phrase | None = None


@dataclass(frozen=True)
class Check:
    """An outcome with its sentence."""

    name: CheckName
    ok: bool | None
    detail: Words


@dataclass(frozen=True)
class Fix:
    """What would have to change, and by whom."""

    words: Words  # they follow the sentence of the check that failed
    by: tuple[Fixer, ...]


@dataclass(frozen=True)
class PersonState:
    """What is known of the person beside the checks. `session_open` None: not for the asker."""

    session_open: bool | None
    present: bool
    entry_lease: bool  # has entry credentials that may be renewed
    muted: Mute
    removal_waiting: bool  # the cloud does not know yet that they are out of the room


@dataclass(frozen=True)
class PastRefusal:
    """Refusals of the person at the class that happened: those of one minute with one reason."""

    at: datetime  # of the last of them, like the request id
    reason: str
    rule: str  # what was asked for, in words
    count: int
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The answer. Without a failure, `error`, `fix` and `first_failure` are None."""

    identifier: str
    classroom_id: int
    action: Action
    at: datetime
    checks: tuple[Check, ...]
    first_failure: CheckName | None = None
    reason: str | None = None
    error: ClassgateError | None = None  # the refusal of the real call; None also when masked
    fix: Fix | None = None
    opens_at: datetime | None = None
    until: datetime | None = None
    state: PersonState | None = None  # None: there is no such account, or no such class
    refusals: tuple[PastRefusal, ...] = ()  # the newest first

    @property
    def allowed(self) -> bool:
        """Return whether the real call would be answered with a credential."""
        return self.first_failure is None
