"""The old protocol's body and envelope, read as its backend read them.

What it was (PHP's `json_decode` and `empty`) is public in "zhaoyang21cn/SuiXinBoInEduServer".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from classgate.input_bounds import JsonBounds
from classgate.signing.strict_json import require_whole_characters

MAX_BODY: Final = 64 * 1024
# Twelve levels were the old backend's. No client's body has a tenth of so many values.
BOUNDS: Final = JsonBounds(size=MAX_BODY, values=500, levels=12)

_MAX_DIGITS = 30


class BodyUnreadable(Exception):
    """The body is no JSON as the old backend took it."""


@dataclass(frozen=True)
class Answer:
    """The ordinary envelope. `data` is left out where there is none."""

    code: int = 0
    info: str = ""
    data: Mapping[str, Any] | None = None

    def to_wire(self) -> dict[str, Any]:
        """`errorCode` and `errorInfo` are always there: Android throws without them."""
        envelope: dict[str, Any] = {"errorCode": self.code, "errorInfo": self.info}
        return envelope if self.data is None else {**envelope, "data": self.data}


@dataclass(frozen=True)
class RecordingAnswer:
    """What the recording callback is answered: always this. `code` tells us what came of it."""

    code: int = 0

    def to_wire(self) -> dict[str, Any]:
        """Whatever came of it; the cloud would repeat a refusal."""
        return {"code": 0}


@dataclass(frozen=True)
class IndexAnswer:
    """What the index callback is answered."""

    code: int = 0
    info: str = ""

    def to_wire(self) -> dict[str, Any]:
        """The status is OK also where the code is not 0."""
        return {"ActionStatus": "OK", "ErrorCode": self.code, "ErrorInfo": self.info}


AnyAnswer = Answer | RecordingAnswer | IndexAnswer


def read_body(content: bytes) -> dict[str, Any]:
    """The request's object. BodyUnreadable, also for what is beyond the bounds.

    Nothing at all, and anything that is not an object, counts as an empty object. Of a member that
    stands twice the last counts.
    """
    if not content:
        return {}
    if not BOUNDS.allows(content):
        raise BodyUnreadable
    try:
        value = json.loads(content.decode(), parse_int=_read_number, parse_constant=_refuse)
        # JSON can escape half a character; nothing can be stored or compared with that.
        require_whole_characters(content, value)
    except ValueError as error:
        raise BodyUnreadable from error
    if value is None:
        raise BodyUnreadable
    return value if isinstance(value, dict) else {}


def _read_number(digits: str) -> int | float:
    """As PHP has it: what is far over 64 bits is no integer, and not an error either."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _refuse(_constant: str) -> object:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError


def is_empty(value: object) -> bool:
    """What PHP calls empty."""
    return value in (None, 0, "", "0", False) or value in ([], {})
