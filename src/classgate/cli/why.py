"""`classgate why`: the checks of an admission, the first that refuses, and what to do."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from classgate.admission.models import Action, Explanation
from classgate.api.why import WhyAnswer, view
from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption
from classgate.cli.startup import run_with_application

app = typer.Typer()

_MARKS = {True: "ok", False: "no", None: "-"}


@app.command()
def why(
    identifier: str = typer.Argument(..., metavar="IDENTIFIER", help="The account's identifier."),
    classroom: int = typer.Argument(
        ..., metavar="CLASSROOM", parser=whole_number(1, 2**32 - 1), help="The class's number."
    ),
    action: Action = typer.Option(
        Action.ENTER, "--action", help="What the person wants to do in the class."
    ),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Explain why a person may act in a class, or may not; nothing is issued.

    Exit 1 if not. Limits of credentials, and over SQLite of log-ins, are in the memory of the
    service: GET /v1/admin/why has them too.

    Example: classgate why amy 7
    """
    explanation: Explanation = run_with_application(
        config, lambda it: it.admission.explain(None, identifier, classroom, action)
    )
    answer = view(explanation)
    if as_json:
        print(msgspec.json.encode(answer).decode())
    else:
        _print(answer)
    if not answer.allowed:
        raise typer.Exit(1)


def _print(answer: WhyAnswer) -> None:
    width = max(len(each.name) for each in answer.checks)
    for each in answer.checks:
        print(f"{_MARKS[each.ok]:<2} {each.name:<{width}}  {each.detail}")
    what = f"{answer.identifier} may {answer.action.value} in class {answer.classroom_id}"
    if answer.allowed:
        print(f"allowed: {what}")
    else:
        print(f"refused: {answer.reason}: {answer.detail}")
        print(f"fix ({', '.join(each.value for each in answer.by)}): {answer.fix}")
    for past in answer.refusals:
        at = datetime.fromtimestamp(past.at, UTC).isoformat()
        often = "once" if past.count == 1 else f"{past.count} times"
        print(f"was refused: {at} {past.reason} [{past.rule}] {often} {past.request_id}")
