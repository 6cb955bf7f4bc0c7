"""Why a database cannot be reached, in words, and whether waiting may help.

The words never repeat a message of the server or the driver: it may contain parts of the address.
"""

import os
import socket
import sqlite3
import ssl
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy.exc import SQLAlchemyError

from classgate.storage.sqlite_errors import describe


def connection_errors() -> tuple[type[Exception], ...]:
    """Return the drivers' errors for a missing, inaccessible or wrong database, for `except`.

    SQLAlchemy's, which wrap them, come from the migrations. asyncpg is not imported for its errors:
    who has a SQLite file does without it.
    """
    asyncpg = sys.modules.get("asyncpg")
    of_server = () if asyncpg is None else _errors_of(asyncpg)
    return (SQLAlchemyError, sqlite3.Error, OSError, *of_server)


def _errors_of(asyncpg: Any) -> tuple[type[Exception], ...]:
    return (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


_POOLER_WITHOUT_SETTINGS = "unsupported startup parameter"  # PgBouncer's words
_POOLER_IN_TRANSACTION_MODE = (
    "a pooler before the server loses prepared statements, as in transaction mode; name the server "
    "itself in database.url"
)
_PARAMETER = "a parameter of the address, behind the question mark,"

# By SQLSTATE or its class: what it means, and whether it passes without a person.
_BY_STATE = {
    "28": ("the server refuses this user or this password", False),
    "3D": ("there is no such database on the server", False),
    "42501": ("this user lacks a right in the database; make it the owner", False),
    "42P05": (_POOLER_IN_TRANSACTION_MODE, False),
    "26000": (_POOLER_IN_TRANSACTION_MODE, False),
    # Parameters that are not libpq's are settings of the server, such as search_path.
    "42704": (f"{_PARAMETER} is unknown", False),
    "22023": (f"{_PARAMETER} has a value that it cannot have", False),
    "55P02": (f"{_PARAMETER} cannot be set by a client", False),
    "0A": ("the server does not implement what classgate needs; look at its version", False),
    "25006": ("the server takes no writes: it is a standby, or set to read only", False),
    "40": ("the server cancelled this in favour of others", True),
    "53300": ("the server takes no more connections", True),
    "53": ("the server lacks room, memory or connections", True),
    "55": ("the database takes no connections now", True),
    "57P03": ("the server is starting or shutting down", True),
    "57": ("the server is shutting down", True),
    "58": ("the server cannot read or write its files; see its log", False),
    "08P01": ("a pooler before the server refuses this, or cannot reach the server", True),
    "08": ("the connection to the server was lost", True),
    "XX": ("the server has an internal error; see its log", False),
}

# By class of the driver or of the system, the narrower first.
_BY_CLASS: dict[type[BaseException], tuple[str, bool]] = {
    socket.gaierror: ("the name of the server cannot be resolved", True),
    ssl.SSLEOFError: ("the connection to the server was lost", True),
    ssl.SSLZeroReturnError: ("the connection to the server was lost", True),
    ConnectionRefusedError: ("no server listens there", True),
    ConnectionError: ("the connection to the server was lost", True),
    TimeoutError: ("the server does not answer", True),
    FileNotFoundError: ("there is no such socket or file", True),
    PermissionError: ("permission denied", False),
}


class AddressFault(ConnectionError):
    """The address cannot be used, in words that repeat nothing of it."""


def address_fault(error: ValueError) -> AddressFault:
    """Describe what asyncpg finds wrong with an address or with this machine's files for TLS."""
    message = str(error)
    if message.startswith("root certificate file"):
        words = (
            "sslmode=verify-ca and verify-full need the certificate of the authority that signed "
            "the server's: add sslrootcert=FILE"
        )
    elif "sslmode" in message:
        words = "sslmode is one of disable, allow, prefer, require, verify-ca, verify-full"
    elif message.startswith("target_session_attrs"):
        words = "target_session_attrs is not one of libpq's"
    else:
        words = "a part of the address cannot be read"
    return AddressFault(words)


def require_tls_files(url: str) -> None:
    """AddressFault: a file that the address names cannot be read.

    The system's own error would be the same as for a missing socket, which a server makes later.
    """
    named = dict(parse_qsl(urlsplit(url).query))
    for parameter in ("sslrootcert", "sslcert", "sslkey", "sslcrl"):
        file = named.get(parameter)
        if file and not os.access(file, os.R_OK):
            raise AddressFault(f"{parameter} names {file}, which cannot be read")


def explain_connection_error(error: BaseException) -> str:
    """Describe a connection error in words."""
    return _explain(error)[0]


def is_passing(error: BaseException) -> bool:
    """Return whether the same attempt may succeed later, without a person who changes anything."""
    return _explain(error)[1]


def _explain(error: BaseException) -> tuple[str, bool]:
    in_sqlite = describe(error)
    if in_sqlite is not None:
        return in_sqlite, False
    causes = list(_causes(error))
    told = next(filter(None, map(_explain_answer, causes)), None)
    return told or _explain_failure(causes[-1])


def _explain_answer(error: BaseException) -> tuple[str, bool] | None:
    """Describe what the server answers, or what the address lacks; None if it is neither."""
    if isinstance(error, AddressFault):
        return str(error), False
    state = str(getattr(error, "sqlstate", None) or "")
    if state == "08P01" and str(error).startswith(_POOLER_WITHOUT_SETTINGS):
        words = (
            "a pooler before the server does not pass the settings of a session on; name the "
            "server itself in database.url"
        )
        return words, False
    return _BY_STATE.get(state) or _BY_STATE.get(state[:2])


def _explain_failure(error: BaseException) -> tuple[str, bool]:
    """Describe what kept an answer from arriving."""
    in_tls = _explain_tls(error)
    if in_tls is not None:
        return in_tls, False
    if type(error).__name__ == "TargetServerAttributeNotMatched":  # asyncpg's
        return "no server is of the kind that target_session_attrs asks for", True
    explained = next((each for kind, each in _BY_CLASS.items() if isinstance(error, kind)), None)
    if explained is None and isinstance(error, OSError):
        return error.strerror or "the server cannot be reached", True
    return explained or (type(error).__name__, False)


def _explain_tls(error: BaseException) -> str | None:
    """Describe what a person has to change about TLS; None if it is nothing of it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message.rstrip(".")
        return f"the certificate of the server is not accepted: {reason}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no reason given").replace("_", " ").capitalize()
        return f"TLS failed: {reason}"
    if isinstance(error, ConnectionError) and "rejected SSL upgrade" in str(error):
        return "the server offers no TLS, which sslmode asks for; switch it on there, by ssl = on"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, the driver's in SQLAlchemy's, and what caused that."""
    yield error
    original = getattr(error, "orig", None)
    if isinstance(original, BaseException):
        yield original
        if original.__cause__ is not None:
            yield original.__cause__
