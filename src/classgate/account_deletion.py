"""Account deletion: remove the personal data and keep the account number.

It is not part of `accounts`, because it also removes the person from classes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from classgate.accounts import known_address_repository, session_repository
from classgate.accounts import repository as accounts_repository
from classgate.accounts.administration import require_admin
from classgate.accounts.confirmations import Confirmations
from classgate.accounts.invitations import repository as invitation_repository
from classgate.accounts.models import Account, AccountRole, Caller
from classgate.accounts.removals import CloudRemovals
from classgate.accounts.reserved_identifiers import FOREVER, ReservedIdentifiers
from classgate.accounts.second_factors import repository as second_factor_repository
from classgate.accounts.service import AccountService
from classgate.accounts.user_sigs import DEFAULT_LIFETIME
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms import list_repository, repository
from classgate.classrooms.presence.log import PresenceLog
from classgate.clock import Clock
from classgate.errors import AccountNotFound
from classgate.leases.models import LeaseScope
from classgate.leases.service import LeaseService
from classgate.refusals import HostsClasses, LastAdmin, OwnAccount
from classgate.storage.database import Database, DatabaseConnection

_MAX_NAMED = 10

Erasure = Callable[[DatabaseConnection, int], Awaitable[None]]
"""Deletes what another feature knows of an account, in the same transaction."""


@dataclass(frozen=True)
class DeletedAccount:
    """The result of a deletion: the number that the audit refers to."""

    account_id: int


class AccountDeletion:
    """Deletes accounts for an admin, or for the command line (no actor)."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseService,
        removals: CloudRemovals,
        presence_log: PresenceLog,
        accounts: AccountService,
        names: ReservedIdentifiers,
        confirmations: Confirmations,
        erasures: Sequence[Erasure],
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._removals = removals
        self._presence_log = presence_log
        self._accounts = accounts
        self._names = names
        self._confirmations = confirmations
        self._erasures = erasures
        self._clock = clock

    async def delete_account(self, actor: Caller | None, identifier: str) -> DeletedAccount:
        """Delete the personal data and end the sessions, leases and class memberships.

        Ended classes, their attendance and files keep a row without a person. The identifier stays
        reserved until every UserSig issued for it has expired. AccountNotFound; Conflict: the
        actor's own account, the last admin, or the host of a class that is not over.
        NotAuthenticated, PermissionDenied, ConfirmationNeeded.
        """
        async with self._database.transaction() as connection:
            if actor is not None:
                require_admin((await self._accounts.reload_caller(connection, actor)).account)
                await self._confirmations.require(connection, actor)
            await accounts_repository.lock_admins(connection)
            await accounts_repository.lock_account_by_identifier(connection, identifier)
            stored = await accounts_repository.find_by_identifier(connection, identifier)
            if stored is None:
                raise AccountNotFound
            await self._require_deletable(connection, actor, stored.account)
            await self._delete_personal_data(connection, actor, stored.account)
            return DeletedAccount(stored.account.account_id)

    async def _require_deletable(
        self, connection: DatabaseConnection, actor: Caller | None, account: Account
    ) -> None:
        if actor is not None and account.account_id == actor.account_id:
            raise OwnAccount("you cannot delete your own account; another admin can")
        administers = account.role is AccountRole.ADMIN and not account.disabled
        if administers and await accounts_repository.count_admins(connection) == 1:
            raise LastAdmin
        hosted = await list_repository.list_hosted(connection, account.account_id, _MAX_NAMED + 1)
        if hosted:
            named = ", ".join(map(str, hosted[:_MAX_NAMED]))
            more = " and others" if len(hosted) > _MAX_NAMED else ""
            raise HostsClasses(f"{named}{more}")

    async def _hold_identifier(self, connection: DatabaseConnection, account: Account) -> None:
        """Reserve the identifier for as long as issued credentials require."""
        last = await self._leases.find_latest_user_sig_time(connection, account.account_id)
        if await accounts_repository.has_personal_folder(connection, account.account_id):
            await self._names.hold(connection, account.identifier, FOREVER)
        elif last is not None:
            await self._names.hold(connection, account.identifier, last + DEFAULT_LIFETIME)

    async def _delete_personal_data(
        self, connection: DatabaseConnection, actor: Caller | None, account: Account
    ) -> None:
        account_id, now = account.account_id, self._clock()
        await self._hold_identifier(connection, account)
        await self._removals.remove_everywhere(connection, account, now)
        scope = LeaseScope(account_id=account_id)
        leases = await self._leases.end(connection, scope, now, "account_deleted")
        invitations = await invitation_repository.end_created_by(connection, account_id, now)
        await self._presence_log.end_everywhere(connection, account_id, now)
        for erase in self._erasures:
            await erase(connection, account_id)
        memberships = await repository.delete_memberships(connection, account_id)
        sessions = await session_repository.delete_sessions(connection, account_id)
        await known_address_repository.delete_all(connection, account_id)
        await second_factor_repository.delete_one(connection, account_id)
        await accounts_repository.anonymize(connection, account_id, now)
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.ACCOUNT_DELETED,
                at=now,
                account_id=account_id,
                actor_id=None if actor is None else actor.account_id,
                rule="the command line" if actor is None else "an admin may delete accounts",
                details={
                    "sessions_removed": sessions,
                    "leases_ended": leases,
                    "invitations_ended": invitations,
                    "memberships_removed": memberships,
                },
            ),
        )
