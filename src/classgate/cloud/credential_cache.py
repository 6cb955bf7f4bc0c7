"""Keys that STS gave a moment ago, for who asks again; and one call for all who ask together.

SDKs ask for keys before each part of a file. Whether somebody may have them is decided and recorded
each time, by the caller; only the call to STS is saved. The same policy and lifetime are the same
keys, so nobody gets more than was asked for.

Keys are handed on in the first half of their life. A client renews at four fifths of it, so it
always gets newer ones than it has.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from classgate.clock import Clock
from classgate.cloud.circuit_breaker import Monotonic
from classgate.cloud.ports import TemporaryCredentialsSource
from classgate.signing.cos_policy import Policy
from classgate.signing.sts_messages import TemporaryCredentials

MAX_ENTRIES = 1000


@dataclass(frozen=True)
class _CachedCredentials:
    credentials: TemporaryCredentials
    # Both clocks have to agree that it is fresh: the one of the wall may be set, the other stops
    # while a machine sleeps.
    kept_at: datetime
    kept_at_monotonic: float
    fresh_for: timedelta

    def is_fresh(self, now: datetime, monotonic: float) -> bool:
        age = now - self.kept_at
        half = self.credentials.starts_at + self.fresh_for
        return (
            timedelta(0) <= age < self.fresh_for
            and now < half
            and monotonic - self.kept_at_monotonic < self.fresh_for.total_seconds()
        )


@dataclass
class _PendingRequest:
    task: asyncio.Task[TemporaryCredentials]
    waiting: int = 0


_Name = tuple[str, timedelta]


class CredentialCache:
    """A `TemporaryCredentialsSource` before another one. It lives in one loop."""

    def __init__(
        self,
        source: TemporaryCredentialsSource,
        clock: Clock,
        monotonic: Monotonic,
        *,
        max_entries: int = MAX_ENTRIES,
    ) -> None:
        self._source = source
        self._clock = clock
        self._monotonic = monotonic
        self._max_entries = max_entries
        self._kept: OrderedDict[_Name, _CachedCredentials] = OrderedDict()  # the oldest first
        self._pending: dict[_Name, _PendingRequest] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def issue_credentials(self, policy: Policy, lifetime: timedelta) -> TemporaryCredentials:
        """Keys for exactly this policy, fresh ones. CloudRejected, CloudUnavailable."""
        name = (policy.to_wire(), lifetime)
        kept = self._find_fresh(name)
        if kept is not None:
            return kept
        pending = self._pending.get(name)
        if pending is None:
            task = asyncio.create_task(self._request(name, policy, lifetime))
            # When nobody waits any more, nobody asks how it went.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            pending = self._pending[name] = _PendingRequest(task)
        pending.waiting += 1
        try:
            # Shielded: one who goes away must not take the others' answer along.
            return await asyncio.shield(pending.task)
        finally:
            pending.waiting -= 1
            if pending.waiting == 0 and not pending.task.done():
                self._drop(name, pending)

    async def _request(
        self, name: _Name, policy: Policy, lifetime: timedelta
    ) -> TemporaryCredentials:
        try:
            credentials = await self._source.issue_credentials(policy, lifetime)
            self._store(name, credentials, lifetime / 2)
            return credentials
        finally:
            # One that was dropped has a successor, perhaps, under the same name.
            if name in self._pending and self._pending[name].task is asyncio.current_task():
                del self._pending[name]

    def _drop(self, name: _Name, pending: _PendingRequest) -> None:
        """Nobody waits any more: what is not given to anyone is not fetched either."""
        pending.task.cancel()
        if self._pending.get(name) is pending:
            del self._pending[name]

    def _store(self, name: _Name, credentials: TemporaryCredentials, fresh_for: timedelta) -> None:
        self._kept.pop(name, None)
        self._kept[name] = _CachedCredentials(
            credentials, self._clock(), self._monotonic(), fresh_for
        )
        while len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)

    def _find_fresh(self, name: _Name) -> TemporaryCredentials | None:
        """Keys are secrets: those that are not handed on any more are not kept either."""
        now, monotonic = self._clock(), self._monotonic()
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].is_fresh(now, monotonic):
                break
            del self._kept[oldest]
        found = self._kept.get(name)
        if found is None or not found.is_fresh(now, monotonic):
            return None
        return found.credentials
