"""The one way in which an account comes to be, whoever wants it."""

from classgate.accounts import repository
from classgate.accounts.models import Account, Caller, NewAccount, name_to_show
from classgate.accounts.names import NameKeeper
from classgate.accounts.passwords import require_acceptable
from classgate.audit.models import Entry, Event
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.signing.user_sig import require_identifier
from classgate.storage.database import Queries


def require_makeable(new: NewAccount) -> str:
    """The password as it is hashed. InvalidIdentifier; InvalidRequest: a weak password, a name."""
    require_identifier(new.identifier)
    name_to_show(new.display_name, new.identifier)
    return require_acceptable(new.password, new.identifier)


class AccountMaker:
    """Makes accounts in somebody's transaction, with their record."""

    def __init__(self, audit: AuditLog, names: NameKeeper, clock: Clock) -> None:
        self._audit = audit
        self._names = names
        self._clock = clock

    async def require_free(self, queries: Queries, identifier: str) -> None:
        """NameHeld: the name is one of a deleted account, and held back. NameReserved."""
        await self._names.require_free(queries, identifier)

    async def make(
        self,
        queries: Queries,
        new: NewAccount,
        password_hash: str,
        *,
        rule: str,
        actor: Caller | None = None,
        by_oneself: bool = False,
    ) -> Account:
        """Make one that `require_makeable` let through. AccountExists, NameHeld, NameReserved."""
        now = self._clock()
        account = await repository.add_account(
            queries,
            identifier=new.identifier,
            display_name=name_to_show(new.display_name, new.identifier),
            role=new.role,
            password_hash=password_hash,
            at=now,
        )
        await self.require_free(queries, new.identifier)
        actor_id = account.account_id if by_oneself else None
        await self._audit.record(
            queries,
            Entry(
                event=Event.ACCOUNT_CREATED,
                at=now,
                account_id=account.account_id,
                actor_id=actor_id if actor is None else actor.account_id,
                rule=rule,
                details={"role": new.role.value},
            ),
        )
        return account
