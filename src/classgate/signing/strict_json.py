"""A JSON parser for untrusted input that refuses ambiguous text.

`json` and msgspec silently keep the last of two members with the same name. Two parsers could then
read one token or policy differently, so duplicate members are refused here.
"""

import json
import re
from typing import Final

from classgate.errors import VerificationFailed
from classgate.input_bounds import JsonBounds

MESSAGE_BOUNDS: Final = JsonBounds(size=64 * 1024, values=1000)
"""Far above the size of any token, policy or callback."""

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json_object(text: bytes, bounds: JsonBounds = MESSAGE_BOUNDS) -> dict[str, object]:
    """Parse one JSON object in UTF-8 without duplicate members at any depth.

    VerificationFailed (format) for anything else, and above the bounds.
    """
    if not bounds.allows(text):
        raise VerificationFailed("format", "the JSON is too long, too deep or has too many values")
    try:
        given = json.loads(
            text.decode(), object_pairs_hook=_refuse_duplicates, parse_constant=_no_constant
        )
        require_no_lone_surrogates(text, given)
    except ValueError:
        # Invalid UTF-8 or JSON, a duplicate member, a lone surrogate, or too many digits.
        raise VerificationFailed("format", "this is not one valid JSON object") from None
    if not isinstance(given, dict):
        raise VerificationFailed("format", "this is JSON, but not an object")
    return given


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate JSON key")
    return members


def _no_constant(_: str) -> object:
    raise ValueError("NaN and Infinity are not JSON")


def require_no_lone_surrogates(text: bytes, given: object) -> None:
    """Require that the value parsed from the text can be encoded. ValueError.

    A JSON escape can name a lone surrogate, which UTF-8 cannot encode.
    """
    if _SURROGATE_ESCAPE.search(text):
        json.dumps(given, ensure_ascii=False).encode()
