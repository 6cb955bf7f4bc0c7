"""`classgate accounts`: administration from the machine itself, the first admin included."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import typer

from classgate.accounts.imports import csv_file
from classgate.accounts.models import Account, AccountRole, NewAccount
from classgate.app.application import Application
from classgate.cli.hashing_progress import HashingProgress
from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption, read_content, read_password
from classgate.cli.startup import ConfigOption, read_settings, with_application
from classgate.clock import utc_now
from classgate.errors import ImportRefused, LineFault, ServiceUnavailable
from classgate.legacy.account_import import table
from classgate.legacy.account_import.service import LegacyImportResult

app = typer.Typer(
    help="Make and change accounts; passwords are read from stdin.", no_args_is_help=True
)

IdentifierArgument = typer.Argument(..., metavar="ID", help="The account's identifier.")
RoleOption = typer.Option(..., "--role", help="admin, teacher or student.")


@app.command()
def add(
    identifier: str = IdentifierArgument,
    role: AccountRole = RoleOption,
    display_name: str | None = typer.Option(None, help="The name that people see."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Create an account; its password is read from stdin.

    Example: classgate accounts add admin --role admin
    """
    new = NewAccount(identifier, read_password(), role, display_name)
    account = with_application(config, lambda it: it.accounts.administration.add(None, new))
    _print([account], as_json)


@app.command("import")
def import_file(
    file: str = typer.Argument(..., metavar="FILE", help="A CSV file, or - for stdin."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Make all accounts of a CSV file, or none: identifier,password,role,display_name.

    Example: classgate accounts import term.csv
    """
    content = read_content(file, csv_file.MAX_BYTES)

    async def import_all(application: Application) -> int:
        with HashingProgress() as progress:
            return await application.accounts.account_import.import_accounts(content, progress)

    created, faults = 0, tuple[LineFault, ...]()
    try:
        created = with_application(config, import_all)
    except ImportRefused as error:
        faults = error.faults
    if as_json:
        print(msgspec.json.encode({"created": created, "faults": faults}).decode())
    elif not faults:
        print(_made(created))
    else:
        _report(faults)
        typer.echo("nothing was imported", err=True)
    if faults:
        raise typer.Exit(1)


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
        help="Take the rows of this application (appid), and leave out all others.",
    ),
    skip_faulty: bool = typer.Option(
        False, "--skip-faulty", help="Make the accounts of the rows with which nothing is wrong."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Make the accounts of the old backend's table, with their passwords; none if a row is faulty.

    They are written 200 at a time. After an interruption, those made so far stay; run it again with
    --skip-faulty, and it goes on.

    Example: classgate accounts import-legacy t_account.tsv
    """
    content = read_content(file, table.MAX_BYTES)
    made = 0

    def count(total: int) -> None:
        nonlocal made
        made = total

    async def import_all(application: Application) -> LegacyImportResult:
        with HashingProgress() as progress:
            return await application.legacy.account_import.import_table(
                content, sdk_app_id, skip_faulty=skip_faulty, progress=progress, written=count
            )

    try:
        outcome = with_application(config, import_all)
    except ImportRefused as error:
        outcome = LegacyImportResult(0, 0, error.faults)
    except ServiceUnavailable as error:
        message = f"the database cannot take this now; {_go_on_after(made)}"
        raise ServiceUnavailable(message) from error
    except KeyboardInterrupt:
        typer.echo(f"classgate: interrupted; {_go_on_after(made)}", err=True)
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
        1, metavar="N", parser=whole_number(), help="For how many accounts; for an admin one."
    ),
    days: int = typer.Option(
        7, metavar="N", parser=whole_number(1, 90), help="How long it is good."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Print an invitation with which others create their own account in this role.

    Example: classgate accounts invite --role student --uses 30
    """
    expires_at = utc_now() + timedelta(days=days)
    issued = with_application(
        config, lambda it: it.accounts.invitations.issue_invitation(None, role, uses, expires_at)
    )
    if read_settings(config).accounts.registration == "closed":
        typer.echo("nobody can use it yet: accounts.registration is closed", err=True)
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
        print(msgspec.json.encode({"accounts": with_application(config, collect)}).decode())
    else:
        with_application(config, print_all)


@app.command("set-role")
def set_role(
    identifier: str = IdentifierArgument,
    role: AccountRole = RoleOption,
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Change an account's role; its sessions end.

    Example: classgate accounts set-role tom --role teacher
    """
    account = with_application(
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
    account = with_application(
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
    account = with_application(
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
    """Remove a person's data for good; the audit keeps the account's number.

    Example: classgate accounts delete bob
    """
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Delete {identifier} for good?", abort=True, err=True)
    deleted = with_application(
        config, lambda it: it.account_deletion.delete_account(None, identifier)
    )
    if as_json:
        view = {"identifier": identifier, "deleted": True, "account_id": deleted.account_id}
        print(msgspec.json.encode(view).decode())
    else:
        print(f"{identifier} is deleted; the audit knows account {deleted.account_id}")


@app.command("reset-password")
def reset_password(
    identifier: str = IdentifierArgument,
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Set an account's password, read from stdin; its sessions end.

    Example: classgate accounts reset-password amy
    """
    password = read_password()

    async def reset(application: Application) -> None:
        await application.accounts.administration.reset_password(None, identifier, password)

    with_application(config, reset)
    if as_json:
        print(msgspec.json.encode({"identifier": identifier, "password_reset": True}).decode())
    else:
        typer.echo(f"the password of {identifier} is set; its sessions have ended", err=True)


def _report(faults: Sequence[LineFault]) -> None:
    for each in faults:
        column = f", {each.field}" if each.field else ""
        typer.echo(f"line {each.line}{column}: {each.message}", err=True)


def _print_outcome(outcome: LegacyImportResult) -> None:
    _report(outcome.faults)
    if outcome.left_out:
        typer.echo(f"{outcome.left_out} rows of other applications were left out", err=True)
    if outcome.created or not outcome.faults:
        print(_made(outcome.created))
    else:
        typer.echo("nothing was imported", err=True)


def _go_on_after(made: int) -> str:
    """At least: whether the last part is on the disk may not be known any more."""
    return f"at least {_made(made)}; run it again with --skip-faulty to make the others"


def _made(created: int) -> str:
    return "1 account was made" if created == 1 else f"{created} accounts were made"


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
