"""Removing what is over: leases, sessions, and addresses that nobody logs in from any more.

The audit keeps what was given, to whom and when; these rows only say what may still be renewed or
used. They go some at a time, in short transactions, so that nobody waits; rows that another process
is at are left to it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from classgate.accounts import known_address_repository, session_repository
from classgate.accounts.known_addresses import KNOWN_FOR
from classgate.clock import Clock
from classgate.leases.service import LeaseService
from classgate.storage.database import Database, DatabaseConnection

KEPT_FOR = timedelta(days=30)
"""How long leases and sessions stay after they are over."""

# A row costs a tenth of a millisecond of SQLite's one writer, for the indexes it stands in.
_BATCH = 50
_MAX_BATCHES = 100

Step = Callable[[], Awaitable[int]]
Remove = Callable[[DatabaseConnection, datetime, int], Awaitable[int]]


class Retention:
    """Three steps, each for itself; all may be run at any time and again."""

    def __init__(self, *, database: Database, leases: LeaseService, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._steps = (
            partial(self._remove, leases.delete_ended, KEPT_FOR),
            partial(self._remove, session_repository.delete_ended, KEPT_FOR),
            partial(self._remove, known_address_repository.delete_unseen, KNOWN_FOR),
        )

    @property
    def steps(self) -> Sequence[Step]:
        """Each answers how many rows it removed."""
        return self._steps

    async def run_once(self) -> int:
        """All steps, one after the other; how many rows were removed."""
        return sum([await step() for step in self.steps])

    async def _remove(self, remove: Remove, kept_for: timedelta) -> int:
        removed = 0
        for _ in range(_MAX_BATCHES):
            async with self._database.transaction() as connection:
                some = await remove(connection, self._clock() - kept_for, _BATCH)
            removed += some
            if some < _BATCH:
                break
        return removed
