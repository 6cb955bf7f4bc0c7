"""Reserved identifiers: those of deleted accounts.

A UserSig lives up to a day and opens IM for its identifier. So the identifier of a deleted account
stays reserved, as a keyed digest, until its last UserSig has expired. An identifier with a personal
folder in the bucket, where legacy clients store files, is reserved forever.
"""

from collections.abc import Collection
from datetime import UTC, datetime

from classgate.accounts import repository
from classgate.accounts.identifiers import FoldedIdentifier, find_folded, fold
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.errors import IdentifierHeld, IdentifierReserved
from classgate.storage.database import DatabaseConnection

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class ReservedIdentifiers:
    """Reserves identifiers by their digests."""

    def __init__(self, audit: AuditLog, clock: Clock, admin_identifier: str) -> None:
        self._audit = audit
        self._clock = clock
        self._reserved = fold(admin_identifier)

    def is_reserved(self, identifier: str) -> bool:
        """Return whether it is the IM administrator, for whom no UserSig may be issued."""
        return find_folded(identifier) == self._reserved

    async def hold(self, connection: DatabaseConnection, identifier: str, until: datetime) -> None:
        """Reserve the identifier until the given time."""
        await repository.delete_expired_holds(connection, self._clock())
        if until > self._clock():
            digest, key_name = self._digests(identifier)[0], self._audit.key_name
            await repository.hold_identifier(connection, digest, key_name, until)

    async def require_free(self, connection: DatabaseConnection, identifier: str) -> None:
        """Require a free identifier. IdentifierReserved; IdentifierHeld: a UserSig may still be
        valid.

        Call it after inserting the account, so that a concurrent deletion that was waited for is
        seen.
        """
        if self.is_reserved(identifier):
            raise IdentifierReserved
        held = await repository.find_held_identifiers(
            connection, self._digests(identifier), self._clock()
        )
        if held:
            raise IdentifierHeld(max(held.values()))

    async def find_held(
        self, connection: DatabaseConnection, identifiers: Collection[FoldedIdentifier]
    ) -> dict[FoldedIdentifier, datetime]:
        """Return the reserved ones among the identifiers, and until when."""
        digests = {digest: each for each in identifiers for digest in self._digests(each)}
        held = await repository.find_held_identifiers(connection, digests.keys(), self._clock())
        return {digests[digest]: until for digest, until in held.items()}

    def _digests(self, identifier: str) -> tuple[str, ...]:
        return self._audit.identifier_digests(fold(identifier))
