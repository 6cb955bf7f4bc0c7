"""Creation of accounts, for every caller."""

from classgate.accounts import repository
from classgate.accounts.models import Account, Caller, NewAccount, normalize_display_name
from classgate.accounts.passwords import require_acceptable
from classgate.accounts.reserved_identifiers import ReservedIdentifiers
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.signing.user_sig import require_identifier
from classgate.storage.database import DatabaseConnection


def require_valid_account(new: NewAccount) -> str:
    """Return the normalized password. InvalidIdentifier; InvalidRequest: weak password, or name."""
    require_identifier(new.identifier)
    normalize_display_name(new.display_name, new.identifier)
    return require_acceptable(new.password, new.identifier)


class AccountCreator:
    """Creates accounts and their audit rows in the caller's transaction."""

    def __init__(self, audit: AuditLog, names: ReservedIdentifiers, clock: Clock) -> None:
        self._audit = audit
        self._names = names
        self._clock = clock

    async def require_free(self, connection: DatabaseConnection, identifier: str) -> None:
        """Require that the identifier is free. IdentifierHeld, IdentifierReserved."""
        await self._names.require_free(connection, identifier)

    async def create(
        self,
        connection: DatabaseConnection,
        new: NewAccount,
        password_hash: str,
        *,
        rule: str,
        actor: Caller | None = None,
        by_oneself: bool = False,
    ) -> Account:
        """Create an account that `require_valid_account` accepted.

        IdentifierTaken, IdentifierHeld, IdentifierReserved.
        """
        now = self._clock()
        account = await repository.add_account(
            connection,
            identifier=new.identifier,
            display_name=normalize_display_name(new.display_name, new.identifier),
            role=new.role,
            password_hash=password_hash,
            at=now,
        )
        await self.require_free(connection, new.identifier)
        actor_id = account.account_id if by_oneself else None
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.ACCOUNT_CREATED,
                at=now,
                account_id=account.account_id,
                actor_id=actor_id if actor is None else actor.account_id,
                rule=rule,
                details={"role": new.role.value},
            ),
        )
        return account
