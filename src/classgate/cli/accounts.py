"""`classgate accounts`: administration from the machine itself, the first admin included."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import typer

from classgate.accounts.imports import csv_file
from classgate.accounts.imports.service import ImportOutcome, OnExisting
from classgate.accounts.models import Account, AccountRole, NewAccount
from classgate.accounts.passwords import generate_password
from classgate.app.application import Application
from classgate.cli.counting_progress import CountingProgress
from classgate.cli.numbers import whole_number
from classgate.cli.second_factors import reset_second_factor
from classgate.cli.secret_input import JsonOption, read_content, read_password
from classgate.cli.settings_file import ConfigOption, read_settings
from classgate.cli.startup import run_with_application
from classgate.clock import utc_now
from classgate.errors import (
    ConfigurationError,
    IdentifierTaken,
    ImportRefused,
    LineFault,
    ServiceUnavailable,
)
from classgate.legacy.account_import import table
from classgate.legacy.account_import.service import LegacyImportResult

app = typer.Typer(
    help="Create and change accounts; passwords are read from stdin.", no_args_is_help=True
)

app.command("reset-second-factor")(reset_second_factor)

IdentifierArgument = typer.Argument(..., metavar="ID", help="The account's identifier.")
RoleOption = typer.Option(..., "--role", help="admin, teacher or student.")


@app.command()
def add(
    identifier: str = IdentifierArgument,
    role: AccountRole = RoleOption,
    display_name: str | None = typer.Option(None, help="The display name; default: the ID."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Create an account; its password is read from stdin.

    Example: classgate accounts add admin --role admin
    """
    new = NewAccount(identifier, read_password(), role, display_name)
    account = run_with_application(config, lambda it: it.accounts.administration.add(None, new))
    _print([account], as_json)


