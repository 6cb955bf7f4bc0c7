"""Reads a call of `fetch`, as "Copy as fetch" of a browser writes it, for pages and for Node."""

import re
from typing import Final

from classgate.explain.requests.js_literals import LiteralReader, NotLiteral, Value
from classgate.explain.requests.models import Pairs, PastedRequest, Url

_CALL: Final = re.compile(r"\s*(?:(?:const|let|var)\s+\w+\s*=\s*)?(?:await\s+)?fetch\s*\(")


def is_fetch(text: str) -> bool:
    """Return whether a text begins with a call of fetch."""
    return _CALL.match(text) is not None


def read_fetch(text: str) -> PastedRequest | None:
    """Return the request of a call; None if it cannot be read."""
    start = _CALL.match(text)
    if start is None:
        return None
    reader = LiteralReader(text, start.end())
    try:
        address = reader.value()
        options = reader.value() if reader.take(",") and not reader.take(")") else {}
    except NotLiteral:
        return None
    url = Url.parse(address) if isinstance(address, str) and "://" in address else None
    if url is None or not isinstance(options, dict):
        return None
    body = options.get("body")
    return PastedRequest(
        source="fetch",
        method=_text(options.get("method"), "GET").upper(),
        url=url,
        headers=_headers(options.get("headers")),
        body=body if isinstance(body, str) else None,
    )


def _text(value: Value, default: str) -> str:
    return value if isinstance(value, str) and value else default


def _headers(given: Value) -> Pairs:
    """Return the headers of an object, or of a list of pairs."""
    pairs: list[tuple[Value, Value]] = []
    if isinstance(given, dict):
        pairs = list(given.items())
    elif isinstance(given, list):
        pairs = [(each[0], each[1]) for each in given if isinstance(each, list) and len(each) == 2]
    return tuple(
        (name.lower(), value)
        for name, value in pairs
        if isinstance(name, str) and isinstance(value, str)
    )
