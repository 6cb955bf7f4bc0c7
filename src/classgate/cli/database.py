"""`classgate db`: the schema of the database, its backups, and going on from one."""

import sys
from pathlib import Path

import msgspec
import typer

from classgate.backups.models import AuditState, Backup, Restored
from classgate.backups.service import back_up, finish_restore
from classgate.backups.service import restore as go_on_from
from classgate.cli import database_copy
from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption, read_settings
from classgate.cli.startup import translate_database_errors
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.migrations import upgrade as migrations

app = typer.Typer(help="Make, upgrade, back up and restore the database.", no_args_is_help=True)
app.command("copy")(database_copy.copy)
app.command("reopen")(database_copy.reopen)


@app.command()
def upgrade(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Create the database and its schema, or upgrade them to this version; all or nothing.

    Example: classgate db upgrade
    """
    url = read_settings(config).database.url.get_secret_value()
    with translate_database_errors(url):
        before = migrations.current_revision(url)
        fault = migrations.find_schema_fault(url)
        if fault is not None and not fault.is_upgradable:
            raise ConfigurationError([f"database: it {fault.what}; {fault.fix}"])
        migrations.upgrade(url)
    _print({"before": before, "current": migrations.current_revision(url)}, as_json)


@app.command()
def current(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Print the current and the needed schema. Exit 1 if they differ.

    Example: classgate db current
    """
    url = read_settings(config).database.url.get_secret_value()
    with translate_database_errors(url):
        found = migrations.current_revision(url)
    result = {"current": found, "needed": migrations.newest_revision()}
    _print(result, as_json)
    if result["current"] != result["needed"]:
        raise typer.Exit(1)


@app.command()
def backup(
    file: Path = typer.Argument(help="Where to write the copy."),
    replace: bool = typer.Option(False, "--replace", help="Overwrite FILE if it is there."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Back up the database while the service runs, and verify the copy.

    FILE appears only when it is complete and on the disk, readable by its owner alone.

    Example: classgate db backup /var/backups/classgate/monday.db
    """
    settings = read_settings(config)
    configure_logs("error", "text")
    made = back_up(settings, file, replace=replace)
    _report_faults(made.audit)
    if as_json:
        print(msgspec.json.encode(_described(made)).decode())
        return
    print(f"{made.file}: {made.size} bytes, schema {made.schema}, {_audit_words(made.audit)}")


@app.command()
def restore(
    file: Path = typer.Argument(help="A copy that `classgate db backup` made."),
    replace: bool = typer.Option(
        False, "--replace", help="Put the database that is there aside, and keep it."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Restore a backup. The service must be stopped; everybody has to log in again.

    Whatever FILE is, and wherever this is interrupted, the result is the old database or the new
    one.

    Example: classgate db restore /var/backups/classgate/monday.db --replace
    """
    settings = read_settings(config)
    configure_logs("error", "text")
    _print_restored(go_on_from(settings, file, replace=replace), f"{file}", as_json)


@app.command("finish-restore")
def finish(
    file: Path | None = typer.Argument(None, help="The dump that pg_restore restored."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Finish a restore of PostgreSQL by its own tools: end what was open, and record it.

    The service must be stopped; everybody has to log in again. Leave FILE out after a point-in-time
    recovery.

    Example: classgate db finish-restore /var/backups/classgate/Sunday.dump
    """
    settings = read_settings(config)
    configure_logs("error", "text")
    with translate_database_errors(settings.database.url.get_secret_value()):
        done = finish_restore(settings, file)
    _print_restored(
        done, "what the tools of the server put back" if file is None else f"{file}", as_json
    )


def _print_restored(done: Restored, source: str, as_json: bool) -> None:
    _report_faults(done.audit)
    if as_json:
        print(msgspec.json.encode(_described(done)).decode())
        return
    print(f"restored: {source} (schema {done.schema_before}) is now {done.database}")
    if done.put_aside is not None:
        print(f"kept: the database before it, as {done.put_aside}")
    print(
        f"ended: {done.sessions_ended} sessions and {done.leases_ended} leases; "
        "everybody logs in again"
    )
    numbers = done.next_numbers
    print(f"numbers: classes go on at {numbers.classroom}, accounts at {numbers.account}")
    newest = done.audit.newest_at
    since = "its beginning" if newest is None else f"{newest:%Y-%m-%d %H:%M:%S} UTC"
    print(
        f"lost: what happened since {since}. Who was disabled, kicked or given another password "
        "or role since then is as before: look it up in the log, and do it again"
    )


def _audit_words(audit: AuditState | None) -> str:
    if audit is None:
        return "audit not checked: the schema is older than this version"
    word = "broken" if audit.faults else "unbroken"
    return f"audit {word}: {audit.chains} chains, {audit.rows} rows"


def _report_faults(audit: AuditState | None) -> None:
    """Report a broken audit; the copy is kept and should be examined."""
    if audit is None or not audit.faults:
        return
    for fault in audit.faults[:5]:
        print(f"audit: {fault}", file=sys.stderr)
    print("audit: it does not verify; see: classgate audit verify", file=sys.stderr)


def _described(done: Backup | Restored) -> dict[str, object]:
    if isinstance(done, Backup):
        audit = _audit_view(done.audit)
        return {"file": str(done.file), "size": done.size, "schema": done.schema, "audit": audit}
    return {
        "database": str(done.database),
        "put_aside": None if done.put_aside is None else str(done.put_aside),
        "audit": _audit_view(done.audit),
        "sessions_ended": done.sessions_ended,
        "leases_ended": done.leases_ended,
        "next_classroom_id": done.next_numbers.classroom,
        "next_account_id": done.next_numbers.account,
    }


def _audit_view(audit: AuditState | None) -> dict[str, object] | None:
    if audit is None:
        return None
    newest = audit.newest_at
    return {
        "valid": not audit.faults,
        "chains": audit.chains,
        "rows": audit.rows,
        "newest_at": None if newest is None else int(newest.timestamp()),
    }


def _print(result: dict[str, str | None], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(result).decode())
    else:
        print(", ".join(f"{name}: {value or 'none'}" for name, value in result.items()))
