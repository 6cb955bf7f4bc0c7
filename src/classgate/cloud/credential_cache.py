"""A cache of STS credentials; concurrent identical requests share one call.

SDKs request keys before each part of a file. The caller authorizes and records each request; only
the call to STS is saved. Only the same policy and lifetime share keys, so nobody gets more than
requested.

Keys are reused in the first half of their lifetime. Clients renew at four fifths, so they always
get newer ones.
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
    # Both clocks must agree that it is fresh: the wall clock may be set, the monotonic one stops
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
    """A `TemporaryCredentialsSource` that caches another one. It belongs to one loop."""

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
        """Return fresh keys for exactly this policy. CloudRejected, CloudUnavailable."""
        name = (policy.to_wire(), lifetime)
        kept = self._find_fresh(name)
        if kept is not None:
            return kept
        pending = self._pending.get(name)
        if pending is None:
            task = asyncio.create_task(self._request(name, policy, lifetime))
            # If no caller waits any more, nobody retrieves the exception.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            pending = self._pending[name] = _PendingRequest(task)
        pending.waiting += 1
        try:
            # Shielded: a cancelled caller must not cancel the call for the others.
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
            # A dropped request may have a successor under the same name.
            if name in self._pending and self._pending[name].task is asyncio.current_task():
                del self._pending[name]

    def _drop(self, name: _Name, pending: _PendingRequest) -> None:
        """Cancel a request for which nobody waits any more."""
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
        """Remove keys that are no longer reused: they are secrets."""
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
