"""Administration of accounts, through the API or the command line.

`actor` is the admin; None stands for the command line.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import structlog

from classgate.accounts import repository, session_repository
from classgate.accounts.confirmations import Confirmations
from classgate.accounts.creation import AccountCreator, require_valid_account
from classgate.accounts.invitations import repository as invitation_repository
from classgate.accounts.models import (
    Account,
    AccountRole,
    Caller,
    ImportResult,
    NewAccount,
    RequestedAccount,
    normalize_display_name,
)
from classgate.accounts.passwords import PasswordPool, generate_password, require_acceptable
from classgate.accounts.removals import CloudRemovals
from classgate.accounts.service import AccountService
from classgate.audit.models import AuditEntry, AuditEvent, AuditFilter, AuditPage, AuditRow
from classgate.audit.reads import RecordedReads
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.errors import (
    AccountNotFound,
    ClassgateError,
    ConfigurationError,
    IdentifierTaken,
)
from classgate.leases.models import LeaseScope
from classgate.leases.records import NO_DETAILS, Details
from classgate.leases.service import LeaseService
from classgate.refusals import AdminOnly, AdminProtected, OwnAccount
from classgate.storage.database import Database, DatabaseConnection

log = structlog.get_logger("classgate.accounts")

_RULE = "an admin may administer accounts"
_HASHES_AT_ONCE = 2
_PAGE = 500


class AccountAdministration:
    """Creates, changes and disables accounts; reads the audit by name."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        reads: RecordedReads,
        leases: LeaseService,
        removals: CloudRemovals,
        accounts: AccountService,
        account_creator: AccountCreator,
        passwords: PasswordPool,
        confirmations: Confirmations,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._reads = reads
        self._leases = leases
        self._removals = removals
        self._accounts = accounts
        self._account_creator = account_creator
        self._passwords = passwords
        self._confirmations = confirmations
        self._clock = clock

    async def add(self, actor: Caller | None, new: NewAccount) -> Account:
        """Create an account. InvalidIdentifier, InvalidRequest, IdentifierTaken, IdentifierHeld.

        ConfirmationNeeded: of an admin.
        """
        normal = require_valid_account(new)
        if await repository.find_by_identifier(self._database.reader, new.identifier) is not None:
            raise IdentifierTaken  # fail before hashing; the transaction checks again
        password_hash = await self._passwords.hash(normal)
        async with self._database.transaction() as connection:
            await self._require_admin(connection, actor)
            if new.role is AccountRole.ADMIN:
                await self._confirmations.require(connection, actor)
            return await self._account_creator.create(
                connection, new, password_hash, rule=_rule_of(actor), actor=actor
            )

    async def add_many(
        self, actor: Caller | None, accounts: Sequence[RequestedAccount]
    ) -> list[ImportResult]:
        """Create many accounts independently, so that one fault does not undo the others.

        ConfirmationNeeded: there is an admin among them.
        """
        if any(each.role is AccountRole.ADMIN for each in accounts):
            await self._confirmations.require(self._database.reader, actor)
        gate = asyncio.Semaphore(_HASHES_AT_ONCE)  # leaves capacity of the pool for log-ins

        async def add_one(wanted: RequestedAccount) -> ImportResult:
            new = wanted.with_password(generate_password())
            async with gate:
                try:
                    account = await self.add(actor, new)
                except ClassgateError as error:
                    return ImportResult(new.identifier, error)
                generated = new.password if wanted.password is None else None
                return ImportResult(account.identifier, password=generated)

        return list(await asyncio.gather(*(add_one(wanted) for wanted in accounts)))

    async def list_accounts(self) -> AsyncIterator[Account]:
        """Return a page of all accounts, by name."""
        after = ""
        while page := await repository.list_accounts(self._database.reader, after, _PAGE):
            for account in page:
                yield account
            after = page[-1].identifier

    async def change(
        self,
        actor: Caller | None,
        identifier: str,
        *,
        role: AccountRole | None = None,
        disabled: bool | None = None,
        display_name: str | None = None,
    ) -> Account:
        """Change the role or the display name, disable or enable; None leaves it as it is.

        With a new role, and when disabled, the sessions and leases end at once. An empty display
        name is replaced by the identifier. AccountNotFound, InvalidRequest; Conflict: the actor's
        own account. ConfirmationNeeded: for all but the display name.
        """
        async with self._database.transaction() as connection:
            await self._require_admin(connection, actor)
            _, after = await self.change_within(
                connection,
                actor,
                identifier,
                role=role,
                disabled=disabled,
                display_name=display_name,
            )
            return after

    async def change_within(
        self,
        connection: DatabaseConnection,
        actor: Caller | None,
        identifier: str,
        *,
        role: AccountRole | None = None,
        disabled: bool | None = None,
        display_name: str | None = None,
    ) -> tuple[Account, Account]:
        """Change an account in a transaction of somebody who may; return it before and after."""
        await repository.lock_account_by_identifier(connection, identifier)
        account = await _get(connection, identifier)
        oneself = actor is not None and account.account_id == actor.account_id
        if oneself and (disabled or role not in {None, account.role}):
            raise OwnAccount("you cannot do this to your own account; another admin can")
        is_new_role = role is not None and role is not account.role
        is_switched = disabled is not None and disabled is not account.disabled
        if is_new_role or is_switched:
            await self._confirmations.require(connection, actor)
        if role is not None and is_new_role:
            await self._set_role(connection, account, actor, role)
        if disabled is not None and is_switched:
            await self._set_disabled(connection, account, actor, disabled)
        if display_name is not None:
            await self._set_display_name(connection, account, actor, display_name)
        return account, await _get(connection, identifier)

    async def _set_role(
        self,
        connection: DatabaseConnection,
        account: Account,
        actor: Caller | None,
        role: AccountRole,
    ) -> None:
        now = self._clock()
        await repository.set_role(connection, account.account_id, role)
        ended = await self._end_sessions_and_leases(connection, account, now, "role_changed")
        details: Details = {"role": role.value, **ended}
        await self._record(connection, AuditEvent.ACCOUNT_ROLE_SET, now, account, actor, details)

    async def _set_disabled(
        self, connection: DatabaseConnection, account: Account, actor: Caller | None, disabled: bool
    ) -> None:
        now = self._clock()
        await repository.set_disabled(connection, account.account_id, disabled)
        ended: Details = NO_DETAILS
        if disabled:
            ended = await self._end_sessions_and_leases(
                connection, account, now, "account_disabled"
            )
        event = AuditEvent.ACCOUNT_DISABLED if disabled else AuditEvent.ACCOUNT_ENABLED
        await self._record(connection, event, now, account, actor, ended)

    async def _set_display_name(
        self,
        connection: DatabaseConnection,
        account: Account,
        actor: Caller | None,
        display_name: str,
    ) -> None:
        name = normalize_display_name(display_name, account.identifier)
        if name == account.display_name:
            return
        await repository.set_display_name(connection, account.account_id, name)
        # The name is personal data and stays out of the audit, whose rows outlive the account.
        event = AuditEvent.ACCOUNT_DISPLAY_NAME_SET
        await self._record(connection, event, self._clock(), account, actor, NO_DETAILS)

    async def issue_password(self, actor: Caller, identifier: str) -> str:
        """Give an account a new random password and return it, for somebody who forgot theirs.

        AccountNotFound, AdminProtected; Conflict: the actor's own account.
        """
        account = await _get(self._database.reader, identifier)
        if account.account_id == actor.account_id:
            raise OwnAccount("you change your own password with PUT /v1/me/password")
        if account.role is AccountRole.ADMIN:
            raise AdminProtected
        password = generate_password()
        await self.reset_password(actor, identifier, password)
        return password

    async def reset_password(self, actor: Caller | None, identifier: str, password: str) -> None:
        """Set an account's password and end all its sessions.

        AccountNotFound, InvalidRequest, ConfirmationNeeded; AdminProtected: an admin does this to
        an admin.
        """
        account = await _get(self._database.reader, identifier)
        normal = require_acceptable(password, account.identifier)
        password_hash = await self._passwords.hash(normal)
        async with self._database.transaction() as connection:
            await self._require_admin(connection, actor)
            await self._confirmations.require(connection, actor)
            await repository.lock_account_by_identifier(connection, identifier)
            account = await _get(connection, identifier)
            if actor is not None and account.role is AccountRole.ADMIN:
                raise AdminProtected  # the role may have changed since
            now = self._clock()
            await repository.set_password(connection, account.account_id, password_hash)
            ended = await self._end_sessions_and_leases(connection, account, now, "password_reset")
            await self._record(connection, AuditEvent.PASSWORD_RESET, now, account, actor, ended)

    async def read_audit(
        self,
        actor: Caller | None,
        identifier: str | None,
        classroom_id: int | None,
        since: datetime | None,
        cursor: str | None,
        limit: int,
    ) -> tuple[AuditPage, dict[int, str]]:
        """Return a page of the audit, newest first, with the names of the accounts it mentions.

        The reading is recorded, except on the command line, whose user can read the database
        itself. AccountNotFound, InvalidRequest.
        """
        connection = self._database.reader
        account = None if identifier is None else await _get(connection, identifier)
        wanted = AuditFilter(None if account is None else account.account_id, classroom_id, since)
        page = await self._audit.list_newest(wanted, cursor, limit)
        if actor is not None:
            await self._record_reading(actor, wanted)
        concerned = {
            each
            for row in page.rows
            if isinstance(row, AuditRow)
            for each in (row.account_id, row.actor_id)
        }
        ids = [each for each in concerned if each is not None]
        return page, await repository.find_identifiers(connection, ids)

    async def _record_reading(self, actor: Caller, wanted: AuditFilter) -> None:
        since = wanted.since
        entry = AuditEntry(
            event=AuditEvent.AUDIT_READ,
            at=self._clock(),
            account_id=wanted.account_id,
            actor_id=actor.account_id,
            classroom_id=wanted.classroom_id,
            rule="an admin may read the audit",
            details={} if since is None else {"since": int(since.timestamp())},
        )
        try:
            await self._reads.record(actor.session_id, entry)
        except ConfigurationError:  # it takes no row, because of what the admin has to see here
            log.warning("reading of the audit not recorded", account_id=actor.account_id)

    async def _require_admin(self, connection: DatabaseConnection, actor: Caller | None) -> None:
        """Require that the actor is still an admin. NotAuthenticated, PermissionDenied."""
        if actor is not None:
            current = await self._accounts.reload_caller(connection, actor)
            require_admin(current.account)

    async def _end_sessions_and_leases(
        self, connection: DatabaseConnection, account: Account, now: datetime, reason: str
    ) -> dict[str, int]:
        """End sessions, leases and invitations; the next UserSig is later than all issued ones."""
        sessions = await session_repository.end_sessions(connection, account.account_id, now)
        await self._removals.remove_everywhere(connection, account, now)
        leases = await self._leases.end(
            connection, LeaseScope(account_id=account.account_id), now, reason
        )
        invitations = await invitation_repository.end_created_by(
            connection, account.account_id, now
        )
        last = await self._leases.latest_user_sig_time(connection, account.account_id, now)
        await repository.set_signatures_after(connection, account.account_id, last)
        return {
            "sessions_ended": sessions,
            "leases_ended": leases,
            "invitations_ended": invitations,
        }

    async def _record(
        self,
        connection: DatabaseConnection,
        event: AuditEvent,
        now: datetime,
        account: Account,
        actor: Caller | None,
        details: Details,
    ) -> None:
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=now,
                account_id=account.account_id,
                actor_id=None if actor is None else actor.account_id,
                rule=_rule_of(actor),
                details=details,
            ),
        )


def _rule_of(actor: Caller | None) -> str:
    return "the command line" if actor is None else _RULE


def require_admin(account: Account) -> None:
    """Require an admin. PermissionDenied."""
    if account.role is not AccountRole.ADMIN:
        raise AdminOnly


async def _get(connection: DatabaseConnection, identifier: str) -> Account:
    found = await repository.find_by_identifier(connection, identifier)
    if found is None:
        raise AccountNotFound
    return found.account
