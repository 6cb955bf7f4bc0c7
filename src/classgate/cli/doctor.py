"""`classgate doctor`: what keeps this installation from working, and the fix."""

import asyncio
import textwrap
from pathlib import Path

import msgspec
import typer

from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption, read_settings
from classgate.diagnosis.findings import Finding, Status
from classgate.diagnosis.runner import is_healthy, report_configuration, run_checks
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs

_WORDS = {Status.OK: "ok", Status.FAIL: "FAIL", Status.WARN: "warn", Status.SKIPPED: "skipped"}

app = typer.Typer()


@app.command()
def doctor(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Check settings, clock, keys, database, STS, the bucket and its CORS rule, and print the
    fixes.

    Uploads one small object to the bucket and removes it. Exit 1 if anything fails.

    Example: classgate doctor --config /etc/classgate/classgate.toml
    """
    configure_logs("critical", "text")  # each failure is reported below
    try:
        settings = read_settings(config)
    except ConfigurationError as error:
        findings = report_configuration(error.faults)
    else:
        findings = asyncio.run(run_checks(settings))
    print(_as_json(findings) if as_json else _as_text(findings))
    if not is_healthy(findings):
        raise typer.Exit(1)


def _as_json(findings: list[Finding]) -> str:
    return msgspec.json.encode({"healthy": is_healthy(findings), "checks": findings}).decode()


def _as_text(findings: list[Finding]) -> str:
    lines = []
    for each in findings:
        lines.append(f"{_WORDS[each.status]:7}  {each.check}: {each.what}")
        if each.fix:
            lines.append(textwrap.indent(f"→ {each.fix}", " " * 9))
    failed = sum(each.status is Status.FAIL for each in findings)
    warned = sum(each.status is Status.WARN for each in findings)
    return "\n".join([*lines, f"{len(findings)} checks, {failed} failed, {warned} to look at"])
