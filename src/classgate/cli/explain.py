"""`classgate explain`: what was pasted, which check fails, why, and what to do."""

import os
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from classgate.app.explanation_context import explanation_context
from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption
from classgate.explain.explanation import MAX_REQUEST_CHARACTERS
from classgate.explain.explanation import explain as explain_text
from classgate.explain.models import Check, Explanation, GrantRequest
from classgate.settings.loading import DEFAULT_FILE
from classgate.settings.partial import load_partial_settings

# A character has at most 4 bytes; of longer text nothing more is read.
_MAX_BYTES = 4 * MAX_REQUEST_CHARACTERS
_LAST_SECOND = 253_402_300_799  # of the year 9999

app = typer.Typer()

# As in `startup`, which would import the whole service.
ConfigOption = typer.Option(
    None, "--config", metavar="FILE", help="Settings; without it classgate.toml, if there is one."
)


# A code of TRTC is negative, and would be taken for an option.
@app.command(context_settings={"ignore_unknown_options": True})
def explain(
    text: str = typer.Argument("-", metavar="[TEXT | -]", help="What to explain; - reads stdin."),
    identifier: str | None = typer.Option(None, help="The account that it should be for."),
    at: int | None = typer.Option(
        None,
        metavar="N",
        parser=whole_number(maximum=_LAST_SECOND),
        help="Judge at this Unix time instead of now.",
    ),
    method: str | None = typer.Option(None, help="Would the policy allow this method?"),
    bucket: str | None = typer.Option(None, help="On this bucket; the configured one if left out."),
    key: str | None = typer.Option(None, help="On the object with this key."),
    query: list[str] = typer.Option([], help="With this parameter, such as uploads; repeatable."),
    form: bool = typer.Option(False, "--form", help="As an upload with a form (POST Object)."),
    chinese: bool = typer.Option(False, "--zh", help="Answer in Chinese."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Explain a UserSig, a PrivateMapKey, a signature, a policy, an error reply or a code.

    Uses the keys of the settings that can be read; an incomplete configuration, or none, is enough.
    What is pasted is neither stored nor logged. Exit 0 valid or explained, 1 not.

    With --method and --key: would the pasted policy allow that request?

    Example: classgate explain 70003
    """
    if text.startswith("-") and not re.fullmatch("-[0-9]*", text):
        raise typer.BadParameter(f"there is no option {text}")
    if config is None and DEFAULT_FILE.is_file():
        config = DEFAULT_FILE
    settings = load_partial_settings(os.environ, config)
    for fault in settings.faults:
        print(f"classgate: {fault}; explained without it", file=sys.stderr)
    moment = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    context = explanation_context(settings, moment, identifier=identifier, chinese=chinese)
    asked = _grant_request(method, bucket or context.bucket, key, tuple(query), is_form=form)
    context = replace(context, grant_request=asked)
    explanation = explain_text(_read_stdin() if text == "-" else text, context)
    if as_json:
        print(msgspec.json.encode(explanation.to_json()).decode())
    else:
        print(_as_text(explanation, context.say("fix", "解决办法")))
    if not explanation.is_answered:
        raise typer.Exit(1)


def _grant_request(
    method: str | None,
    bucket: str | None,
    key: str | None,
    query: tuple[str, ...],
    *,
    is_form: bool,
) -> GrantRequest | None:
    """Return the request that a policy may allow; None if none is asked about."""
    if method is None and key is None and not query and not is_form:
        return None
    if method is None or key is None or not bucket:
        raise typer.BadParameter("a question about a grant needs --method, --key and a bucket")
    return GrantRequest(method, bucket, key, query, is_form)


def _read_stdin() -> str:
    """Read stdin up to the bound; what is not UTF-8 is kept as replacement characters."""
    return sys.stdin.buffer.read(_MAX_BYTES + 1).decode(errors="replace")


def _as_text(explanation: Explanation, fix: str) -> str:
    lines = [explanation.kind.value]
    lines += [f"  {name}: {_printable(value)}" for name, value in explanation.content.items()]
    lines += [_check_line(each) for each in explanation.checks]
    for number, each in enumerate(explanation.causes, 1):
        lines += [f"{number}. {each.code}: {_printable(each.evidence)}", f"   {fix}: {each.fix}"]
    return "\n".join([*lines, *map(_printable, explanation.comparison)])


def _check_line(check: Check) -> str:
    word = {True: "ok", False: "FAIL", None: "?"}[check.ok]
    return f"{word:5} {check.name}" + (f": {_printable(check.detail)}" if check.detail else "")


def _printable(value: object) -> str:
    """Return the text without characters that control a terminal."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
