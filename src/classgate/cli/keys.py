"""`classgate keys`: which keys are set, what is still out under each, and which may be dropped."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from classgate.app.application import Application
from classgate.app.key_report import (
    AuditKeyReport,
    KeyReport,
    SigningKeyReport,
    read_key_report,
)
from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption, read_settings
from classgate.cli.startup import run_with_application

app = typer.Typer()

Line = dict[str, object]


@app.command()
def keys(config: Path | None = ConfigOption, as_json: bool = JsonOption) -> None:
    """Print the keys, what is still valid under each, and which may be dropped.

    A key is shown by a name that reveals nothing of it.

    Example: classgate keys
    """
    settings = read_settings(config)

    async def read(application: Application) -> KeyReport:
        now = application.clock()
        return await read_key_report(settings, application.database.reader, now)

    report = run_with_application(config, read)
    lines = [*map(_signing_line, report.signing), *map(_audit_line, report.audit)]
    if as_json:
        print(msgspec.json.encode({"keys": lines}).decode())
        return
    details = [*map(_signing_details, report.signing), *map(_audit_details, report.audit)]
    for line, texts in zip(lines, details, strict=True):
        print(f"{line['setting'] or 'not set'} {line['name'] or 'unknown'}: {line['use']}")
        for text in (*texts, line["drop"]):
            print(f"  {text}")


def _signing_line(key: SigningKeyReport) -> Line:
    return {
        "setting": key.setting,
        "name": key.name,
        "use": "signs" if key.signs else "signs nothing",
        "issued": [
            {
                "kind": each.kind.value,
                "count": each.leases,
                "never_expire": each.unlimited,
                "last_expires_at": _unix(each.last_expiry),
            }
            for each in key.uses
        ],
        "may_be_dropped": not key.signs and key.free_at is None and not key.unlimited,
        "drop": _drop_signing_key(key),
    }


def _drop_signing_key(key: SigningKeyReport) -> str:
    if key.signs:
        return "it signs: set another one before you drop it"
    if key.free_at is None and not key.unlimited:
        return "may be dropped now"
    parts = []
    if key.free_at is not None:
        parts.append(f"may be dropped from {_text(key.free_at)}; earlier, what is valid stops")
    if key.unlimited:
        parts.append(
            f"{key.unlimited} single-use signatures never expire: those that are not used yet stop "
            "only when it is dropped"
        )
    return "; ".join(parts)


def _audit_line(key: AuditKeyReport) -> Line:
    return {
        "setting": key.setting,
        "name": key.name,
        "use": "writes" if key.writes else "verifies and finds" if key.name else "no key fits",
        "chains": key.chains,
        "last_row_at": _unix(key.last_row_at),
        "second_factors": key.second_factors,
        "held_identifiers": key.held_identifiers,
        "held_until": None if key.is_held_forever else _unix(key.held_until),
        "held_forever": key.is_held_forever,
        "may_be_dropped": not key.writes and not _needs(key),
        "drop": _drop_audit_key(key),
    }


def _needs(key: AuditKeyReport) -> list[str]:
    """Return what would be lost without the key."""
    needs = []
    if key.chains:
        needs.append(f"{key.chains} chains would not verify")
    if key.second_factors:
        needs.append(f"{key.second_factors} second factors would have to be reset")
    if key.held_identifiers:
        needs.append(f"{key.held_identifiers} held identifiers would be free")
    return needs


def _drop_audit_key(key: AuditKeyReport) -> str:
    if key.writes:
        return "it writes: set another one before you drop it"
    needs = _needs(key)
    if key.name is None:
        return f"a key is missing, or this was changed: {', '.join(needs)}"
    if not needs:
        return "may be dropped now"
    return f"keep it: without it {', '.join(needs)}"


def _signing_details(key: SigningKeyReport) -> list[str]:
    found = []
    for each in key.uses:
        text = f"{each.leases} {each.kind.value}"
        if each.last_expiry is not None:
            text += f", the last until {_text(each.last_expiry)}"
        if each.unlimited:
            text += f", {each.unlimited} without an end"
        found.append(text)
    return found


def _audit_details(key: AuditKeyReport) -> list[str]:
    found = []
    if key.chains:
        newest = "" if key.last_row_at is None else f", the newest row of {_text(key.last_row_at)}"
        found.append(f"{key.chains} chains{newest}")
    if key.second_factors:
        found.append(f"{key.second_factors} second factors")
    if key.held_until is not None:
        until = "for ever" if key.is_held_forever else f"until {_text(key.held_until)}"
        found.append(f"{key.held_identifiers} held identifiers, the last {until}")
    return found


def _unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
