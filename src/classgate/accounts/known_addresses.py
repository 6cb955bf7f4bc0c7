"""The addresses from which each account has logged in during the last 30 days.

They are stored in the database, so that a restart does not make owners look like strangers:
guessing from elsewhere does not slow down a log-in from a known address. Only keyed digests are
stored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from classgate.accounts import known_address_repository as repository
from classgate.accounts.identifiers import fold
from classgate.accounts.models import Account
from classgate.audit.service import AuditLog
from classgate.client_address import address_group
from classgate.storage.database import Database, DatabaseConnection

KNOWN_ADDRESS_LIFETIME = timedelta(days=30)
MAX_PER_ACCOUNT = 50
_REFRESH_INTERVAL = timedelta(days=1)  # at most one write a day, otherwise one read


@dataclass(frozen=True)
class Recognition:
    """What is known of an address from which an account logs in."""

    is_known: bool
    is_recorded: bool
    """Under the current key and within a day: a log-in has nothing to record."""


class KnownAddresses:
    """Records addresses in the transaction of a log-in and looks them up before the next one."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    async def is_known(self, identifier: str, address: str, at: datetime) -> bool:
        """Return whether the account has recently logged in from the address.

        Unknown identifiers take the same look-up.
        """
        return (await self.recognize(identifier, address, at)).is_known

    async def recognize(self, identifier: str, address: str, at: datetime) -> Recognition:
        """Return whether the address is known, and whether a log-in has to record it."""
        for number, digest in enumerate(self._digests(identifier, address)):
            last_seen_at = await repository.find_last_seen(self._database.reader, digest)
            if last_seen_at is not None and at < last_seen_at + KNOWN_ADDRESS_LIFETIME:
                return Recognition(
                    is_known=True, is_recorded=number == 0 and _is_recent(last_seen_at, at)
                )
        return Recognition(is_known=False, is_recorded=False)

    async def record(
        self, connection: DatabaseConnection, account: Account, address: str, at: datetime
    ) -> None:
        """Record a log-in from the address. The account's row is locked."""
        digest = self._digests(account.identifier, address)[0]
        last_seen_at = await repository.find_last_seen(connection, digest)
        if last_seen_at is None:
            await repository.add(connection, account.account_id, digest, at)
            await repository.keep_newest(connection, account.account_id, MAX_PER_ACCOUNT)
        elif not _is_recent(last_seen_at, at):
            await repository.refresh(connection, digest, at)

    def _digests(self, identifier: str, address: str) -> tuple[str, ...]:
        return self._audit.address_digests(fold(identifier), address_group(address))


def _is_recent(last_seen_at: datetime, at: datetime) -> bool:
    """Return whether it needs no refresh. After the clock was far ahead it does."""
    return abs(at - last_seen_at) < _REFRESH_INTERVAL
