"""Start-up of commands: settings, a migrated database, the application."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

import typer

from classgate.app.application import Application
from classgate.app.wiring import audit_log_of, build_application
from classgate.clock import utc_now
from classgate.errors import ConfigurationError, ServiceUnavailable
from classgate.logs import configure_logs
from classgate.migrations.upgrade import current_revision, newest_revision
from classgate.settings.loading import DEFAULT_FILE, Settings, load_settings
from classgate.storage.database_url import (
    CONNECTION_ERRORS,
    describe_url,
    explain_connection_error,
    is_postgresql,
    open_database,
)
from classgate.storage.private_files import find_permission_faults
from classgate.storage.server_lock import LockedByAnotherServer, ServerLock
from classgate.storage.sqlite import sqlite_path

T = TypeVar("T")

ConfigOption = typer.Option(
    None, "--config", metavar="FILE", help="Settings; without it classgate.toml, if there is one."
)


def read_settings(config: Path | None) -> Settings:
    """Load the settings. ConfigurationError lists every fault."""
    if config is None and DEFAULT_FILE.is_file():
        config = DEFAULT_FILE
    return load_settings(os.environ, config)


@contextmanager
def translate_database_errors(url: str) -> Iterator[None]:
    """Translate connection errors into a ConfigurationError that names the database."""
    try:
        yield
    except CONNECTION_ERRORS as error:
        fault = (
            f"database.url: {describe_url(url)} cannot be used ({explain_connection_error(error)})"
        )
        raise ConfigurationError([fault]) from error


def require_migrated(settings: Settings) -> None:
    """Require a migrated database. ConfigurationError: missing, older or newer."""
    url = settings.database.url.get_secret_value()
    with translate_database_errors(url):
        current, newest = current_revision(url), newest_revision()
    if current != newest:
        state = "is empty or missing" if current is None else f"has schema {current}"
        raise ConfigurationError(
            [f"database: it {state}, schema {newest} is needed; run: classgate db upgrade"]
        )


def require_audit_key(settings: Settings) -> None:
    """Require that the newest audit rows verify. ConfigurationError."""
    url = settings.database.url.get_secret_value()

    async def look() -> None:
        database = open_database(url)
        try:
            await audit_log_of(settings, database, utc_now).require_key()
        finally:
            await database.close()

    try:
        with translate_database_errors(url):
            asyncio.run(look())
    except ServiceUnavailable as error:
        fault = (
            "database: the newest rows of the audit cannot be read; run: classgate doctor, and "
            "classgate audit verify"
        )
        raise ConfigurationError([fault]) from error


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
    try:
        return ServerLock(path)
    except LockedByAnotherServer as error:
        fault = f"{path} is served by {error} already; stop that one first, or name another file"
    except OSError as error:
        fault = f"{error.filename or path} cannot be locked ({error.strerror}); look at its owner"
    raise ConfigurationError([f"database.url: {fault}"])


def open_application(settings: Settings) -> Application:
    """Build the application. ConfigurationError: the database cannot be opened."""
    with translate_database_errors(settings.database.url.get_secret_value()):
        return build_application(settings)


def run_with_application(config: Path | None, use: Callable[[Application], Awaitable[T]]) -> T:
    """Run `use` with the services, without serving. Raises what `use` raises."""
    settings = read_settings(config)
    configure_logs("warning", "text")
    require_migrated(settings)

    async def run() -> T:
        application = open_application(settings)
        try:
            return await use(application)
        finally:
            await application.close()

    return asyncio.run(run())
