"""Reads a HAR file: the requests that a browser has recorded."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from classgate.explain.requests.models import Answer, Pairs, PastedRequest, Url
from classgate.input_bounds import JsonBounds

BOUNDS: Final = JsonBounds(size=4 << 20, values=200_000, levels=100)
MAX_ENTRIES: Final = 2000
_MAX_HEADERS: Final = 200


def read_har(text: str) -> list[PastedRequest] | None:
    """Return the requests in their order; None if the text is no HAR."""
    if not text.lstrip().startswith("{") or '"log"' not in text or '"entries"' not in text:
        return None
    data = text.encode(errors="replace")
    if not BOUNDS.allows(data):
        return None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    entries = _member(_member(document, "log"), "entries")
    if not isinstance(entries, list):
        return None
    return [found for each in entries[:MAX_ENTRIES] if (found := _entry(each)) is not None]


def _entry(entry: object) -> PastedRequest | None:
    request = _member(entry, "request")
    url = Url.parse(_text(request, "url"))
    if url is None:
        return None
    posted = _member(request, "postData")
    fields = _form(posted)
    return PastedRequest(
        source="har",
        method=(_text(request, "method") or "GET").upper(),
        url=url,
        headers=_headers(request),
        body=_text(posted, "text") if isinstance(posted, dict) and fields is None else None,
        form=fields,
        sent_at=_moment(_text(entry, "startedDateTime")),
        answer=_answer(_member(entry, "response")),
    )


def _form(posted: object) -> Pairs | None:
    if not _text(posted, "mimeType").startswith("multipart/form-data"):
        return None
    listed = _member(posted, "params")
    pairs = [
        (_text(each, "name"), _text(each, "value"))
        for each in (listed if isinstance(listed, list) else [])
        if not _text(each, "fileName")
    ]
    return tuple(pairs) or tuple(_parts(_text(posted, "text")))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of a form in parts, which some browsers record as text."""
    boundary = text.partition("\r\n")[0]
    if not boundary.startswith("--"):
        return
    for part in text.split(boundary)[1:200]:
        head, joint, value = part.partition("\r\n\r\n")
        name = head.partition(' name="')[2].partition('"')[0]
        if joint and name and "filename=" not in head:
            yield name, value.removesuffix("\r\n")


def _answer(response: object) -> Answer:
    status = _member(response, "status")
    content = _member(response, "content")
    body = _text(content, "text")
    if _text(content, "encoding") == "base64":
        try:
            body = base64.b64decode(body, validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            body = ""
    known = status if isinstance(status, int) and not isinstance(status, bool) else None
    return Answer(known, _headers(response), body)


def _headers(message: object) -> Pairs:
    listed = _member(message, "headers")
    if not isinstance(listed, list):
        return ()
    # HTTP/2's own fields begin with a colon; `:authority` is the host.
    pairs = [(_text(each, "name").lower(), _text(each, "value")) for each in listed[:_MAX_HEADERS]]
    named = [("host" if name == ":authority" else name, value) for name, value in pairs]
    return tuple((name, value) for name, value in named if name and not name.startswith(":"))


def _member(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _text(value: object, name: str) -> str:
    found = _member(value, name)
    return found if isinstance(found, str) else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
