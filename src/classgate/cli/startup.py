"""Start-up of commands: settings, a migrated database, the application."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

import structlog

from classgate.app.application import Application
from classgate.app.wiring import audit_log_of, build_application
from classgate.cli.settings_file import read_settings
from classgate.clock import utc_now
from classgate.errors import ConfigurationError, ServiceUnavailable
from classgate.logs import configure_logs
from classgate.migrations.revisions import find_schema_fault
from classgate.settings.loading import Settings
from classgate.storage.connection_errors import (
    connection_errors,
    explain_connection_error,
    is_passing,
)
from classgate.storage.copied_mark import is_marked
from classgate.storage.database_url import describe_url, is_postgresql, open_database
from classgate.storage.private_files import find_permission_faults
from classgate.storage.server_lock import LockedByAnotherServer, ServerLock
from classgate.storage.sqlite import sqlite_path

T = TypeVar("T")

COPIED = (
    "this file was copied to a PostgreSQL server by `classgate db copy`; set database.url to the "
    "server. To use the file after all, without what happened on the server since: "
    "classgate db reopen"
)

log = structlog.get_logger("classgate")

# Seconds between two attempts to reach a database that is late.
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 30.0


@contextmanager
def translate_database_errors(url: str, name: str = "database.url") -> Iterator[None]:
    """Translate connection errors into errors that name the database.

    ServiceUnavailable: the server cannot be reached now. ConfigurationError: a person has to change
    something first.
    """
    try:
        yield
    except connection_errors() as error:
        reason = explain_connection_error(error)
        fault = f"{name}: {describe_url(url)} cannot be used ({reason})"
        if is_postgresql(url) and is_passing(error):
            raise ServiceUnavailable(fault) from error
        raise ConfigurationError([fault]) from error


def wait_for_database(
    check: Callable[[], None], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Run a check of the database, again and again while the server cannot be reached.

    ConfigurationError: a person has to change something first.
    """
    delay = _FIRST_DELAY
    while True:
        try:
            check()
            return
        except ServiceUnavailable as error:
            log.warning("waiting for the database", reason=error.message, retry_after=delay)
        sleep(delay)
        delay = min(2 * delay, _LONGEST_DELAY)


def require_migrated(settings: Settings) -> None:
    """Require a migrated database. ConfigurationError: missing, older or newer. ServiceUnavailable:
    the server cannot be reached now.
    """
    url = settings.database.url.get_secret_value()
    with translate_database_errors(url):
        fault = find_schema_fault(url)
    if fault is not None:
        fix = f"run: {fault.fix}" if fault.is_upgradable else fault.fix
        raise ConfigurationError([f"database: it {fault.what}; {fix}"])


def require_audit_key(settings: Settings) -> None:
    """Require that the newest audit rows verify. ConfigurationError. ServiceUnavailable: the server
    cannot be reached now.
    """
    url = settings.database.url.get_secret_value()

    async def look() -> None:
        database = open_database(url)
        try:
            await audit_log_of(settings, database, utc_now).require_key()
        except ServiceUnavailable as error:
            cause = error.__cause__
            if is_postgresql(url) and cause is not None and is_passing(cause):
                raise
            fault = (
                "database: the newest rows of the audit cannot be read; run: classgate doctor, and "
                "classgate audit verify"
            )
            raise ConfigurationError([fault]) from error
        finally:
            await database.close()

    with translate_database_errors(url):
        asyncio.run(look())


def lock_database(settings: Settings) -> AbstractContextManager[object]:
    """Hold the server lock of a SQLite file for the block. ConfigurationError: others can read or
    write it, another server has it, or it cannot be locked.

    Call it before `build` opens the database.
    """
    url = settings.database.url.get_secret_value()
    if is_postgresql(url):
        return nullcontext()
    path = sqlite_path(url)
    faults = find_permission_faults(path)
    if faults:
        raise ConfigurationError([f"database.url: {fault}" for fault in faults])
    _require_not_copied(path)
    try:
        return ServerLock(path)
    except LockedByAnotherServer as error:
        fault = f"{path} is served by {error} already; stop that one first, or name another file"
    except OSError as error:
        fault = f"{error.filename or path} cannot be locked ({error.strerror}); look at its owner"
    raise ConfigurationError([f"database.url: {fault}"])


def _require_not_copied(path: Path) -> None:
    if is_marked(path):
        raise ConfigurationError([f"database.url: {COPIED}"])


def open_application(settings: Settings) -> Application:
    """Build the application. ConfigurationError: the database cannot be opened."""
    with translate_database_errors(settings.database.url.get_secret_value()):
        return build_application(settings)


def run_with_application(config: Path | None, use: Callable[[Application], Awaitable[T]]) -> T:
    """Run `use` with the services, without serving. Raises what `use` raises.

    ConfigurationError: the database cannot be used, or is a file whose school is at a server now,
    where nobody would be disabled by what is written here.
    """
    settings = read_settings(config)
    configure_logs("warning", "text")
    require_migrated(settings)
    if settings.database.is_sqlite:
        _require_not_copied(sqlite_path(settings.database.url.get_secret_value()))

    async def run() -> T:
        application = open_application(settings)
        try:
            return await use(application)
        finally:
            await application.close()

    return asyncio.run(run())
