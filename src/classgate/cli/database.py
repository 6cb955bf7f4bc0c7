"""`classgate db`: the schema of the database."""

from pathlib import Path

import msgspec
import typer

from classgate.cli.opening import ConfigOption, database_named, read_settings
from classgate.cli.reading import JsonOption
from classgate.migrations import upgrade as migrations

app = typer.Typer(help="Make the database, or bring it to this version.", no_args_is_help=True)


@app.command()
def upgrade(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Make the database and its schema, or bring them to this version; all or nothing.

    Example: classgate db upgrade
    """
    url = read_settings(config).database.url.get_secret_value()
    with database_named(url):
        before = migrations.current_revision(url)
        migrations.upgrade(url)
    _print({"before": before, "current": migrations.current_revision(url)}, as_json)


@app.command()
def current(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Print the schema that the database has and the one that is needed. Exit 1 if they differ.

    Example: classgate db current
    """
    url = read_settings(config).database.url.get_secret_value()
    with database_named(url):
        found = migrations.current_revision(url)
    result = {"current": found, "needed": migrations.newest_revision()}
    _print(result, as_json)
    if result["current"] != result["needed"]:
        raise typer.Exit(1)


def _print(result: dict[str, str | None], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(result).decode())
    else:
        print(", ".join(f"{name}: {value or 'none'}" for name, value in result.items()))
