"""Reads what the cloud answered to a request: the error document and the time of the server."""

import html
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from classgate.explain.requests.models import Answer

CHECK_HEADER: Final = "x-emulator-failed-check"
_MAX_ELEMENT: Final = 20_000
_CHECK_OF_CODE: Final = {
    "InvalidAccessKeyId": "key_id",
    "InvaildAccessKeyId": "key_id",
    "RequestTimeTooSkewed": "time",
    "SignatureDoesNotMatch": "signature",
    "ExpiredToken": "token",
    "InvalidSecurity": "token",
    "AccessForbidden": "cors",
    "AccessDenied": "policy",
}
_EXPIRED_MESSAGE: Final = "request has expired"
_CHECKS: Final = frozenset({"cors", "anonymous", "format", "key_id", "time", "signature", "token",
                            "policy"})  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """What the cloud answered. `check` is the check that it names by its code, or None."""

    code: str
    message: str
    check: str | None
    format_string: str | None
    string_to_sign: str | None
    server_time: datetime | None
    status: int | None

    @property
    def was_accepted(self) -> bool:
        """Return whether the request succeeded."""
        return self.status is not None and 200 <= self.status < 300


def read_answer(answer: Answer) -> Refusal:
    """Read the answer to a request. Nothing pasted gives empty values."""
    code, message = _element(answer.body, "Code") or "", _element(answer.body, "Message") or ""
    named = answer.header(CHECK_HEADER)
    return Refusal(
        code=code,
        message=message,
        check=named if named in _CHECKS else _check_of(code, message),
        format_string=_element(answer.body, "FormatString"),
        string_to_sign=_element(answer.body, "StringToSign"),
        server_time=answer.server_time,
        status=answer.status,
    )


def _check_of(code: str, message: str) -> str | None:
    if code == "AccessDenied" and _EXPIRED_MESSAGE in message.lower():
        return "time"
    return _CHECK_OF_CODE.get(code)


def _element(document: str, name: str) -> str | None:
    """Return the text of an element. No XML parser: nothing is expanded, whatever was pasted."""
    start = document.find(f"<{name}>")
    end = document.find(f"</{name}>", start)
    if start < 0 or end < 0 or end - start > _MAX_ELEMENT:
        return None
    text = document[start + len(name) + 2 : end]
    cdata = re.fullmatch(r"\s*<!\[CDATA\[(.*)\]\]>\s*", text, re.DOTALL)
    return cdata[1] if cdata else html.unescape(text)