@app.command("import")
def import_file(
    file: str = typer.Argument(..., metavar="FILE", help="A CSV file, or - for stdin."),
    skip_existing: bool = typer.Option(
        False, "--skip-existing", help="Skip the rows whose account exists."
    ),
    update: bool = typer.Option(
        False,
        "--update",
        help="Give existing accounts the role and the display name of the file; their passwords "
        "stay as they are.",
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Create all accounts of a CSV file, or none: identifier,password,role,display_name.

    Example: classgate accounts import term.csv --skip-existing
    """
    if skip_existing and update:
        raise ConfigurationError(["--skip-existing and --update exclude each other"])
    content = read_content(file, csv_file.MAX_BYTES)
    on_existing = OnExisting.REFUSE
    if skip_existing or update:
        on_existing = OnExisting.SKIP if skip_existing else OnExisting.UPDATE

    async def import_all(application: Application) -> ImportOutcome:
        with CountingProgress("hashing passwords") as progress:
            return await application.accounts.account_import.import_accounts(
                content, progress, on_existing
            )

    outcome, faults = ImportOutcome(created=0), tuple[LineFault, ...]()
    try:
        outcome = run_with_application(config, import_all)
    except ImportRefused as error:
        faults = error.faults
    if as_json:
        counts = {
            "created": outcome.created,
            "updated": outcome.updated,
            "skipped": outcome.skipped,
        }
        print(msgspec.json.encode({**counts, "faults": faults}).decode())
    elif not faults:
        print(_count_created(outcome.created))
        if on_existing is not OnExisting.REFUSE:
            print(f"{outcome.updated} updated, {outcome.skipped} skipped")
    else:
        _print_faults(faults)
        typer.echo("nothing was imported", err=True)
        if on_existing is OnExisting.REFUSE and any(each.message == _TAKEN for each in faults):
            typer.echo("for accounts that exist there are --skip-existing and --update", err=True)
    if faults:
        raise typer.Exit(1)


_TAKEN = IdentifierTaken().message


@app.command("import-legacy")
def import_legacy(
    file: str = typer.Argument(
        ..., metavar="FILE", help="An export of t_account, with commas or tabs; or - for stdin."
    ),
    sdk_app_id: int | None = typer.Option(
        None,
        "--sdk-app-id",
        metavar="N",
        parser=whole_number(1),
        help="Import only the rows of this application (appid).",
    ),
    skip_faulty: bool = typer.Option(
        False, "--skip-faulty", help="Skip faulty rows and import the others."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Import the account table of the 2017 backend, with its passwords; nothing if a row is faulty.

    Accounts are written 200 at a time. After an interruption, the accounts created so far stay; run
    it again with --skip-faulty to import the others.

    Example: classgate accounts import-legacy t_account.tsv
    """
    content = read_content(file, table.MAX_BYTES)
    created = 0

    def count(total: int) -> None:
        nonlocal created
        created = total

    async def import_all(application: Application) -> LegacyImportResult:
        with CountingProgress("hashing passwords") as progress:
            return await application.legacy.account_import.import_table(
                content, sdk_app_id, skip_faulty=skip_faulty, progress=progress, written=count
            )

    try:
        outcome = run_with_application(config, import_all)
    except ImportRefused as error:
        outcome = LegacyImportResult(0, 0, error.faults)
    except ServiceUnavailable as error:
        message = f"the database is unavailable; {_explain_resuming(created)}"
        raise ServiceUnavailable(message) from error
    except KeyboardInterrupt:
        typer.echo(f"classgate: interrupted; {_explain_resuming(created)}", err=True)
        raise typer.Exit(130) from None
    if as_json:
        print(msgspec.json.encode(outcome).decode())
    else:
        _print_outcome(outcome)
    if outcome.faults and not (skip_faulty and outcome.created):
        raise typer.Exit(1)


@app.command()
def invite(
    role: AccountRole = RoleOption,
    uses: int = typer.Option(
        1, metavar="N", parser=whole_number(), help="Maximum number of accounts; 1 for admins."
    ),
    days: int = typer.Option(7, metavar="N", parser=whole_number(1, 90), help="Lifetime in days."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Print an invitation with which people create their own account in this role.

    Example: classgate accounts invite --role student --uses 30
    """
    expires_at = utc_now() + timedelta(days=days)
    issued = run_with_application(
        config, lambda it: it.accounts.invitations.issue_invitation(None, role, uses, expires_at)
    )
    if read_settings(config).accounts.registration == "closed":
        typer.echo("warning: accounts.registration is closed, so nobody can use it", err=True)
    if as_json:
        view = {
            "invitation": issued.token,
            "invitation_id": issued.invitation.invitation_id,
            "role": role.value,
            "uses": uses,
            "expires_at": int(issued.invitation.expires_at.timestamp()),
        }
        print(msgspec.json.encode(view).decode())
    else:
        print(issued.token)


@app.command("list")
def list_accounts(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Print every account: identifier, role, state, name, and its number in the log and the audit.

    Example: classgate accounts list
    """

    async def print_all(application: Application) -> None:
        async for account in application.accounts.administration.list_accounts():
            _print([account], as_json=False)

    async def collect(application: Application) -> list[dict[str, object]]:
        return [_view(each) async for each in application.accounts.administration.list_accounts()]

    if as_json:
        print(msgspec.json.encode({"accounts": run_with_application(config, collect)}).decode())
    else:
        run_with_application(config, print_all)


@app.command("set-role")
def set_role(
    identifier: str = IdentifierArgument,
    role: AccountRole = RoleOption,
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Change the role of an account and end its sessions.

    Example: classgate accounts set-role tom --role teacher
    """
    account = run_with_application(
        config, lambda it: it.accounts.administration.change(None, identifier, role=role)
    )
    _print([account], as_json)


@app.command()
def disable(
    identifier: str = IdentifierArgument,
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Disable the account and end its sessions and leases.

    Example: classgate accounts disable bob
    """
    account = run_with_application(
        config, lambda it: it.accounts.administration.change(None, identifier, disabled=True)
    )
    _print([account], as_json)


@app.command()
def enable(
    identifier: str = IdentifierArgument,
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Enable a disabled account.

    Example: classgate accounts enable bob
    """
    account = run_with_application(
        config, lambda it: it.accounts.administration.change(None, identifier, disabled=False)
    )
    _print([account], as_json)


@app.command()
def delete(
    identifier: str = IdentifierArgument,
    yes: bool = typer.Option(False, "--yes", help="Do not ask at a terminal."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Delete an account and its personal data permanently; the audit keeps its number.

    Example: classgate accounts delete bob
    """
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Delete {identifier} permanently?", abort=True, err=True)
    deleted = run_with_application(
        config, lambda it: it.account_deletion.delete_account(None, identifier)
    )
    if as_json:
        view = {"identifier": identifier, "deleted": True, "account_id": deleted.account_id}
        print(msgspec.json.encode(view).decode())
    else:
        print(f"{identifier} was deleted; its number in the audit is {deleted.account_id}")


@app.command("reset-password")
def reset_password(
    identifier: str = IdentifierArgument,
    generate: bool = typer.Option(
        False, "--generate", help="Make a random password and print it, instead of reading one."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Set an account's password, read from stdin or generated, and end its sessions.

    Example: classgate accounts reset-password amy --generate
    """
    password = generate_password() if generate else read_password()

    async def reset(application: Application) -> None:
        await application.accounts.administration.reset_password(None, identifier, password)

    run_with_application(config, reset)
    if as_json:
        view: dict[str, object] = {"identifier": identifier, "password_reset": True}
        if generate:
            view["password"] = password
        print(msgspec.json.encode(view).decode())
        return
    if generate:
        print(password)
    typer.echo(f"the password of {identifier} is set; its sessions have ended", err=True)


@app.command("set-display-name")
def set_display_name(
    identifier: str = IdentifierArgument,
    display_name: str = typer.Argument(
        metavar="NAME", help="One line of at most 100 characters; empty for the identifier."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Change the name that people see.

    Example: classgate accounts set-display-name amy "Amy Chen"
    """
    account = run_with_application(
        config,
        lambda it: it.accounts.administration.change(None, identifier, display_name=display_name),
    )
    _print([account], as_json)


def _print_faults(faults: Sequence[LineFault]) -> None:
    for each in faults:
        column = f", {each.field}" if each.field else ""
        typer.echo(f"line {each.line}{column}: {each.message}", err=True)


def _print_outcome(outcome: LegacyImportResult) -> None:
    _print_faults(outcome.faults)
    if outcome.left_out:
        typer.echo(f"{outcome.left_out} rows of other applications were skipped", err=True)
    if outcome.created or not outcome.faults:
        print(_count_created(outcome.created))
    else:
        typer.echo("nothing was imported", err=True)


def _explain_resuming(created: int) -> str:
    """Say "at least", because the commit of the last part may not have been confirmed."""
    return f"at least {_count_created(created)}; run it again with --skip-faulty for the others"


def _count_created(created: int) -> str:
    return "1 account was created" if created == 1 else f"{created} accounts were created"


def _view(account: Account) -> dict[str, object]:
    return {
        "account_id": account.account_id,
        "identifier": account.identifier,
        "role": account.role.value,
        "display_name": account.display_name,
        "disabled": account.disabled,
    }


def _print(accounts: list[Account], as_json: bool) -> None:
    for account in accounts:
        if as_json:
            print(msgspec.json.encode(_view(account)).decode())
        else:
            state = "disabled" if account.disabled else "enabled"
            who = f"{account.identifier}\t{account.role}\t{state}\t{account.display_name}"
            print(f"{who}\t{account.account_id}")
