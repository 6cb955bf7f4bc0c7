"""What the errors of PostgreSQL and of its driver mean to the service."""

from typing import NoReturn

import asyncpg
import structlog

from classgate.errors import DatabaseDamaged, ServiceUnavailable
from classgate.storage.database import UNAVAILABLE_MESSAGE, IntegrityViolation, no_row_matched
from classgate.storage.health import Health

log = structlog.get_logger("classgate.storage")

# The server is unavailable or rejects us: SQLSTATE classes, and two codes for a wrong database (no
# such table; not permitted).
_SERVER_FAULTS = ("08", "25", "40", "53", "55", "57", "58", "28", "3D", "XX", "42P01", "42501")
# No answer: the server is gone, or was never reached.
_CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    UnicodeError,  # invalid text, as on a damaged page
)
_DAMAGED = ("XX001", "XX002")  # data_corrupted, index_corrupted
# Lasting failures, and their meaning for the operator.
_LASTING = {
    "25006": "the server takes no writes: it is a standby, or set to read only",
    "53100": "the server's disk is full",
    "53": "the server lacks room, memory or connections",
    "58": "the server cannot read or write its files",
    "XX001": "the database is damaged",
    "XX002": "the database is damaged",
    "XX": "the server has an internal error; see its log",
}


class ErrorTranslation:
    """Translates unavailability into ServiceUnavailable; nothing was issued. For `with`."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            return
        if isinstance(error, asyncpg.IntegrityConstraintViolationError):
            # Not its cause: the server's message contains the values of the row.
            raise IntegrityViolation(error.constraint_name or error.sqlstate) from None
        if isinstance(error, asyncpg.DivisionByZeroError):  # see `fail_without_match`
            raise no_row_matched() from None
        if isinstance(error, asyncpg.PostgresError):
            # A wrong statement stays an error of its own.
            if error.sqlstate is None or error.sqlstate.startswith(_SERVER_FAULTS):
                # Only the SQLSTATE: the message may contain values of a row.
                self._refuse(error.sqlstate or type(error).__name__, error)
        elif isinstance(error, _CONNECTION_ERRORS):
            self._refuse(type(error).__name__, error)

    def _refuse(self, reason: str, error: BaseException) -> NoReturn:
        log.error("database refused", reason=reason)
        lasting = next((words for start, words in _LASTING.items() if reason.startswith(start)), "")
        self._health.record_failure(
            lasting or f"the server cannot now ({reason})", lasting=bool(lasting)
        )
        raise (
            DatabaseDamaged() if reason in _DAMAGED else ServiceUnavailable(UNAVAILABLE_MESSAGE)
        ) from error


def is_unanswered(error: BaseException) -> bool:
    """Return whether a statement had no answer in time.

    The next one on the same connection would wait for that answer as well, in vain if what stands
    on the way has forgotten the connection.
    """
    return isinstance(error.__cause__, TimeoutError)
