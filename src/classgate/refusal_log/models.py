"""Refusals, as an entrance records them and as the database keeps them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from classgate.reasons import Reason

LEFT_OUT: Final = "left_out"
"""The reason of a row that only counts refusals without a row of their own."""

UNRECORDED: Final = frozenset(
    {
        Reason.FIELDS_INVALID,
        Reason.BODY_UNREADABLE,
        Reason.BODY_TOO_LARGE,
        Reason.QUERY_TOO_LONG,
        Reason.ROUTE_NOT_FOUND,
        Reason.METHOD_NOT_ALLOWED,
    }
)
"""Faults in the form of a request. They say something of the client program, nothing of whether the
person may do it; scanners cause them by the thousand.
"""

ACCOUNT_REASONS: Final = frozenset(
    {
        Reason.TOKEN_MISSING,
        Reason.SESSION_ENDED,
        Reason.WRONG_CREDENTIALS,
        Reason.TOO_MANY_LOGINS,
        Reason.ACCOUNT_NOT_FOUND,
        Reason.IDENTIFIER_INVALID,
        Reason.ADMIN_NOT_AT_LEGACY,
    }
)
"""Causes that lie in the account or its session. The staff of a class sees one word for them."""

ACCOUNT_UNUSABLE: Final = "account_unusable"
"""The word."""


def reason_for_staff(reason: str) -> str:
    """Return the reason as the staff of a class may see it."""
    return ACCOUNT_UNUSABLE if reason in ACCOUNT_REASONS else reason


class CallerKind(StrEnum):
    """What is known of the caller. Each kind has a budget of rows of its own."""

    AUTHENTICATED = "authenticated"
    NAMED = "named"  # somebody named an account and did not prove to be its owner
    STRANGER = "stranger"  # no account


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One refused request."""

    reason: Reason
    rule: str  # what was asked for, in words
    route: str
    request_id: str
    address: str = ""
    caller: CallerKind = CallerKind.STRANGER
    account_id: int | None = None
    identifier_digest: str | None = None  # of a name that is no account's
    classroom_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class RefusedRequest:
    """What an entrance knows of a request, beside the error that it answers with."""

    rule: str
    route: str
    address: str
    caller_id: int | None = None  # the account that is logged in
    classroom_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class StoredRefusal:
    """A row: the refusals of one minute with the same person, class, reason and rule.

    The route, the address and the request id are those of the last one.
    """

    refusal_id: str
    account_id: int | None
    identifier_digest: str | None
    classroom_id: int | None
    reason: str  # a `Reason`, or LEFT_OUT
    rule: str
    route: str
    address: str
    count: int
    first_at: datetime
    last_at: datetime
    request_id: str


@dataclass(frozen=True, kw_only=True)
class RefusalFilter:
    """Filter of the list; None does not filter. Either an account or a digest."""

    account_id: int | None = None
    identifier_digests: tuple[str, ...] = ()  # of one name, under each audit key
    classroom_id: int | None = None
    since: datetime | None = None
    accounts_only: bool = False  # without the rows of strangers


@dataclass(frozen=True)
class RefusalPage:
    """A page of rows, newest first, and the next cursor (None: last page)."""

    rows: tuple[StoredRefusal, ...]
    next_cursor: str | None
