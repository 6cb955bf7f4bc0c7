"""Finds the request in a pasted text, and the answer that was pasted after it."""

import re
from dataclasses import replace
from typing import Final

from classgate.explain.requests.curl import is_curl, read_curl
from classgate.explain.requests.fetch_call import is_fetch, read_fetch
from classgate.explain.requests.har import read_har
from classgate.explain.requests.models import Answer, PastedRequest
from classgate.explain.requests.raw_http import find_raw_request, read_raw_request

# At the beginning of a line, behind a prompt of a shell, PowerShell or a browser's console perhaps.
_COMMAND: Final = re.compile(
    r"^(?:[^\S\n]|[^\n]{0,100}[$>#%][^\S\n]*)?"
    r"(?P<command>(?:[\w./\\:]{0,100}[/\\])?curl(?:\.exe)?[ ]|(?:await )?fetch\()",
    re.MULTILINE | re.IGNORECASE,
)
# What chat programs make of quotation marks.
_TYPESET_QUOTES: Final = str.maketrans("“”‘’", "\"\"''")
_FENCE_END: Final = re.compile(r"\n```[ \t]*(?:\n|\Z)")
_MAX_BEFORE: Final = 2000
_ERROR_BODY: Final = re.compile(r"(?:<\?xml[^>]{0,200}\?>\s*)?<Error>.*\Z", re.DOTALL)
_STATUS: Final = re.compile(r"^HTTP/[0-9.]+ ([0-9]{3})\b", re.MULTILINE)
_HEADER: Final = re.compile(r"^([A-Za-z0-9-]{1,80}): ?(.{0,4000})$", re.MULTILINE)


def read_requests(text: str) -> list[PastedRequest] | None:
    """Return the pasted requests; None if the text is no request. A HAR has several."""
    har = read_har(text)
    if har is not None:
        return har
    line = find_raw_request(text)
    if line is not None:
        raw, after = read_raw_request(text, line)
        return [] if raw is None else [replace(raw, answer=_split_answer(after)[1])]
    text = _from_command(text)
    if not is_curl(text) and not is_fetch(text):
        return None
    command, answer = _split_answer(text)
    if re.search("[\"']", command) is None:
        command = command.translate(_TYPESET_QUOTES)
    request = read_curl(command) if is_curl(command) else read_fetch(command)
    return [] if request is None else [replace(request, answer=answer)]


def _from_command(text: str) -> str:
    """Return the text from its command on: before it stands a prompt, a fence or a sentence."""
    if is_curl(text) or is_fetch(text):
        return text
    found = _COMMAND.search(text[:_MAX_BEFORE])
    if found is None:
        return text
    body = text[found.start("command") :]
    return _FENCE_END.sub("\n", body) if "```" in text[: found.start()] else body


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
