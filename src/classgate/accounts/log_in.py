"""Log-in: check the password, open a session, and issue its first UserSig."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from classgate.accounts import access_tokens, repository
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.console_access import ConsoleAccess
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.log_in_checks import require_may_log_in
from classgate.accounts.log_in_metrics import count_log_in
from classgate.accounts.models import (
    Account,
    AccountRole,
    Caller,
    LoginGrant,
    OpenedSession,
    SessionChannel,
)
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.refused_logins import RefusedLogins
from classgate.accounts.repository import StoredPassword
from classgate.accounts.second_factors.verification import SecondFactorVerifier
from classgate.accounts.service import AccountService, hash_of
from classgate.accounts.session_registry import SessionRegistry
from classgate.clock import Clock
from classgate.errors import (
    InvalidIdentifier,
    NotAuthenticated,
    PermissionDenied,
    TooManyAttempts,
    WrongCredentials,
)
from classgate.leases.limits import LOG_IN
from classgate.refusals import AdminNotAtLegacy
from classgate.signing.user_sig import require_identifier
from classgate.storage.database import Database, DatabaseConnection


class LogInService:
    """Opens sessions for whoever knows the password."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordPool,
        attempts: AttemptLimiter,
        known_addresses: KnownAddresses,
        refused_logins: RefusedLogins,
        registry: SessionRegistry,
        accounts: AccountService,
        second_factors: SecondFactorVerifier,
        console_access: ConsoleAccess,
        clock: Clock,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._known_addresses = known_addresses
        self._refused_logins = refused_logins
        self._registry = registry
        self._accounts = accounts
        self._second_factors = second_factors
        self._console_access = console_access
        self._clock = clock

    async def log_in(
        self,
        identifier: str,
        password: str,
        address: str,
        channel: SessionChannel = SessionChannel.API,
        code: str | None = None,
    ) -> LoginGrant:
        """Open a session and issue its first UserSig.

        `code`: of the account's second factor, if it has one. Above the limit of open sessions, and
        always in the legacy API, an older session ends. WrongCredentials: unknown, wrong or
        disabled, indistinguishably. SecondFactorRequired, SecondFactorWrong. TooManyAttempts.
        """
        opening = self._opening(identifier, password, address, channel, code)
        async with opening as (connection, opened):
            caller = Caller(opened.account, opened.session)
            user_sig = await self._accounts.issue_user_sig_in(connection, caller, counted_as=LOG_IN)
        return LoginGrant(opened.access_token, opened.session, opened.account, user_sig)

    async def open_console_session(
        self, identifier: str, password: str, address: str, code: str | None = None
    ) -> OpenedSession:
        """Open a session of the console, which needs no UserSig. Raises as `log_in`.

        AdminNetwork: an admin, from outside of the networks of the settings.
        """
        channel = SessionChannel.CONSOLE
        async with self._opening(identifier, password, address, channel, code) as (_, opened):
            pass
        return opened

    @asynccontextmanager
    async def _opening(
        self,
        identifier: str,
        password: str,
        address: str,
        channel: SessionChannel,
        code: str | None,
    ) -> AsyncIterator[tuple[DatabaseConnection, OpenedSession]]:
        """Open a session; the block runs in its transaction."""
        try:
            require_identifier(identifier)
            now = self._clock()
            place = await self._known_addresses.recognize(identifier, address, now)
            attempt = self._attempts.limit_login(identifier, address, now, known=place.is_known)
            with count_log_in(channel):
                async with attempt:
                    stored = await self._check(identifier, password, channel)
                    if channel is SessionChannel.CONSOLE:
                        self._console_access.require_network(stored.account, address)
                    async with self._database.transaction() as connection:
                        opened = await self._open(connection, stored, channel, code)
                        if not place.is_recorded:
                            await self._known_addresses.record(
                                connection, opened.account, address, self._clock()
                            )
                        yield connection, opened
        except (NotAuthenticated, PermissionDenied, TooManyAttempts, InvalidIdentifier) as error:
            await self._refused_logins.log(identifier, address, error)
            raise

    async def _check(
        self, identifier: str, password: str, channel: SessionChannel
    ) -> StoredPassword:
        stored = await self._require_password(identifier, password)
        _require_channel_allows(stored.account, identifier, channel)
        if self._passwords.is_outdated(stored.password_hash):
            stored = await self._rehash_password(stored, password)
        return stored

    async def _open(
        self,
        connection: DatabaseConnection,
        stored: StoredPassword,
        channel: SessionChannel,
        code: str | None,
    ) -> OpenedSession:
        identifier = stored.account.identifier
        await repository.lock_account_by_identifier(connection, identifier)
        current = await repository.find_by_identifier(connection, identifier)
        if current != stored:  # disabled, renamed or given another password in the meantime
            raise WrongCredentials
        account = current.account
        proven = await self._second_factors.verify(connection, account, code)
        token = access_tokens.new_token(channel)
        session = await self._registry.open(
            connection, account, token, channel, second_factor=proven
        )
        return OpenedSession(token, session, account)

    async def _require_password(self, identifier: str, password: str) -> StoredPassword:
        """Return the account with this password. WrongCredentials."""
        stored = await repository.find_by_identifier(self._database.reader, identifier)
        matches = await self._passwords.check(hash_of(stored), password)
        require_may_log_in(stored)
        if stored is None or not matches:
            raise WrongCredentials
        return stored

    async def _rehash_password(self, stored: StoredPassword, password: str) -> StoredPassword:
        """Rehash the password with current parameters. WrongCredentials: it was changed."""
        password_hash = await self._passwords.hash(password)
        identifier = stored.account.identifier
        async with self._database.transaction() as connection:
            await repository.lock_account_by_identifier(connection, identifier)
            unchanged = await repository.find_by_identifier(connection, identifier) == stored
            if unchanged:
                await repository.set_password(connection, stored.account.account_id, password_hash)
        if unchanged:
            return replace(stored, password_hash=password_hash)
        # Another log-in may have rehashed it, or the password was changed.
        return await self._require_password(identifier, password)


def _require_channel_allows(account: Account, identifier: str, channel: SessionChannel) -> None:
    """Require the exact case: legacy clients keep the name as typed, which must match the UserSig.

    WrongCredentials. PermissionDenied: administrators may log in only through the API.
    """
    if channel is not SessionChannel.LEGACY:
        return
    if account.identifier != identifier:
        raise WrongCredentials
    if account.role is AccountRole.ADMIN:
        raise AdminNotAtLegacy
