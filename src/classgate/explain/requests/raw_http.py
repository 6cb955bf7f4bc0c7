"""Reads a request as it is sent: from a proxy, from Postman's console, or from `curl -v`."""

import re
from typing import Final

from classgate.explain.requests.models import PastedRequest, Url

_REQUEST_LINE: Final = re.compile(
    r"^(?P<sign>>[ ])?(?P<method>GET|PUT|POST|HEAD|DELETE|OPTIONS) (?P<target>(?:/|https?://)\S*)"
    r" HTTP/[0-9.]+[ \t]*\r?$",
    re.MULTILINE,
)
_HEADER: Final = re.compile(r"(?P<name>[A-Za-z0-9-]{1,80}):[ \t]*(?P<value>.{0,8000})")
_MAX_LINES: Final = 200


def find_raw_request(text: str) -> re.Match[str] | None:
    """Return where a request line stands in a text; None if there is none."""
    return _REQUEST_LINE.search(text)


def read_raw_request(text: str, line: re.Match[str]) -> tuple[PastedRequest | None, str]:
    """Return the request of a request line, and the text that follows its headers.

    In what `curl -v` prints, the signs `>` and `<` before the lines are left out.
    """
    rest = text[line.end() :].lstrip("\r\n") if line["sign"] else text[line.end() + 1 :]
    lines = rest.splitlines()
    headers: list[tuple[str, str]] = []
    used = 0
    for each in lines[:_MAX_LINES]:
        found = _HEADER.fullmatch(each.removeprefix("> ") if line["sign"] else each)
        if found is None:
            break
        used += 1
        headers.append((found["name"].lower(), found["value"].strip()))
    answer = "\n".join(each.removeprefix("< ") for each in lines[used:])
    host = next((value for name, value in headers if name == "host"), "")
    target = line["target"]
    url = Url.parse(f"https://{host}{target}" if target.startswith("/") else target)
    if url is None or not url.host:
        return None, answer
    request = PastedRequest(source="raw", method=line["method"], url=url, headers=tuple(headers))
    return request, answer
