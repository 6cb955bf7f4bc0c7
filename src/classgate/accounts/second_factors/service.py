"""Setting up, replacing, removing and resetting the second factor of an admin.

Only admins have one: whoever else loses a password or a telephone is helped by an admin.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyotp

from classgate.accounts import repository as accounts_repository
from classgate.accounts import session_repository
from classgate.accounts.administration import require_admin
from classgate.accounts.confirmations import Confirmations
from classgate.accounts.console_access import ConsoleAccess
from classgate.accounts.models import Account, AccountRole, Caller, SessionChannel
from classgate.accounts.second_factors import codes, repository
from classgate.accounts.second_factors.sealing import NONCE_SIZE, SecretSealer
from classgate.accounts.second_factors.verification import SecondFactorVerifier
from classgate.accounts.service import AccountService
from classgate.accounts.session_registry import SessionRegistry
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.console_refusals import (
    SecondFactorMissing,
    SecondFactorNotRemovable,
    SecondFactorNotStarted,
    SecondFactorWrong,
)
from classgate.errors import AccountNotFound
from classgate.storage.database import Database, DatabaseConnection

SET_UP_LIFETIME = timedelta(minutes=10)
"""How long a new secret waits for its first code."""


@dataclass(frozen=True)
class SecondFactorSetUp:
    """A new secret, shown once, for the authenticator app."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    expires_at: datetime


class SecondFactorService:
    """Manages second factors. Verifying a code is in `verification`."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        accounts: AccountService,
        registry: SessionRegistry,
        confirmations: Confirmations,
        verifier: SecondFactorVerifier,
        sealer: SecretSealer,
        access: ConsoleAccess,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._accounts = accounts
        self._registry = registry
        self._confirmations = confirmations
        self._verifier = verifier
        self._sealer = sealer
        self._access = access
        self._clock = clock

    def is_required_for(self, account: Account) -> bool:
        """Return whether the settings require a second factor of this account."""
        return self._access.requires_second_factor and account.role is AccountRole.ADMIN

    async def has_one(self, account: Account) -> bool:
        """Return whether the account has a second factor that log-ins ask for."""
        return account.role is AccountRole.ADMIN and await _has_one(
            self._database.reader, account.account_id
        )

    async def require_set_up(self, caller: Caller) -> None:
        """Require of a caller in the console what the settings require. SecondFactorMissing."""
        account = caller.account
        if self.is_required_for(account) and not await self.has_one(account):
            raise SecondFactorMissing

    async def start(self, caller: Caller) -> SecondFactorSetUp:
        """Make a new secret, in force when a code confirms it. An earlier one stays until then.

        NotAuthenticated, AdminOnly, ConfirmationNeeded.
        """
        secret = pyotp.random_base32()
        sealed = self._sealer.seal(secret, caller.account_id, secrets.token_bytes(NONCE_SIZE))
        async with self._database.transaction() as connection:
            account = await self._require_confirmed_admin(connection, caller)
            now = self._clock()
            await repository.set_candidate(connection, account.account_id, sealed, now)
        uri = codes.provisioning_uri(secret, account.identifier)
        return SecondFactorSetUp(secret, uri, now + SET_UP_LIFETIME)

    async def confirm(self, caller: Caller, code: str) -> None:
        """Put the new secret into force, and end the account's other sessions of the console.

        SecondFactorNotStarted, SecondFactorWrong. NotAuthenticated, AdminOnly, ConfirmationNeeded.
        """
        async with self._database.transaction() as connection:
            account = await self._require_confirmed_admin(connection, caller)
            now = self._clock()
            stored = await repository.find(connection, account.account_id)
            if (
                stored is None
                or stored.sealed_candidate is None
                or stored.candidate_at is None
                or now >= stored.candidate_at + SET_UP_LIFETIME
            ):
                raise SecondFactorNotStarted
            secret = self._verifier.open(stored.sealed_candidate, account)
            step = codes.find_step(secret, code, now, after=None)
            if step is None:
                raise SecondFactorWrong
            await repository.set_secret(
                connection, account.account_id, stored.sealed_candidate, step
            )
            # They were opened with the password alone, or with the second factor before this one.
            ended = await self._end_console_sessions(connection, account, keep=caller.session_id)
            details = {"replaced": stored.sealed_secret is not None, "sessions_ended": ended}
            event = AuditEvent.SECOND_FACTOR_SET_UP
            await self._record(connection, event, account, caller, details)

    async def remove(self, caller: Caller) -> None:
        """Remove the second factor. Removing none is fine.

        SecondFactorNotRemovable: the settings require one. NotAuthenticated, AdminOnly,
        ConfirmationNeeded.
        """
        async with self._database.transaction() as connection:
            account = await self._require_confirmed_admin(connection, caller)
            if self.is_required_for(account):
                raise SecondFactorNotRemovable
            had_one = await _has_one(connection, account.account_id)
            await repository.delete_one(connection, account.account_id)
            if had_one:
                event = AuditEvent.SECOND_FACTOR_REMOVED
                await self._record(connection, event, account, caller, {})

    async def reset(self, identifier: str) -> bool:
        """Remove somebody's second factor, for the command line: the device is lost.

        Their sessions of the console end. Return whether there was one. AccountNotFound.
        """
        async with self._database.transaction() as connection:
            await accounts_repository.lock_account_by_identifier(connection, identifier)
            found = await accounts_repository.find_by_identifier(connection, identifier)
            if found is None:
                raise AccountNotFound
            account = found.account
            had_one = await _has_one(connection, account.account_id)
            await repository.delete_one(connection, account.account_id)
            if had_one:
                ended = await self._end_console_sessions(connection, account)
                event = AuditEvent.SECOND_FACTOR_RESET
                await self._record(connection, event, account, None, {"sessions_ended": ended})
            return had_one

    async def _require_confirmed_admin(
        self, connection: DatabaseConnection, caller: Caller
    ) -> Account:
        current = await self._accounts.reload_caller(connection, caller)
        require_admin(current.account)
        await self._confirmations.require(connection, current)
        return current.account

    async def _end_console_sessions(
        self, connection: DatabaseConnection, account: Account, keep: str | None = None
    ) -> int:
        account_id, ended = account.account_id, 0
        for session_id in await session_repository.list_open_by_channel(
            connection, account_id, SessionChannel.CONSOLE
        ):
            if session_id != keep:
                await self._registry.end(connection, account, session_id, "second_factor_changed")
                ended += 1
        return ended

    async def _record(
        self,
        connection: DatabaseConnection,
        event: AuditEvent,
        account: Account,
        actor: Caller | None,
        details: dict[str, int],
    ) -> None:
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=self._clock(),
                account_id=account.account_id,
                actor_id=None if actor is None else actor.account_id,
                rule="the command line" if actor is None else "an admin has a second factor",
                details=details,
            ),
        )


async def _has_one(connection: DatabaseConnection, account_id: int) -> bool:
    stored = await repository.find(connection, account_id)
    return stored is not None and stored.sealed_secret is not None
