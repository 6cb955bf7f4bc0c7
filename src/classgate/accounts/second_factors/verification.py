"""Verifies the code of an account's second factor, in the transaction of a log-in."""

import secrets

from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.models import Account, AccountRole
from classgate.accounts.second_factors import codes, repository
from classgate.accounts.second_factors.sealing import NONCE_SIZE, SecretSealer
from classgate.clock import Clock
from classgate.console_refusals import SecondFactorRequired, SecondFactorWrong
from classgate.errors import ConfigurationError
from classgate.storage.database import DatabaseConnection


class SecondFactorVerifier:
    """Verifies codes. Each is accepted once, also if two log-ins send it at the same time."""

    def __init__(self, sealer: SecretSealer, attempts: AttemptLimiter, clock: Clock) -> None:
        self._sealer = sealer
        self._attempts = attempts
        self._clock = clock

    async def verify(
        self, connection: DatabaseConnection, account: Account, code: str | None
    ) -> bool:
        """Verify the code if the account is an admin's with a second factor; return whether it is.

        The account must be locked by this transaction. SecondFactorRequired: there is no code.
        SecondFactorWrong. TooManyAttempts. ConfigurationError: its secret cannot be decrypted.
        """
        if account.role is not AccountRole.ADMIN:
            return False
        stored = await repository.find(connection, account.account_id)
        if stored is None or stored.sealed_secret is None:
            return False
        if not code:
            raise SecondFactorRequired
        secret = self.open(stored.sealed_secret, account)
        async with self._attempts.limit_codes(account.identifier, self._clock()):
            step = codes.find_step(secret, code, self._clock(), stored.last_step)
            if step is None:
                raise SecondFactorWrong
        await repository.set_last_step(connection, account.account_id, step)
        if self._sealer.find_key(stored.sealed_secret, account.account_id) != 0:
            nonce = secrets.token_bytes(NONCE_SIZE)
            sealed = self._sealer.seal(secret, account.account_id, nonce)
            await repository.reseal(connection, account.account_id, sealed)
        return True

    def open(self, sealed: str, account: Account) -> str:
        """Return the secret. ConfigurationError: it was encrypted under another key."""
        secret = self._sealer.open(sealed, account.account_id)
        if secret is None:
            raise ConfigurationError(
                [
                    "audit.key: is not the key under which the second factor of account "
                    f"{account.account_id} was encrypted; use that key, or run: classgate accounts "
                    "reset-second-factor"
                ]
            )
        return secret
