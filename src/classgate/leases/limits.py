"""Limits on how often credentials are issued to an account, against runaway clients.

Only authorized requests count, and only when recorded, so that nobody can use up another account's
limit. The buckets are in memory, per process: a restart empties them, and several processes each
allow as much (ADR 0024).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from classgate.refusals import TooManyGrants
from classgate.storage.rate_limits import LeakyBuckets, RateLimit

LOG_IN = "log_in"
"""Log-ins count separately: a stolen session must not keep its owner from logging in."""

GRANTS = RateLimit(burst=120, interval=timedelta(seconds=1))
"""Per account and kind of lease, renewals included."""


class RollbackHooks(Protocol):
    """The part of a transaction that is needed here."""

    def on_rollback(self, call: Callable[[], None]) -> None:
        """See `DatabaseConnection`."""


class GrantLimits:
    """Counts issued credentials, in the transaction that records them."""

    def __init__(self) -> None:
        self._buckets = LeakyBuckets()

    def count(self, connection: RollbackHooks, account_id: int, kind: str, at: datetime) -> None:
        """Count one more; a rollback reverts it. TooManyAttempts."""
        name = f"{account_id}:{kind}"
        _require_no_wait(self._buckets.acquire(name, GRANTS, at))
        connection.on_rollback(lambda: self._buckets.release(name, GRANTS))

    def require_below(self, account_id: int, kind: str, at: datetime) -> None:
        """Require that one more would be counted, and count nothing. TooManyAttempts."""
        _require_no_wait(self._buckets.find_wait(f"{account_id}:{kind}", GRANTS, at))


def _require_no_wait(wait: timedelta | None) -> None:
    if wait is not None:
        raise TooManyGrants(wait)
