"""Slowing down guessing, without letting a stranger lock anybody out.

Three buckets count failures. One account from one address is tried a few times, then slowly, until
a log-in succeeds. One account from everywhere is tried slowly as well. One address as a whole is
counted generously: a school is one address. The last two do not count where the account has logged
in from before, which `known_addresses` knows.
"""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from classgate.accounts.identifiers import fold
from classgate.errors import PermissionDenied, WrongCredentials
from classgate.refusals import TooManyLogins, TooManyRegistrations, TooManyWrongInvitations
from classgate.storage.rate_limits import RateLimit, RateLimitStore

ACCOUNT_AT_ADDRESS = RateLimit(burst=10, interval=timedelta(seconds=10))
ACCOUNT_ANYWHERE = RateLimit(burst=50, interval=timedelta(seconds=10))
ADDRESS = RateLimit(burst=300, interval=timedelta(milliseconds=200))
WRONG_INVITATIONS = RateLimit(burst=100, interval=timedelta(seconds=1))
REGISTRATIONS = RateLimit(burst=200, interval=timedelta(seconds=1))

Buckets = list[tuple[str, RateLimit]]


def address_group(address: str) -> str:
    """What counts as one address: an IPv6 customer has a /64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class AttemptLimiter:
    """Counts failed log-ins. Every attempt counts until it turns out well."""

    def __init__(self, key_value: RateLimitStore) -> None:
        self._key_value = key_value

    @asynccontextmanager
    async def limit_login(
        self, identifier: str, address: str, at: datetime, *, known: bool
    ) -> AsyncIterator[None]:
        """Let an attempt through, and count it if it turns out to be wrong.

        `known`: the account has logged in from this address before.
        What never was judged (a full queue, a busy database, a client that hung up) does not count.
        TooManyAttempts: not now. InvalidIdentifier.
        """
        taken = await self._take(_buckets(identifier, address, known=known), at)
        try:
            yield
        except (WrongCredentials, PermissionDenied):
            raise
        except BaseException:
            await self._give_back(taken, at)
            raise
        await self._give_back(taken, at)
        # Who knows the password had mistyped it before.
        await self._key_value.reset(_at_address(identifier, address))

    async def _take(self, buckets: Buckets, at: datetime) -> Buckets:
        taken: Buckets = []
        for name, limit in buckets:
            wait = await self._key_value.acquire(name, limit, at)
            if wait is not None:
                await self._give_back(taken, at)
                raise TooManyLogins(wait)
            taken.append((name, limit))
        return taken

    async def _give_back(self, taken: Buckets, at: datetime) -> None:
        for name, limit in taken:
            await self._key_value.release(name, limit, at)

    async def count_registration(self, address: str, at: datetime) -> None:
        """TooManyAttempts: this address made many accounts just now."""
        name = f"registrations:{address_group(address)}"
        wait = await self._key_value.acquire(name, REGISTRATIONS, at)
        if wait is not None:
            raise TooManyRegistrations(wait)

    async def count_wrong_invitation(self, address: str, at: datetime) -> None:
        """One that is not good was shown. TooManyAttempts.

        Good ones are not asked: whoever guesses must not keep those of the same address out.
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
