"""JSON from strangers, read so that it can mean only one thing.

`json` and msgspec both take the last of two members of one name, silently; a token or a policy that
two readers can read in two ways is refused here. Which members are wanted is the formats' to say.
"""

import json
import re
from typing import Final

from classgate.errors import VerificationFailed
from classgate.input_bounds import JsonBounds

MESSAGE: Final = JsonBounds(size=64 * 1024, values=1000)
"""A token, a policy, a callback: none of them comes near."""

_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json_object(text: bytes, bounds: JsonBounds = MESSAGE) -> dict[str, object]:
    """One JSON object in UTF-8, no member twice at any depth.

    VerificationFailed (format) for anything else, and for what is beyond the bounds.
    """
    if not bounds.allows(text):
        raise VerificationFailed("format", "the JSON is too long, too deep or has too many values")
    try:
        given = json.loads(
            text.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_constant
        )
        require_whole_characters(text, given)
    except ValueError:
        # ValueError is bad UTF-8, bad JSON, a repeat, half a character, or an endless number.
        raise VerificationFailed("format", "this is not one sound JSON object") from None
    if not isinstance(given, dict):
        raise VerificationFailed("format", "this is JSON, but not an object")
    return given


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_constant(_: str) -> object:
    raise ValueError("NaN and Infinity are not JSON")


def require_whole_characters(text: bytes, given: object) -> None:
    """ValueError: an escape in the text names half of a character, and so what it gave holds one.

    Nobody can write that down again.
    """
    if _HALF_CHARACTER.search(text):
        json.dumps(given, ensure_ascii=False).encode()
