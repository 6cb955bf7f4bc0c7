"""Retention: removes old leases, sessions and known addresses, and counts of log-ins that are over.

The audit keeps what was issued, to whom and when; these rows only say what may still be renewed or
used. Rows are removed in small batches and short transactions, so that others do not wait. Locked
rows are skipped.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from classgate.accounts import known_address_repository, session_repository
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.known_addresses import KNOWN_ADDRESS_LIFETIME
from classgate.clock import Clock
from classgate.leases.service import LeaseService
from classgate.storage.database import Database, DatabaseConnection

RETENTION_PERIOD = timedelta(days=30)
"""The time for which ended leases and sessions are kept."""

# Each row costs a tenth of a millisecond of SQLite's single writer, because of its indexes.
_BATCH = 50
_MAX_BATCHES = 100

Step = Callable[[], Awaitable[int]]
Remove = Callable[[DatabaseConnection, datetime, int], Awaitable[int]]


class Retention:
    """Independent, idempotent steps."""

    def __init__(
        self, *, database: Database, leases: LeaseService, attempts: AttemptLimiter, clock: Clock
    ) -> None:
        self._database = database
        self._attempts = attempts
        self._clock = clock
        self._steps = (
            partial(self._remove, leases.delete_ended, RETENTION_PERIOD),
            partial(self._remove, session_repository.delete_ended, RETENTION_PERIOD),
            partial(self._remove, known_address_repository.delete_unseen, KNOWN_ADDRESS_LIFETIME),
            self._delete_counts,
        )

    @property
    def steps(self) -> Sequence[Step]:
        """The steps; each returns the number of removed rows."""
        return self._steps

    async def run_once(self) -> int:
        """Run all steps in order; return the number of removed rows."""
        return sum([await step() for step in self.steps])

    async def _delete_counts(self) -> int:
        return await self._attempts.delete_empty(self._clock())

    async def _remove(self, remove: Remove, kept_for: timedelta) -> int:
        removed = 0
        for _ in range(_MAX_BATCHES):
            async with self._database.transaction() as connection:
                some = await remove(connection, self._clock() - kept_for, _BATCH)
            removed += some
            if some < _BATCH:
                break
        return removed
