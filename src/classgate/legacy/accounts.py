"""Accounts in the legacy API, where it differs from the API.

Names are compared exactly, a log-in replaces the previous session, and the school may allow
registration and shorter passwords.
"""

from dataclasses import dataclass

from classgate.accounts import repository
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.creation import AccountCreator
from classgate.accounts.log_in import LogInService
from classgate.accounts.models import (
    Account,
    AccountRole,
    Caller,
    LoginGrant,
    NewAccount,
    SessionChannel,
)
from classgate.accounts.passwords import (
    MAX_RAW_LENGTH,
    MIN_LENGTH,
    PasswordPool,
    is_too_long,
    normalize,
    require_acceptable,
)
from classgate.accounts.service import AccountService
from classgate.clock import Clock
from classgate.errors import AccountNotFound, IdentifierTaken, InvalidIdentifier, WrongCredentials
from classgate.refusals import RoleNotRegistrable, UnacceptablePassword
from classgate.signing.user_sig import require_identifier
from classgate.storage.database import Database


@dataclass(frozen=True)
class LegacyAccountPolicy:
    """The school's policy for the legacy API."""

    students_may_register: bool = False
    teachers_may_register: bool = False
    password_min_length: int = MIN_LENGTH
    reveal_unknown_account: bool = False


class LegacyAccountService:
    """Registers, logs in and logs out legacy clients."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: AccountService,
        log_in: LogInService,
        passwords: PasswordPool,
        attempts: AttemptLimiter,
        account_creator: AccountCreator,
        rules: LegacyAccountPolicy,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._log_in = log_in
        self._passwords = passwords
        self._attempts = attempts
        self._account_creator = account_creator
        self._rules = rules
        self._clock = clock

    async def register(
        self, identifier: str, password: str, role: AccountRole, address: str
    ) -> Account:
        """Register an account, of a student or a teacher.

        InvalidIdentifier; InvalidRequest: the password is too short or too long; PermissionDenied:
        registration is closed; IdentifierTaken, IdentifierHeld; TooManyAttempts.
        """
        new = NewAccount(require_identifier(identifier), password, role)
        normal = self._require_acceptable(password, identifier)
        self._require_may_register(role)
        await self._attempts.count_registration(address, self._clock())
        if await repository.find_by_identifier(self._database.reader, identifier) is not None:
            raise IdentifierTaken
        password_hash = await self._passwords.hash(normal)
        rule = f"registration as {role.value} is open for legacy clients"
        async with self._database.transaction() as connection:
            return await self._account_creator.create(
                connection, new, password_hash, rule=rule, by_oneself=True
            )

    def _require_may_register(self, role: AccountRole) -> None:
        may = {
            AccountRole.STUDENT: self._rules.students_may_register,
            AccountRole.TEACHER: self._rules.teachers_may_register,
        }
        if not may.get(role, False):
            raise RoleNotRegistrable(
                f"nobody registers here as a {role.value}; ask the school for an account"
            )

    def _require_acceptable(self, password: str, identifier: str) -> str:
        """Check the password; a school that allows shorter ones allows common and very long
        ones too.
        """
        least = self._rules.password_min_length
        if least >= MIN_LENGTH:
            require_acceptable(password, identifier)
        normal = "" if is_too_long(password) else normalize(password)
        if len(normal) < least:
            fault = f"a password has {least} to {MAX_RAW_LENGTH} characters"
            raise UnacceptablePassword(fault, "password")
        return normal

    async def log_in(self, identifier: str, password: str, address: str) -> LoginGrant:
        """Open a legacy session, end the previous one, and issue the first UserSig.

        WrongCredentials, also for an invalid name: a typing error must not get a field error.
        AccountNotFound, where the school allows it. PermissionDenied: an administrator's account.
        TooManyAttempts.
        """
        try:
            return await self._log_in.log_in(identifier, password, address, SessionChannel.LEGACY)
        except (WrongCredentials, InvalidIdentifier) as error:
            if await self._is_revealed_unknown(identifier):
                raise AccountNotFound from error
            raise WrongCredentials from error

    async def _is_revealed_unknown(self, identifier: str) -> bool:
        """Return whether the client is answered that there is no such account."""
        if not self._rules.reveal_unknown_account:
            return False
        stored = await repository.find_by_identifier(self._database.reader, identifier)
        return stored is None or stored.account.identifier != identifier

    async def authenticate(self, token: str) -> Caller:
        """Authenticate a token. NotAuthenticated: unknown, or the session is over."""
        return await self._accounts.authenticate(token, SessionChannel.LEGACY)

    async def authenticate_cached(self, token: str) -> Caller:
        """Authenticate from the cache, where the service authenticates again."""
        return await self._accounts.authenticate_cached(token, SessionChannel.LEGACY)

    async def log_out(self, token: str) -> None:
        """End the session of this token. NotAuthenticated: it is over."""
        caller = await self.authenticate(token)
        await self._accounts.end_session(caller, caller.session_id)
