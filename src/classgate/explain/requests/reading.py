"""Finds the request in a pasted text, and the answer that was pasted after it."""

import re
from dataclasses import replace
from typing import Final

from classgate.explain.requests.curl import is_curl, read_curl
from classgate.explain.requests.fetch_call import is_fetch, read_fetch
from classgate.explain.requests.har import read_har
from classgate.explain.requests.models import Answer, PastedRequest

_ERROR_BODY: Final = re.compile(r"(?:<\?xml[^>]{0,200}\?>\s*)?<Error>.*\Z", re.DOTALL)
_STATUS: Final = re.compile(r"^HTTP/[0-9.]+ ([0-9]{3})\b", re.MULTILINE)
_HEADER: Final = re.compile(r"^([A-Za-z0-9-]{1,80}): ?(.{0,4000})$", re.MULTILINE)


def read_requests(text: str) -> list[PastedRequest] | None:
    """Return the pasted requests; None if the text is no request. A HAR has several."""
    har = read_har(text)
    if har is not None:
        return har
    if not is_curl(text) and not is_fetch(text):
        return None
    command, answer = _split_answer(text)
    request = read_curl(command) if is_curl(command) else read_fetch(command)
    return [] if request is None else [replace(request, answer=answer)]


def _split_answer(text: str) -> tuple[str, Answer]:
    """Return the command and what was pasted after it: a status line, headers, an error body."""
    body = _ERROR_BODY.search(text)
    head = text if body is None else text[: body.start()]
    status = _STATUS.search(head)
    command = head if status is None else head[: status.start()]
    lines = "" if status is None else head[status.end() :]
    headers = tuple((name.lower(), value.strip()) for name, value in _HEADER.findall(lines)[:200])
    return command, Answer(
        None if status is None else int(status[1]), headers, "" if body is None else body[0]
    )
