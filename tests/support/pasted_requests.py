"""Requests in the forms in which browsers copy them: curl, curl for Windows, fetch, HAR."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What browsers leave out when they copy a request as curl or fetch.
_LEFT_OUT = frozenset({"host", "content-length", "connection", "accept-encoding"})


@dataclass(frozen=True)
class Sent:
    """A request as it was sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    def copied_headers(self) -> dict[str, str]:
        return {name: text for name, text in self.headers.items() if name.lower() not in _LEFT_OUT}

    def changed(self, **values: Any) -> "Sent":
        return Sent(**({**vars(self)} | values))

    def with_header(self, name: str, value: str) -> "Sent":
        kept = {held: text for held, text in self.headers.items() if held.lower() != name.lower()}
        return self.changed(headers={**kept, name: value})

    def without_header(self, name: str) -> "Sent":
        kept = {held: text for held, text in self.headers.items() if held.lower() != name.lower()}
        return self.changed(headers=kept)


def as_curl(sent: Sent) -> str:
    """As "Copy as cURL (bash)" of Chrome writes it."""
    lines = [f"curl {_quoted(sent.url)}", f"-X {_quoted(sent.method)}"]
    lines += [f"-H {_quoted(f'{name}: {text}')}" for name, text in sent.copied_headers().items()]
    if sent.body is not None:
        lines.append(f"--data-raw {_quoted(sent.body)}")
    return " \\\n  ".join(lines)


def _quoted(text: str) -> str:
    if re.search(r"[^\x20-\x7e]|'|!", text) is None:
        return f"'{text}'"
    # Chrome writes everything beyond ASCII with $'…'.
    escaped = "".join(
        each if 0x20 <= ord(each) <= 0x7E and each not in "\\'!" else f"\\u{ord(each):04x}"
        for each in text
    )
    return f"$'{escaped}'"


def as_windows_curl(sent: Sent) -> str:
    """As "Copy as cURL (cmd)" of Chrome writes it."""
    lines = [f"curl {_careted(sent.url)}", f"-X {_careted(sent.method)}"]
    lines += [f"-H {_careted(f'{name}: {text}')}" for name, text in sent.copied_headers().items()]
    if sent.body is not None:
        lines.append(f"--data-raw {_careted(sent.body)}")
    return " ^\n  ".join(lines)


def _careted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = re.sub(r"[^a-zA-Z0-9\s_\-:=+~'/.',?;()*`]", r"^\g<0>", escaped)
    return '^"' + re.sub(r"%(?=[a-zA-Z0-9_])", "%^", escaped) + '^"'


def as_fetch(sent: Sent) -> str:
    """As "Copy as fetch" of Chrome writes it."""
    options: dict[str, object] = {
        "headers": {name.lower(): text for name, text in sent.copied_headers().items()},
        "body": sent.body,
        "method": sent.method,
        "mode": "cors",
        "credentials": "omit",
    }
    return f"fetch({json.dumps(sent.url)}, {json.dumps(options, indent=2)});"


def as_har(
    sent: Sent,
    status: int = 403,
    body: str = "",
    answered: Mapping[str, str] | None = None,
    started: str = "2026-11-29T09:00:00.000Z",
) -> str:
    """As "Save all as HAR" writes it, with another request before this one."""
    entries = [_entry(Sent("GET", "https://school.example/"), 200, "<html>", {}, started)]
    entries.append(_entry(sent, status, body, answered or {}, started))
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "x"}, "entries": entries}})


def _entry(
    sent: Sent, status: int, body: str, answered: Mapping[str, str], started: str
) -> dict[str, object]:
    request: dict[str, object] = {
        "method": sent.method,
        "url": sent.url,
        "httpVersion": "HTTP/1.1",
        "headers": _listed(sent.headers),
        "queryString": [],
    }
    if sent.body is not None:
        request["postData"] = {"mimeType": "text/plain", "text": sent.body}
    content = {"size": len(body), "mimeType": "application/xml", "text": body}
    response = {"status": status, "headers": _listed(answered), "content": content}
    return {"startedDateTime": started, "request": request, "response": response}


def _listed(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": text} for name, text in headers.items()]


FORMS = {"curl": as_curl, "cmd": as_windows_curl, "fetch": as_fetch, "har": as_har}
