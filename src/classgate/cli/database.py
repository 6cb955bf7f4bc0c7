"""`classgate db`: the schema of the database."""

from pathlib import Path

import msgspec
import typer
from sqlalchemy.exc import DatabaseError

from classgate.cli.opening import ConfigOption, read_settings
from classgate.cli.reading import JsonOption
from classgate.errors import ConfigurationError
from classgate.migrations import upgrade as migrations

app = typer.Typer(help="Make the database, or bring it to this version.", no_args_is_help=True)


@app.command()
def upgrade(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Make the database and its schema, or bring them to this version; all or nothing.

    Example: classgate db upgrade
    """
    url = read_settings(config).database.url
    try:
        before = migrations.current_revision(url)
        migrations.upgrade(url)
    except (DatabaseError, OSError) as error:
        fault = f"database.url: {url} cannot be used ({type(error).__name__})"
        raise ConfigurationError([fault]) from error
    _print({"before": before, "current": migrations.current_revision(url)}, as_json)


@app.command()
def current(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Print the schema that the database has and the one that is needed. Exit 1 if they differ.

    Example: classgate db current
    """
    url = read_settings(config).database.url
    try:
        found = migrations.current_revision(url)
    except (DatabaseError, OSError) as error:
        fault = f"database.url: {url} cannot be used ({type(error).__name__})"
        raise ConfigurationError([fault]) from error
    result = {"current": found, "needed": migrations.newest_revision()}
    _print(result, as_json)
    if result["current"] != result["needed"]:
        raise typer.Exit(1)


def _print(result: dict[str, str | None], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(result).decode())
    else:
        print(", ".join(f"{name}: {value or 'none'}" for name, value in result.items()))
