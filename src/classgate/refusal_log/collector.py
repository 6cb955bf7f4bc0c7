"""The refusals in memory: counted by the minute, within bounds, until they are written.

Nothing here waits: it is called while a request is answered.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from classgate.client_address import address_group
from classgate.clock import Clock
from classgate.refusal_log.budgets import BUDGETS, MAX_ROWS_OF_PERSON, Budget, RowBudget
from classgate.refusal_log.models import LEFT_OUT, CallerKind, Refusal, StoredRefusal
from classgate.storage.database import to_microseconds

KEPT_REQUEST_IDS: Final = 10
"""How many request ids of a row are kept beside the last one."""

MAX_ADDRESS: Final = 60

_MINUTE = 60_000_000  # microseconds

_Person = int | str
"""The number of an account, the digest of a name, or an address."""

_Key = tuple[int, _Person, int | None, str, str]
"""The minute, the person, the class, the reason and the rule."""

_LEFT_OUT_RULES = {
    CallerKind.AUTHENTICATED: "more rows than accounts may have",
    CallerKind.NAMED: "more rows than log-ins may have",
    CallerKind.STRANGER: "more rows than callers without an account may have",
}


class _Counted:
    """The refusals of one row."""

    __slots__ = (
        "count",
        "earlier_ids",
        "first",
        "first_at",
        "key",
        "last",
        "last_at",
        "refusal_id",
        "written_ids",
    )

    def __init__(self, key: _Key, refusal_id: str, first: Refusal, at: datetime) -> None:
        self.key = key
        self.refusal_id = refusal_id
        self.first = first
        self.first_at = at
        self.last = first
        self.last_at = at
        self.count = 1
        self.earlier_ids: list[str] = []
        self.written_ids = 0

    def add(self, refusal: Refusal, at: datetime) -> None:
        if len(self.earlier_ids) < KEPT_REQUEST_IDS:
            self.earlier_ids.append(self.last.request_id)
        self.last = refusal
        self.last_at = at
        self.count += 1

    def snapshot(self) -> "Snapshot":
        first, last = self.first, self.last
        return Snapshot(
            StoredRefusal(
                refusal_id=self.refusal_id,
                account_id=first.account_id,
                identifier_digest=first.identifier_digest,
                classroom_id=first.classroom_id,
                reason=self.key[3],
                rule=first.rule,
                route=last.route,
                address=last.address[:MAX_ADDRESS],
                count=self.count,
                first_at=self.first_at,
                last_at=self.last_at,
                request_id=last.request_id,
            ),
            tuple(self.earlier_ids[self.written_ids :]),
        )


@dataclass(frozen=True)
class Snapshot:
    """What is to be written of one row: its totals, and the request ids that were not written."""

    row: StoredRefusal
    earlier_ids: tuple[str, ...]


class RefusalCollector:
    """Counts the refusals of one process.

    The totals of a row are kept until its minute is over, so that a write is the same when it is
    repeated: one whose outcome nobody knows counts nothing twice.
    """

    def __init__(self, clock: Clock, budgets: Mapping[CallerKind, Budget] = BUDGETS) -> None:
        self._clock = clock
        self._process = secrets.token_hex(6)
        self._number = 0
        self._budgets = {kind: RowBudget(budget) for kind, budget in budgets.items()}
        self._rows: dict[_Key, _Counted] = {}
        self._unwritten: dict[str, _Counted] = {}  # by the id of the row
        self._rows_of_kind: Counter[CallerKind] = Counter()
        self._left_out: dict[CallerKind, _Counted] = {}
        self._minute = 0
        self._rows_of_person: Counter[_Person] = Counter()  # in this minute

    def __len__(self) -> int:
        """Return the number of rows in memory."""
        return len(self._rows) + len(self._left_out)

    def add(self, refusal: Refusal) -> bool:
        """Count a refusal. False: no row is left for it, so that it is counted as left out."""
        at = self._clock()
        microseconds = to_microseconds(at)
        minute = microseconds // _MINUTE
        if minute != self._minute:
            self._begin_minute(minute)
        person = refusal.account_id or refusal.identifier_digest or address_group(refusal.address)
        key = (minute, person, refusal.classroom_id, refusal.reason.value, refusal.rule)
        row = self._rows.get(key)
        if row is not None:
            row.add(refusal, at)
        elif self._take_row(refusal.caller, person, microseconds):
            row = self._rows[key] = _Counted(key, self._new_id(microseconds), refusal, at)
        else:
            self._leave_out(refusal, at, minute, microseconds)
            return False
        self._unwritten[row.refusal_id] = row
        return True

    def _take_row(self, kind: CallerKind, person: _Person, microseconds: int) -> bool:
        """Take a new row from the budget; return whether there was one."""
        budget = self._budgets[kind]
        if (
            self._rows_of_kind[kind] >= budget.budget.burst
            or self._rows_of_person[person] >= MAX_ROWS_OF_PERSON
            or not budget.take(microseconds / _MINUTE)
        ):
            return False
        self._rows_of_kind[kind] += 1
        self._rows_of_person[person] += 1
        return True

    def _leave_out(self, refusal: Refusal, at: datetime, minute: int, microseconds: int) -> None:
        """Count it in the one row of the minute for its kind of caller.

        While the database is away, one row counts for many minutes.
        """
        kind = refusal.caller
        row = self._left_out.get(kind)
        if row is None or (row.key[0] != minute and not self._is_unwritten(row)):
            rule = _LEFT_OUT_RULES[kind]
            about_all = Refusal(
                reason=refusal.reason, rule=rule, route="", request_id=refusal.request_id
            )
            key = (minute, kind.value, None, LEFT_OUT, rule)
            row = _Counted(key, self._new_id(microseconds), about_all, at)
            self._left_out[kind] = row
        else:
            row.count += 1
            row.last_at = at
        self._unwritten[row.refusal_id] = row

    def _is_unwritten(self, row: _Counted) -> bool:
        return row.refusal_id in self._unwritten

    def _new_id(self, microseconds: int) -> str:
        """Return an id that sorts by time, and that no other process has."""
        self._number = (self._number + 1) % 2**24
        return f"{time_prefix(microseconds)}{self._process}{self._number:06x}"

    def _begin_minute(self, minute: int) -> None:
        self._minute = minute
        self._rows_of_person.clear()
        self._forget(
            row
            for row in self._rows.values()
            if row.key[0] != minute and not self._is_unwritten(row)
        )

    def unwritten(self) -> Sequence[str]:
        """Return the ids of the rows that changed since they were written."""
        return list(self._unwritten)

    def snapshots(self, refusal_ids: Iterable[str]) -> Sequence[Snapshot]:
        """Return what is to be written of these rows."""
        return [self._unwritten[each].snapshot() for each in refusal_ids if each in self._unwritten]

    def mark_written(self, written: Iterable[Snapshot]) -> None:
        """Forget what was written. What was counted since then is to be written again."""
        done = []
        for snapshot in written:
            row = self._unwritten[snapshot.row.refusal_id]
            row.written_ids += len(snapshot.earlier_ids)
            if row.count == snapshot.row.count:
                del self._unwritten[row.refusal_id]
                if row.key[0] != self._minute:
                    done.append(row)
        self._forget(done)

    def forget_addresses(self, account_id: int) -> None:
        """Erase the addresses of an account's rows in memory."""
        for row in self._rows.values():
            if row.first.account_id == account_id:
                row.first = replace(row.first, address="")
                row.last = replace(row.last, address="")

    def _forget(self, rows: Iterable[_Counted]) -> None:
        for row in list(rows):
            if self._rows.pop(row.key, None) is not None:
                self._rows_of_kind[row.first.caller] -= 1


def time_prefix(microseconds: int) -> str:
    """Return the beginning of the ids of rows that began at this time."""
    return f"{max(0, microseconds):014x}"
