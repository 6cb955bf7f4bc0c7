"""What commands need before they start: settings, a migrated database, an application."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import typer
from sqlalchemy.exc import DatabaseError

from classgate.application import Application, build
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.migrations.upgrade import current_revision, newest_revision
from classgate.settings import DEFAULT_FILE, Settings, load_settings

T = TypeVar("T")

ConfigOption = typer.Option(
    None, "--config", metavar="FILE", help="Settings; without it classgate.toml, if there is one."
)


def read_settings(config: Path | None) -> Settings:
    """The settings of this machine. ConfigurationError lists every fault."""
    if config is None and DEFAULT_FILE.is_file():
        config = DEFAULT_FILE
    return load_settings(os.environ, config)


def require_migrated(settings: Settings) -> None:
    """ConfigurationError: the database is missing, or older or newer than this program."""
    try:
        current, newest = current_revision(settings.database.url), newest_revision()
    except (DatabaseError, OSError) as error:
        raise ConfigurationError(
            [f"database.url: {settings.database.url} cannot be used ({type(error).__name__})"]
        ) from error
    if current != newest:
        state = "is empty or missing" if current is None else f"has schema {current}"
        raise ConfigurationError(
            [f"database: it {state}, schema {newest} is needed; run: classgate db upgrade"]
        )


def with_application(config: Path | None, use: Callable[[Application], Awaitable[T]]) -> T:
    """Do something with the services, without serving. Raises what `use` raises."""
    settings = read_settings(config)
    configure_logs("warning", "text")
    require_migrated(settings)

    async def run() -> T:
        application = build(settings)
        try:
            return await use(application)
        finally:
            await application.close()

    return asyncio.run(run())
