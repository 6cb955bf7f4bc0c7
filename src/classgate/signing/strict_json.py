"""JSON from strangers, read so that it can mean only one thing.

`json` and msgspec both take the last of two members of one name, silently; a token or a policy that
two readers can read in two ways is refused here. Which members are wanted is the formats' to say.
"""

import json

from classgate.errors import VerificationFailed


def read_json_object(text: bytes) -> dict[str, object]:
    """One JSON object in UTF-8, no member twice at any depth.

    VerificationFailed (format) for anything else, nesting too deep to read included. The caller
    bounds the size.
    """
    try:
        given = json.loads(
            text.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_constant
        )
        _require_whole_characters(given)
    except (ValueError, RecursionError):
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


def _require_whole_characters(given: object) -> None:
    # An escape may name half of a surrogate pair, which nobody can write down again.
    json.dumps(given, ensure_ascii=False).encode()
