"""`classgate db copy` and `db reopen`: from the SQLite file to a PostgreSQL server."""

import sys
import time
from pathlib import Path

import msgspec
import typer

from classgate.backups.copies.models import Copied
from classgate.backups.copies.service import copy_to_server
from classgate.backups.copies.tables import NOT_COPIED
from classgate.backups.service import reopen as serve_file_again
from classgate.cli.counting_progress import CountingProgress
from classgate.cli.secret_input import JsonOption, read_secret_file
from classgate.cli.settings_file import ConfigOption, read_settings
from classgate.cli.startup import translate_database_errors
from classgate.logs import configure_logs


def copy(
    source: str = typer.Argument(metavar="FROM", help="The file, as sqlite:///PATH."),
    target: str = typer.Argument(
        metavar="TO",
        help="An empty database, as postgresql://USER@HOST/NAME; - reads it from stdin, so that "
        "a password in it is in no list of processes.",
    ),
    keep: bool = typer.Option(
        False, "--keep", help="For a trial: do not mark FROM, which may be served further on."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Copy a school from its SQLite file to a PostgreSQL server, whole and verified.

    The service must be stopped. TO is migrated, filled and read back in one transaction: when this
    is interrupted, nothing was copied. Afterwards FROM is not served any more.

    Example: classgate db copy sqlite:///classgate.db postgresql://classgate@db.school/classgate
    """
    settings = read_settings(config)
    configure_logs("error", "text")
    begun = time.monotonic()
    url = read_secret_file("-").strip() if target == "-" else target
    bar = CountingProgress("copying and reading back")
    with bar as progress, translate_database_errors(url, "TO"):
        done = copy_to_server(settings, source, url, marks_source=not keep, progress=progress)
    _print(done, time.monotonic() - begun, as_json)
    if done.audit.faults:
        for fault in done.audit.faults[:5]:
            print(f"audit: {fault}", file=sys.stderr)
        print(
            "audit: it does not verify, as in the file; see: classgate audit verify. FROM is not "
            "marked: decide which of the two is served",
            file=sys.stderr,
        )
        raise typer.Exit(1)


def reopen(config: Path | None = ConfigOption) -> None:
    """Serve the SQLite file of database.url again, although it was copied to a server.

    What happened on the server since is not in the file. Serve only one of the two.

    Example: classgate db reopen
    """
    path = serve_file_again(read_settings(config))
    print(f"{path} may be served again; do not serve the copy")


def _print(done: Copied, seconds: float, as_json: bool) -> None:
    rows = sum(table.rows for table in done.tables)
    if as_json:
        view = {
            "source": str(done.source),
            "target": done.target,
            "schema": done.schema,
            "rows": rows,
            "seconds": round(seconds, 1),
            "tables": done.tables,
            "not_copied": sorted(NOT_COPIED),
            "audit": {
                "valid": not done.audit.faults,
                "chains": done.audit.chains,
                "rows": done.audit.rows,
            },
            "source_is_marked": done.is_source_marked,
        }
        print(msgspec.json.encode(view).decode())
        return
    for table in done.tables:
        print(f"{table.name}: {table.rows} rows, equal on both sides, digest {table.digest}")
    word = "broken" if done.audit.faults else "unbroken"
    print(f"audit {word}: {done.audit.chains} chains, {done.audit.rows} rows")
    print(f"copied: {rows} rows of {done.source} to {done.target} in {seconds:.0f} s")
    if done.is_source_marked:
        print(
            f"next: set database.url to the server, then start the service. {done.source} is not "
            "served any more"
        )
