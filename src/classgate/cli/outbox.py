"""`classgate outbox`: messages to the cloud that are not delivered, and what to do with them."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from classgate.app.application import Application
from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption
from classgate.cli.startup import run_with_application
from classgate.outbox.delivery_repository import StoredMessage

app = typer.Typer(help="List messages to the cloud; retry or drop those that were set aside.")

_Ids = list[int]


@app.command("list")
def list_messages(
    failed: bool = typer.Option(False, "--failed", help="Only messages that were set aside."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Print the messages that are not delivered, oldest first, with the reason.

    Example: classgate outbox list --failed
    """

    async def read(application: Application) -> list[dict[str, object]]:
        messages = application.outbox_administration.list_messages()
        return [_line(each) async for each in messages if not failed or each.state == "failed"]

    lines = run_with_application(config, read)
    if as_json:
        print(msgspec.json.encode({"messages": lines}).decode())
        return
    for line in lines:
        about = "" if line["classroom_id"] is None else f" class {line['classroom_id']}"
        about += "" if line["account_id"] is None else f" account {line['account_id']}"
        reason = "" if line["last_error"] is None else f" ({line['last_error']})"
        print(
            f"{line['message_id']} {line['created_at']} {line['kind']}{about} {line['state']},"
            f" attempts: {line['attempts']}{reason}"
        )


@app.command()
def retry(
    message: _Ids = typer.Argument(None, metavar="[ID]...", parser=whole_number(1)),
    every: bool = typer.Option(False, "--all", help="All messages that were set aside."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Let messages that were set aside wait for delivery again.

    A marker that is sent again after 5 minutes is a second message in the group.

    Example: classgate outbox retry 17 18
    """
    ids = _ids(message, every)
    number = run_with_application(config, lambda it: it.outbox_administration.retry(ids))
    _report("retried", number, as_json)


@app.command()
def drop(
    message: _Ids = typer.Argument(None, metavar="[ID]...", parser=whole_number(1)),
    every: bool = typer.Option(False, "--all", help="All messages that were set aside."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Delete messages that were set aside.

    Example: classgate outbox drop --all
    """
    ids = _ids(message, every)
    number = run_with_application(config, lambda it: it.outbox_administration.drop(ids))
    _report("dropped", number, as_json)


def _ids(message: _Ids | None, every: bool) -> _Ids | None:
    """Return the named messages; None: all."""
    if every == bool(message):
        raise typer.BadParameter("name messages by their ids, or use --all")
    return None if every else message


def _report(word: str, number: int, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode({word: number}).decode())
    else:
        print(f"{word}: {number}")


def _line(message: StoredMessage) -> dict[str, object]:
    """Return what an operator may see: not the payload, which holds an identifier."""
    return {
        "message_id": message.message_id,
        "kind": message.kind.value,
        "state": message.state.value,
        "classroom_id": message.classroom_id,
        "account_id": message.account_id,
        "created_at": _text(message.created_at),
        "next_attempt_at": None if message.state == "failed" else _text(message.next_attempt_at),
        "attempts": message.attempts,
        "last_error": message.last_error,
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
