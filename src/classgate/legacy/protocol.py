"""The legacy protocol's body and envelope, parsed as its backend did.

Its source (PHP's `json_decode` and `empty`) is public in "zhaoyang21cn/SuiXinBoInEduServer".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from classgate.input_bounds import JsonBounds
from classgate.signing.strict_json import require_no_lone_surrogates

MAX_BODY: Final = 64 * 1024
# The 2017 backend allowed twelve levels. No client's body has a tenth of so many values.
BOUNDS: Final = JsonBounds(size=MAX_BODY, values=500, levels=12)

_MAX_DIGITS = 30


class BodyUnreadable(Exception):
    """The body is not JSON that the 2017 backend accepted."""


@dataclass(frozen=True)
class Answer:
    """The normal envelope. `data` is omitted if there is none."""

    code: int = 0
    info: str = ""
    data: Mapping[str, Any] | None = None

    def encode(self) -> bytes:
        """Return the JSON. `errorCode` and `errorInfo` are always present: Android throws without
        them.
        """
        envelope: dict[str, Any] = {"errorCode": self.code, "errorInfo": self.info}
        return _to_json(envelope if self.data is None else {**envelope, "data": self.data})


@dataclass(frozen=True)
class EncodedListAnswer:
    """The normal envelope of a page and its total; the items are JSON already."""

    total: int
    name: str
    items: Sequence[str]
    code: int = 0

    def encode(self) -> bytes:
        """Return the JSON that an `Answer` with these data has."""
        data = f'{{"total": {self.total}, "{self.name}": [{", ".join(self.items)}]}}'
        return f'{{"errorCode": {self.code}, "errorInfo": "", "data": {data}}}'.encode()


@dataclass(frozen=True)
class RecordingAnswer:
    """The answer to the recording callback: always the same. `code` is for our metrics."""

    code: int = 0

    def encode(self) -> bytes:
        """Return the JSON; the cloud would repeat a rejected callback."""
        return _to_json({"code": 0})


@dataclass(frozen=True)
class IndexAnswer:
    """The answer to the index callback."""

    code: int = 0
    info: str = ""

    def encode(self) -> bytes:
        """Return the JSON; its status is OK even if the code is not 0."""
        return _to_json({"ActionStatus": "OK", "ErrorCode": self.code, "ErrorInfo": self.info})


def _to_json(value: Mapping[str, Any]) -> bytes:
    """Return ASCII, as the 2017 backend did."""
    return json.dumps(value).encode()


AnyAnswer = Answer | EncodedListAnswer | RecordingAnswer | IndexAnswer


def read_body(content: bytes) -> dict[str, Any]:
    """Parse the request's object. BodyUnreadable, also above the bounds.

    An empty body and any non-object count as an empty object. The last of duplicate members counts.
    """
    if not content:
        return {}
    if not BOUNDS.allows(content):
        raise BodyUnreadable
    try:
        value = _DECODER.decode(content.decode())
        # JSON can escape a lone surrogate; it cannot be stored or compared.
        require_no_lone_surrogates(content, value)
    except ValueError as error:
        raise BodyUnreadable from error
    if value is None:
        raise BodyUnreadable
    return value if isinstance(value, dict) else {}


def _read_number(digits: str) -> int | float:
    """Parse as PHP does: what far exceeds 64 bits is a float, not an error."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _refuse(_constant: str) -> object:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError


_DECODER = json.JSONDecoder(parse_int=_read_number, parse_constant=_refuse)


def is_empty(value: object) -> bool:
    """Return whether PHP calls it empty."""
    return value in (None, 0, "", "0", False) or value in ([], {})
