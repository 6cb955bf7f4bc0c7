"""Rate limits for password guessing that do not let a stranger lock an account.

Three buckets count failures. One account from one address: a few attempts, then slowly, until a
log-in succeeds. One account from anywhere: slowly as well. One address: a generous limit, because a
school shares one address. The last two do not apply to an address from which the account has logged
in before, see `known_addresses`.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from classgate.accounts.identifiers import FoldedIdentifier, fold
from classgate.client_address import address_group
from classgate.errors import PermissionDenied, WrongCredentials
from classgate.refusals import TooManyLogins, TooManyRegistrations, TooManyWrongInvitations
from classgate.storage.rate_limits import RateLimit, RateLimitStore

ACCOUNT_AT_ADDRESS = RateLimit(burst=10, interval=timedelta(seconds=10))
ACCOUNT_ANYWHERE = RateLimit(burst=50, interval=timedelta(seconds=10))
ADDRESS = RateLimit(burst=300, interval=timedelta(milliseconds=200))
# Only whoever knows the password gets to try codes, of which three are good at any time: 290 tries
# a day find one with a probability of 0.1 %.
CODES = RateLimit(burst=10, interval=timedelta(minutes=5))
WRONG_INVITATIONS = RateLimit(burst=100, interval=timedelta(seconds=1))
REGISTRATIONS = RateLimit(burst=200, interval=timedelta(seconds=1))

# Of the names and addresses whose failures are remembered: an admin asks soon.
_MAX_NAMES = 10_000
_MAX_BUCKETS = 20

Buckets = list[tuple[str, RateLimit]]


class AttemptLimiter:
    """Counts failed log-ins. An attempt counts until it succeeds."""

    def __init__(self, key_value: RateLimitStore) -> None:
        self._key_value = key_value
        # The buckets that counted or refused the latest attempts of a name, the newest name last.
        self._failed: OrderedDict[FoldedIdentifier, dict[str, RateLimit]] = OrderedDict()

    @asynccontextmanager
    async def limit_login(
        self, identifier: str, address: str, at: datetime, *, known: bool
    ) -> AsyncIterator[None]:
        """Admit an attempt, and count it if the password is wrong.

        `known`: the account has logged in from this address before. An attempt that was never
        decided (a full queue, a busy database, a disconnected client) does not count.
        TooManyAttempts: try later. InvalidIdentifier.
        """
        name = fold(identifier)
        taken = await self._take(name, _buckets(identifier, address, known=known), at)
        try:
            yield
        except (WrongCredentials, PermissionDenied):
            self._remember(name, taken)
            raise
        except BaseException:
            await self._refund(taken, at)
            raise
        await self._refund(taken, at)
        # A correct password shows that the earlier failures were typing errors.
        await self._key_value.reset(_at_address(identifier, address))

    def _remember(self, name: FoldedIdentifier, taken: Buckets) -> None:
        failed = self._failed.setdefault(name, {})
        for bucket, limit in taken:
            failed.pop(bucket, None)
            failed[bucket] = limit
        while len(failed) > _MAX_BUCKETS:
            del failed[next(iter(failed))]
        self._failed.move_to_end(name)
        if len(self._failed) > _MAX_NAMES:
            self._failed.popitem(last=False)

    async def require_not_limited(self, identifier: str, at: datetime) -> None:
        """Require that no address from which log-ins failed lately has to wait; count nothing.

        It knows the attempts of this process. TooManyAttempts: the longest wait. InvalidIdentifier.
        """
        buckets = self._failed.get(fold(identifier), {})
        waits = [
            wait
            for name, limit in buckets.items()
            if (wait := await self._key_value.find_wait(name, limit, at)) is not None
        ]
        if waits:
            raise TooManyLogins(max(waits))

    @asynccontextmanager
    async def limit_codes(self, identifier: str, at: datetime) -> AsyncIterator[None]:
        """Admit a code of a second factor, and count it if it is wrong. TooManyAttempts.

        A right one does not reset the count: an owner who logs in would give a thief new attempts.
        """
        name = fold(identifier)
        taken = await self._take(name, [(f"codes:{name}", CODES)], at)
        try:
            yield
        except WrongCredentials:
            self._remember(name, taken)
            raise
        except BaseException:
            await self._refund(taken, at)
            raise
        await self._refund(taken, at)

    async def _take(self, whose: FoldedIdentifier, buckets: Buckets, at: datetime) -> Buckets:
        taken: Buckets = []
        for name, limit in buckets:
            wait = await self._key_value.acquire(name, limit, at)
            if wait is not None:
                await self._refund(taken, at)
                self._remember(whose, [(name, limit)])
                raise TooManyLogins(wait)
            taken.append((name, limit))
        return taken

    async def _refund(self, taken: Buckets, at: datetime) -> None:
        for name, limit in taken:
            await self._key_value.release(name, limit, at)

    async def count_registration(self, address: str, at: datetime) -> None:
        """Limit registrations from one address. TooManyAttempts."""
        name = f"registrations:{address_group(address)}"
        wait = await self._key_value.acquire(name, REGISTRATIONS, at)
        if wait is not None:
            raise TooManyRegistrations(wait)

    async def count_wrong_invitation(self, address: str, at: datetime) -> None:
        """Count an invalid invitation. TooManyAttempts.

        Valid ones are not limited: guessing must not block others at the same address.
        """
        wait = await self._key_value.acquire(
            f"invitations:{address_group(address)}", WRONG_INVITATIONS, at
        )
        if wait is not None:
            raise TooManyWrongInvitations(wait)


def _buckets(identifier: str, address: str, *, known: bool) -> Buckets:
    own = (_at_address(identifier, address), ACCOUNT_AT_ADDRESS)
    if known:  # does not share a bucket with strangers
        return [own]
    group = address_group(address)
    return [own, (f"log-in:@{group}", ADDRESS), (f"log-in:{fold(identifier)}", ACCOUNT_ANYWHERE)]


def _at_address(identifier: str, address: str) -> str:
    return f"log-in:{fold(identifier)}@{address_group(address)}"
