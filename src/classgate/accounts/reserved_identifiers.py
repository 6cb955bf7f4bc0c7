"""Names that nobody may have for now: those of accounts that were deleted.

A UserSig that was given lives up to a day, and opens IM for whoever bears its name. So the name of
a deleted account is held back until the last one has expired, as a keyed digest. A name that is a
folder of the bucket, where old clients put their files, is never given again.
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
    """Holds names back, by their digests."""

    def __init__(self, audit: AuditLog, clock: Clock, admin_identifier: str) -> None:
        self._audit = audit
        self._clock = clock
        self._reserved = fold(admin_identifier)

    def is_reserved(self, identifier: str) -> bool:
        """Whether it is the IM administrator's, of which nobody may have a UserSig."""
        return find_folded(identifier) == self._reserved

    async def hold(self, connection: DatabaseConnection, identifier: str, until: datetime) -> None:
        """Let nobody have this name until then."""
        await repository.delete_expired_holds(connection, self._clock())
        if until > self._clock():
            await repository.hold_identifier(connection, self._digest(identifier), until)

    async def require_free(self, connection: DatabaseConnection, identifier: str) -> None:
        """IdentifierReserved; IdentifierHeld: somebody's UserSig of this name may still be out.

        Asked after the account was added: a deletion that was waited for is seen then.
        """
        if self.is_reserved(identifier):
            raise IdentifierReserved
        until = await repository.find_held_identifier(
            connection, self._digest(identifier), self._clock()
        )
        if until is not None:
            raise IdentifierHeld(until)

    async def find_held(
        self, connection: DatabaseConnection, identifiers: Collection[FoldedIdentifier]
    ) -> dict[FoldedIdentifier, datetime]:
        """Those of these names that are held back now, and until when."""
        digests = {self._digest(each): each for each in identifiers}
        held = await repository.find_held_identifiers(connection, digests.keys(), self._clock())
        return {digests[digest]: until for digest, until in held.items()}

    def _digest(self, identifier: str) -> str:
        return self._audit.identifier_digest(fold(identifier))
