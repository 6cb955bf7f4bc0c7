"""`classgate audit`: what was issued to whom, and whether the record is intact."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from classgate.app.application import Application
from classgate.audit.models import (
    TAMPERED_HINT,
    UNREADABLE_EVENT,
    AuditRow,
    ChainHead,
    UnreadableRow,
)
from classgate.cli.moments import SinceOption, read_moment
from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption
from classgate.cli.startup import run_with_application

app = typer.Typer()

_PAGE = 500

Line = dict[str, object]


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    identifier: str | None = typer.Option(None, help="Only rows of this account."),
    classroom: int | None = typer.Option(
        None,
        metavar="N",
        parser=whole_number(1, 2**32 - 1),
        help="Only rows of this class.",
    ),
    since: str | None = SinceOption,
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Print what was issued to whom, when and by which rule; newest first.

    Example: classgate audit --identifier tom --since 2h
    """
    if context.invoked_subcommand is not None:
        return
    moment = None if since is None else read_moment(since)

    async def read(application: Application) -> list[Line]:
        lines: list[Line] = []
        cursor: str | None = None
        while True:
            page, names = await application.accounts.administration.read_audit(
                None, identifier, classroom, moment, cursor, _PAGE
            )
            lines += [_line(row, names) for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                return lines

    lines = run_with_application(config, read)
    if as_json:
        print(msgspec.json.encode({"rows": lines}).decode())
        return
    for line in lines:
        at = "no time"
        if isinstance(line["at"], int):
            at = datetime.fromtimestamp(line["at"], UTC).isoformat()
        whom = line["identifier"] or line["account_id"] or "-"
        by = "" if line["actor_id"] in {None, line["account_id"]} else f" by {line['actor']}"
        where = f" class {line['classroom_id']}" if line["classroom_id"] else ""
        rule = f" [{line['rule']}]" if line["rule"] else ""
        print(f"{at} {line['event']} {whom}{by}{where}{rule} {line['details']}")


@app.command()
def verify(
    checkpoint: list[str] = typer.Option(
        [], metavar="CHAIN:SEQ:MAC", help="A head recorded in the log; may be repeated."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Verify every chain, and that every lease is recorded. Exit 1 and list all faults if not.

    Example: classgate audit verify
    """
    heads = [_head(each) for each in checkpoint]
    verdict = run_with_application(config, lambda it: it.verify_audit(heads))
    if as_json:
        result = {
            "valid": not verdict.faults,
            "chains": verdict.chains,
            "rows": verdict.rows,
            "faults": list(verdict.faults),
        }
        print(msgspec.json.encode(result).decode())
    else:
        for fault in verdict.faults:
            print(fault)
        word = "broken" if verdict.faults else "unbroken"
        print(f"{word}: {verdict.chains} chains, {verdict.rows} rows")
    if verdict.faults:
        raise typer.Exit(1)


@app.command()
def acknowledge(
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Acknowledge that the newest rows do not verify, so that the service may continue to write.

    For a lost key, or a change that was investigated. It repairs and hides nothing: verify still
    lists those rows.

    Example: classgate audit acknowledge
    """
    if not yes and not sys.stdin.isatty():
        raise typer.BadParameter("is required without a terminal", param_hint="--yes")
    if not yes:
        typer.confirm("Continue although the newest rows do not verify?", abort=True, err=True)
    broken = run_with_application(config, lambda it: it.audit.acknowledge_break())
    if as_json:
        print(msgspec.json.encode({"acknowledged": list(broken)}).decode())
        return
    for place in broken:
        print(f"{place}: does not verify")
    print("acknowledged, and recorded" if broken else "the newest rows verify; nothing to do")


def _line(row: AuditRow | UnreadableRow, names: dict[int, str]) -> Line:
    if not isinstance(row, AuditRow):
        return _unreadable_line(row)
    details = row.read_details()
    return {
        "at": int(row.at.timestamp()),
        "event": UNREADABLE_EVENT if details is None else row.event,
        "account_id": row.account_id,
        "identifier": names.get(row.account_id or 0),
        "actor_id": row.actor_id,
        "actor": names.get(row.actor_id or 0),
        "classroom_id": row.classroom_id,
        "lease_id": row.lease_id,
        "rule": row.rule,
        "fingerprints": row.fingerprints.split(),
        "request_id": row.request_id,
        "details": {UNREADABLE_EVENT: TAMPERED_HINT} if details is None else details,
        "chain": row.chain,
        "seq": row.seq,
        "mac": row.mac,
    }


def _unreadable_line(row: UnreadableRow) -> Line:
    """Return what is left of an unreadable row, in the same shape."""
    unknown = dict.fromkeys(
        ("account_id", "identifier", "actor_id", "actor", "classroom_id", "lease_id", "rule")
    )
    return {
        "at": row.recorded_at_unix,
        "event": UNREADABLE_EVENT,
        **unknown,
        "fingerprints": [],
        "request_id": "",
        "details": {UNREADABLE_EVENT: TAMPERED_HINT},
        "chain": row.chain,
        "seq": row.seq,
        "mac": row.mac,
    }


def _head(text: str) -> ChainHead:
    found = re.fullmatch(r"([0-9a-f]{1,32}):([0-9]{1,9}):([0-9a-f]{64})", text)
    if found is None:
        raise typer.BadParameter(
            "expected a head as shown in the log, CHAIN:SEQ:MAC", param_hint="--checkpoint"
        )
    return ChainHead(found[1], int(found[2]), found[3])
