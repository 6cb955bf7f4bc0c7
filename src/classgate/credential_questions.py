"""Answers two questions of an admin about credentials, and records that they were asked.

Who could enter a room at a time? What can a person still do, and until when?
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Caller
from classgate.audit import entry_repository
from classgate.audit.entry_repository import EntryRow
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.reads import RecordedReads
from classgate.clock import Clock
from classgate.errors import AccountNotFound
from classgate.leases import held_repository
from classgate.leases.held_repository import HeldLease
from classgate.storage.database import Database

LONGEST_ENTRY = timedelta(hours=25)
"""No entry credential is valid for longer: a UserSig of a day, and differences between clocks."""

_MAX_ISSUES = 5000
_MAX_HELD = 500
_RULE = "an admin may read who holds which credentials"


@dataclass(frozen=True, kw_only=True)
class ValidEntry:
    """Somebody whose entry credentials of a class were valid at the time."""

    account_id: int
    role: str
    issued_at: datetime  # the last issue up to the time
    expires_at: datetime  # of the UserSig that is valid longest
    private_map_key_expires_at: datetime | None  # None: not recorded by an earlier version


@dataclass(frozen=True)
class ValidEntries:
    """The answer to the first question; `names` has the accounts that were not deleted."""

    at: datetime
    entries: tuple[ValidEntry, ...]
    is_complete: bool
    names: dict[int, str]


@dataclass(frozen=True)
class HeldLeases:
    """The answer to the second question, the longest first."""

    at: datetime
    leases: tuple[HeldLease, ...]
    is_complete: bool


class CredentialQuestions:
    """Answers from the audit and the leases."""

    def __init__(self, *, database: Database, reads: RecordedReads, clock: Clock) -> None:
        self._database = database
        self._reads = reads
        self._clock = clock

    async def list_valid_entries(
        self, actor: Caller, classroom_id: int, at: datetime | None
    ) -> ValidEntries:
        """Return who had valid entry credentials of a class at a time, or has them now.

        Credentials count that were issued by then, also those of whoever was kicked later: a
        PrivateMapKey and a UserSig open a room until they expire.
        """
        connection = self._database.reader
        moment = self._clock() if at is None else at
        rows = await entry_repository.list_entries(
            connection, classroom_id, moment - LONGEST_ENTRY, moment, _MAX_ISSUES + 1
        )
        entries = _valid_at(moment, rows[:_MAX_ISSUES])
        details: dict[str, str | int | bool | None] = {"question": "entries"}
        if at is not None:
            details["at"] = int(at.timestamp())
        await self._record(actor, details, classroom_id=classroom_id)
        names = await accounts_repository.find_identifiers(
            connection, sorted(each.account_id for each in entries)
        )
        return ValidEntries(moment, entries, len(rows) <= _MAX_ISSUES, names)

    async def list_held_leases(self, actor: Caller, identifier: str) -> HeldLeases:
        """Return the leases of a person that still allow something. AccountNotFound."""
        connection = self._database.reader
        found = await accounts_repository.find_by_identifier(connection, identifier)
        if found is None:
            raise AccountNotFound
        now = self._clock()
        account_id = found.account.account_id
        leases = await held_repository.list_held(connection, account_id, now, _MAX_HELD + 1)
        await self._record(actor, {"question": "leases"}, account_id=account_id)
        kept = sorted(leases[:_MAX_HELD], key=_last_use, reverse=True)
        return HeldLeases(now, tuple(kept), len(leases) <= _MAX_HELD)

    async def _record(
        self,
        actor: Caller,
        details: dict[str, str | int | bool | None],
        *,
        account_id: int | None = None,
        classroom_id: int | None = None,
    ) -> None:
        entry = AuditEntry(
            event=AuditEvent.CREDENTIALS_READ,
            at=self._clock(),
            account_id=account_id,
            actor_id=actor.account_id,
            classroom_id=classroom_id,
            rule=_RULE,
            details=details,
        )
        await self._reads.record(actor.session_id, entry)


_NEVER = datetime.max.replace(tzinfo=UTC)


def _last_use(lease: HeldLease) -> tuple[datetime, str]:
    return lease.expires_at or _NEVER, lease.lease_id


def _valid_at(at: datetime, rows: Iterable[EntryRow]) -> tuple[ValidEntry, ...]:
    """Return one entry for each account, in the order of the rows: the newest issue first."""
    entries: dict[int, ValidEntry] = {}
    for row in rows:
        details = _read_details(row.details)
        expires_at = _time_of(details.get("expires_at"))
        if expires_at is None or expires_at <= at:
            continue
        room = _time_of(details.get("private_map_key_expires_at"))
        known = entries.get(row.account_id)
        entries[row.account_id] = ValidEntry(
            account_id=row.account_id,
            role=str(details.get("role", "")) if known is None else known.role,
            issued_at=row.at if known is None else known.issued_at,
            expires_at=expires_at if known is None else max(expires_at, known.expires_at),
            private_map_key_expires_at=room
            if known is None or known.private_map_key_expires_at is None
            else max(room or known.private_map_key_expires_at, known.private_map_key_expires_at),
        )
    return tuple(entries.values())


def _read_details(text: str) -> dict[str, object]:
    """Return the details; none for a row that somebody changed, which `audit verify` reports."""
    try:
        details = json.loads(text)
    except ValueError:
        return {}
    return details if isinstance(details, dict) else {}


def _time_of(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or not 0 <= seconds < 32503680000:  # the year 3000
        return None
    return datetime.fromtimestamp(seconds, UTC)
