"""The password again, before a session of the console does what a thief of the session would do.

Log-in is a confirmation too. Clients of the API are not asked: nobody sits in front of them.
"""

from datetime import datetime, timedelta

from classgate.accounts import repository, session_repository
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.models import Caller, SessionChannel
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.second_factors.verification import SecondFactorVerifier
from classgate.accounts.service import AccountService, hash_of
from classgate.clock import Clock
from classgate.console_refusals import ConfirmationNeeded
from classgate.refusals import CurrentPasswordWrong, PasswordChangedElsewhere
from classgate.storage.database import Database, DatabaseConnection

LIFETIME = timedelta(minutes=10)


class Confirmations:
    """Records that somebody typed their password again, and requires it."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: AccountService,
        passwords: PasswordPool,
        attempts: AttemptLimiter,
        known_addresses: KnownAddresses,
        second_factors: SecondFactorVerifier,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._passwords = passwords
        self._attempts = attempts
        self._known_addresses = known_addresses
        self._second_factors = second_factors
        self._clock = clock

    async def confirm(
        self, caller: Caller, password: str, code: str | None, address: str
    ) -> datetime:
        """Confirm the session, and return until when that is good.

        PermissionDenied: the password is wrong. SecondFactorRequired, SecondFactorWrong.
        TooManyAttempts. Conflict: the password was changed elsewhere meanwhile.
        """
        identifier, now = caller.account.identifier, self._clock()
        known = await self._known_addresses.is_known(identifier, address, now)
        async with self._attempts.limit_login(identifier, address, now, known=known):
            stored = await repository.find_by_identifier(self._database.reader, identifier)
            if not await self._passwords.check(hash_of(stored), password):
                raise CurrentPasswordWrong
            async with self._database.transaction() as connection:
                current = await self._accounts.reload_caller(connection, caller)
                if await repository.find_by_identifier(connection, identifier) != stored:
                    raise PasswordChangedElsewhere
                await self._second_factors.verify(connection, current.account, code)
                now = self._clock()
                await session_repository.set_confirmed(connection, current.session_id, now)
        return now + LIFETIME

    async def require(self, connection: DatabaseConnection, actor: Caller | None) -> None:
        """Require a recent confirmation of a session of the console. ConfirmationNeeded."""
        if actor is None or actor.session.channel is not SessionChannel.CONSOLE:
            return
        confirmed = await session_repository.find_confirmed(connection, actor.session_id)
        age = self._clock() - (confirmed or actor.session.created_at)
        if abs(age) >= LIFETIME:  # also one of a clock that was ahead
            raise ConfirmationNeeded
