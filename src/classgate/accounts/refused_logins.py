"""Refused log-ins and sessions: from where, and for whom."""

import structlog

from classgate.accounts import repository
from classgate.accounts.identifiers import find_folded
from classgate.audit.service import AuditLog
from classgate.errors import ClassgateError, InvalidIdentifier, ServiceUnavailable
from classgate.refusals import SessionEnded
from classgate.storage.database import Database

log = structlog.get_logger("classgate.accounts")


def session_ended(account_id: int | None) -> SessionEnded:
    """Return the error for a session of the account, which the log of refusals then knows."""
    error = SessionEnded()
    error.account_id = account_id
    return error


class RefusedLogins:
    """Logs a refused log-in with its address and the number of its account, and notes on the error
    whose it was, for the log of refusals.

    A name that is no account's is logged as a keyed digest only: people type their password there.
    Equal names have equal digests, which shows whether one name is tried again and again.
    """

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    async def log(self, identifier: str, address: str, error: ClassgateError) -> None:
        """Log it. Never fails for want of a database."""
        account_id = await self._find_account(identifier, error)
        error.account_id = account_id
        whose: dict[str, object] = {"account_id": account_id}
        if account_id is None:
            name = find_folded(identifier) or identifier
            error.identifier_digest = self._audit.attempt_digests(name)[0]
            whose = {"identifier_digest": error.identifier_digest}
        log.info("log-in refused", reason=error.reason.value, address=address, **whose)

    async def _find_account(self, identifier: str, error: ClassgateError) -> int | None:
        if isinstance(error, InvalidIdentifier):
            return None
        try:
            found = await repository.find_by_identifier(self._database.reader, identifier)
        except ServiceUnavailable:
            return None
        return None if found is None else found.account.account_id
