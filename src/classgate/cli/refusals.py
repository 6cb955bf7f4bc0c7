"""`classgate refusals`: who was refused what, and why."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from classgate.app.application import Application
from classgate.cli.moments import SinceOption, read_moment
from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption
from classgate.cli.startup import run_with_application
from classgate.refusal_log.models import LEFT_OUT, StoredRefusal

app = typer.Typer()

_PAGE = 500

Line = dict[str, object]


@app.command("refusals")
def show(
    identifier: str | None = typer.Option(
        None,
        help="Only of this account; or of log-ins with this name, if there is no such account.",
    ),
    classroom: int | None = typer.Option(
        None, metavar="N", parser=whole_number(1, 2**32 - 1), help="Only at this class."
    ),
    since: str | None = SinceOption,
    request_id: str | None = typer.Option(
        None, "--request-id", metavar="R", help="Only of the request with this X-Request-Id."
    ),
    limit: int = typer.Option(
        100, metavar="N", parser=whole_number(1, 1_000_000), help="At most so many rows."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Print who was refused what, when and why; newest first. A row counts one minute.

    Exit 1 if the request of --request-id is not found.

    Example: classgate refusals --identifier amy --classroom 7 --since 1h
    """
    moment = None if since is None else read_moment(since)

    async def read(application: Application) -> list[Line]:
        lines: list[Line] = []
        cursor: str | None = None
        while len(lines) < limit:
            page, names = await application.accounts.refusals.list_page(
                identifier=identifier,
                classroom_id=classroom,
                since=moment,
                request_id=request_id,
                cursor=cursor,
                limit=min(_PAGE, limit - len(lines)),
            )
            lines += [_line(row, names) for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        return lines

    lines = run_with_application(config, read)
    if as_json:
        print(msgspec.json.encode({"refusals": lines}).decode())
    for line in () if as_json else lines:
        print(_text(line))
    if not lines and request_id is not None:
        print(f"classgate: no refusal of the request {request_id} is kept", file=sys.stderr)
        raise typer.Exit(1)


def _line(row: StoredRefusal, names: dict[int, str]) -> Line:
    return {
        "first_at": int(row.first_at.timestamp()),
        "last_at": int(row.last_at.timestamp()),
        "count": row.count,
        "account_id": row.account_id,
        "identifier": names.get(row.account_id or 0),
        "identifier_digest": row.identifier_digest,
        "classroom_id": row.classroom_id,
        "reason": row.reason,
        "rule": row.rule,
        "route": row.route,
        "address": row.address,
        "request_id": row.request_id,
    }


def _text(line: Line) -> str:
    """Return a row for people: the time is that of its last refusal."""
    at = datetime.fromtimestamp(int(str(line["last_at"])), UTC).isoformat()
    if line["reason"] == LEFT_OUT:
        return f"{at} {line['count']} refusals have no row: {line['rule']}"
    whom = line["identifier"] or line["account_id"]
    if whom is None:
        digest = line["identifier_digest"]
        whom = "a stranger" if digest is None else f"unknown name {digest}"
    where = "" if line["classroom_id"] is None else f" class {line['classroom_id']}"
    times = "" if line["count"] == 1 else f" {line['count']} times"
    address = f" from {line['address']}" if line["address"] else ""
    return (
        f"{at} {whom}{where} {line['reason']} [{line['rule']}]{times}{address}"
        f" {line['route']} {line['request_id']}"
    )
