"""Rate limits for password guessing that do not let a stranger lock an account.

Three buckets count failures. One account from one address: a few attempts, then slowly, until a
log-in succeeds. One account from anywhere: slowly as well. One address: a generous limit, because a
school shares one address. The last two do not apply to an address from which the account has logged
in before, see `known_addresses`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from classgate.accounts.identifiers import FoldedIdentifier, fold
from classgate.client_address import address_group
from classgate.errors import PermissionDenied, ServiceUnavailable, WrongCredentials
from classgate.refusals import TooManyLogins, TooManyRegistrations, TooManyWrongInvitations
from classgate.storage.rate_limits import NamedLimit, RateLimit, RateLimitStore

log = structlog.get_logger("classgate.accounts")

ACCOUNT_AT_ADDRESS = RateLimit(burst=10, interval=timedelta(seconds=10))
ACCOUNT_ANYWHERE = RateLimit(burst=50, interval=timedelta(seconds=10))
ADDRESS = RateLimit(burst=300, interval=timedelta(milliseconds=200))
# Only whoever knows the password gets to try codes, of which three are good at any time: 290 tries
# a day find one with a probability of 0.1 %.
CODES = RateLimit(burst=10, interval=timedelta(minutes=5))
WRONG_INVITATIONS = RateLimit(burst=100, interval=timedelta(seconds=1))
REGISTRATIONS = RateLimit(burst=200, interval=timedelta(seconds=1))

# The names whose last address is remembered: an admin asks soon.
_MAX_NAMES = 10_000

Digest = Callable[[str], str]
"""Returns a keyed digest of a name or an address: the buckets may be in the database."""


class AttemptLimiter:
    """Counts failed log-ins. An attempt counts until it succeeds."""

    def __init__(self, store: RateLimitStore, digest: Digest) -> None:
        self._store = store
        self._digest = digest
        # The address of the latest failure of a name, the newest name last.
        self._failed_at: OrderedDict[FoldedIdentifier, NamedLimit] = OrderedDict()
        self._refunds: set[asyncio.Task[None]] = set()

    @property
    def is_shared(self) -> bool:
        """Return whether it knows the attempts at other processes too."""
        return self._store.is_shared

    @asynccontextmanager
    async def limit_login(
        self, identifier: str, address: str, at: datetime, *, known: bool
    ) -> AsyncIterator[None]:
        """Admit an attempt, and count it if the password is wrong.

        `known`: the account has logged in from this address before. An attempt that was never
        decided (a full queue, a busy database, a disconnected client) does not count.
        TooManyAttempts: try later. InvalidIdentifier. ServiceUnavailable: it cannot be counted.
        """
        name = fold(identifier)
        own, *others = self._buckets(name, address, known=known)
        try:
            await self._acquire([own, *others], at)
        except TooManyLogins:
            self._remember(name, others)
            raise
        try:
            yield
        except (WrongCredentials, PermissionDenied):
            self._remember(name, others)
            raise
        except BaseException:
            await self._refund([own, *others])
            raise
        # A correct password shows that the earlier failures were typing errors.
        await self._refund(others, forgiven=own.name)

    def _remember(self, name: FoldedIdentifier, others: Sequence[NamedLimit]) -> None:
        if not others:  # at a known address, whose limit does not apply
            return
        self._failed_at[name] = others[0]
        self._failed_at.move_to_end(name)
        if len(self._failed_at) > _MAX_NAMES:
            self._failed_at.popitem(last=False)

    async def require_not_limited(self, identifier: str, at: datetime) -> None:
        """Require that no address from which log-ins failed lately has to wait; count nothing.

        Of the limit of an address, it knows the last one that the name was tried from at this
        process. TooManyAttempts: the longest wait. InvalidIdentifier.
        """
        name = fold(identifier)
        who = self._digest(name)
        waits = [
            await self._store.find_longest_wait(f"log-in:{who}@", ACCOUNT_AT_ADDRESS, at),
            await self._store.find_wait(NamedLimit(f"log-in:{who}", ACCOUNT_ANYWHERE), at),
            await self._store.find_wait(NamedLimit(f"codes:{who}", CODES), at),
        ]
        last = self._failed_at.get(name)
        if last is not None:
            waits.append(await self._store.find_wait(last, at))
        found = [wait for wait in waits if wait is not None]
        if found:
            raise TooManyLogins(max(found))

    @asynccontextmanager
    async def limit_codes(self, identifier: str, at: datetime) -> AsyncIterator[None]:
        """Admit a code of a second factor, and count it if it is wrong. TooManyAttempts.

        A right one does not reset the count: an owner who logs in would give a thief new attempts.
        """
        bucket = NamedLimit(f"codes:{self._digest(fold(identifier))}", CODES)
        await self._acquire([bucket], at)
        try:
            yield
        except WrongCredentials:
            raise
        except BaseException:
            await self._refund([bucket])
            raise
        await self._refund([bucket])

    async def _acquire(self, buckets: Sequence[NamedLimit], at: datetime) -> None:
        full = await self._store.acquire(buckets, at)
        if full is not None:
            raise TooManyLogins(full.wait)

    async def _refund(self, buckets: Sequence[NamedLimit], forgiven: str | None = None) -> None:
        """Revoke what was counted, and all that is `forgiven`, even if the caller is cancelled.

        It never fails: the attempt is decided, and a count that stays is gone after an interval.
        """

        async def to_the_end() -> None:
            try:
                if forgiven is not None:
                    await self._store.reset(forgiven)
                if buckets:
                    await self._store.release(buckets)
            except ServiceUnavailable:
                log.warning("a log-in that did not fail stays counted for a while")

        if not self._store.is_shared:
            await to_the_end()  # never waits, so nobody can cancel it
            return
        task = asyncio.create_task(to_the_end())
        self._refunds.add(task)
        task.add_done_callback(self._refunds.discard)
        await asyncio.shield(task)

    async def count_registration(self, address: str, at: datetime) -> None:
        """Limit registrations from one address. TooManyAttempts."""
        bucket = NamedLimit(f"registrations:{self._place(address)}", REGISTRATIONS)
        full = await self._store.acquire([bucket], at)
        if full is not None:
            raise TooManyRegistrations(full.wait)

    async def count_wrong_invitation(self, address: str, at: datetime) -> None:
        """Count an invalid invitation. TooManyAttempts.

        Valid ones are not limited: guessing must not block others at the same address.
        """
        bucket = NamedLimit(f"invitations:{self._place(address)}", WRONG_INVITATIONS)
        full = await self._store.acquire([bucket], at)
        if full is not None:
            raise TooManyWrongInvitations(full.wait)

    async def delete_empty(self, at: datetime) -> int:
        """Delete the counts that are over; return their number."""
        return await self._store.delete_empty(at)

    def _buckets(
        self, name: FoldedIdentifier, address: str, *, known: bool
    ) -> Sequence[NamedLimit]:
        who, place = self._digest(name), self._place(address)
        own = NamedLimit(f"log-in:{who}@{place}", ACCOUNT_AT_ADDRESS)
        if known:  # does not share a bucket with strangers
            return [own]
        return [
            own,
            NamedLimit(f"log-in:@{place}", ADDRESS),
            NamedLimit(f"log-in:{who}", ACCOUNT_ANYWHERE),
        ]

    def _place(self, address: str) -> str:
        return self._digest(address_group(address))
