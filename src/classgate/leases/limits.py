"""How often an account is given something: a client that runs wild must not fill the database.

Only what was admitted counts, and only when it is recorded, so that nobody counts against an
account but its owner. The buckets are one process's and in memory: a restart empties them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from classgate.refusals import TooManyGrants
from classgate.storage.rate_limits import LeakyBuckets, RateLimit

LOG_IN = "log_in"
"""Log-ins count by themselves: a stolen session must not keep its owner from logging in."""

GRANTS = RateLimit(burst=120, interval=timedelta(seconds=1))
"""For each account and each kind of lease, renewals included."""


class RollbackHooks(Protocol):
    """What is asked of a transaction here."""

    def on_rollback(self, call: Callable[[], None]) -> None:
        """As `Queries` has it."""


class GrantLimits:
    """Counts what is given, in the transaction that records it."""

    def __init__(self) -> None:
        self._buckets = LeakyBuckets()

    def count(self, connection: RollbackHooks, account_id: int, kind: str, at: datetime) -> None:
        """Count one more; if the transaction is undone, it did not happen. TooManyAttempts."""
        name = f"{account_id}:{kind}"
        wait = self._buckets.acquire(name, GRANTS, at)
        if wait is not None:
            raise TooManyGrants(wait)
        connection.on_rollback(lambda: self._buckets.release(name, GRANTS, at))
