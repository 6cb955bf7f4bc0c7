"""What the text around a credential says about its use: by whom, for which application and room.

A text may have several credentials, each with its own account. What stands nearest belongs to it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import unquote

from classgate.explain.pasted_text import MAX_SHOWN, Surroundings, normalized

_MAX_LABELS: Final = 200
_IDENTIFIER_NAMES: Final = frozenset({"identifier", "userid", "useridentifier", "loginuser"})
_APP_NAMES: Final = frozenset({"sdkappid"})
_TEXT_ROOM_NAMES: Final = frozenset({"strroomid", "roomidstr"})
_ROOM_NAMES: Final = frozenset({"roomid", "roomnum", *_TEXT_ROOM_NAMES})
# In code, a variable or a type may stand where a value is expected.
_NO_IDENTIFIERS: Final = _IDENTIFIER_NAMES | {
    "string", "str", "null", "nil", "none", "undefined", "optional",
}  # fmt: skip
# An expression, a place for a value, and a value that was made unreadable.
_NO_VALUE: Final = re.compile(r"(?:this|self|req|request|process|props|state)\.|%|.*\*|[xX]{2,}$")

NAME: Final = r"[A-Za-z][A-Za-z0-9_.-]{1,40}+"
SEPARATOR: Final = (
    r"""\\{0,3}["']?\]?(?:[ \t]{0,3}=>\s{0,20}|[ \t]{0,3}[:=：＝][ \t]{0,3})"""
    # PHP's var_dump, and types in Swift and TypeScript
    r"""(?:string\([0-9]{1,6}\)\ |int\(|Optional\(|[Ss]tring\ ?=\ ?)?\\{0,3}["'“‘]?"""
)
"""What stands between a name and its value: `usersig=…`, `"userSig": "…"`, `[userSig] => …`."""
_VALUE: Final = r"""[^\s"'&?,;#{}\[\]\\()<>|，。；：“”‘’（）]*+"""
_LABELLED = re.compile(rf"(?P<name>{NAME})(?:{SEPARATOR}|>)(?P<value>{_VALUE})(?!\()")


@dataclass(frozen=True, order=True)
class Label:
    """A value with its normalized name, and where it stands in the text."""

    name: str
    value: str
    position: int


def members_of(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield the members at every level, with normalized names; parsing bounds the levels."""
    for name, inner in value.items():
        yield normalized(name), inner
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, dict):
                yield from members_of(each)


def find_labels(text: str) -> list[Label]:
    """Return names and values of URLs, logs, code and fragments of JSON."""
    found = islice(_LABELLED.finditer(text), _MAX_LABELS)
    return [Label(normalized(each["name"]), each["value"], each.start()) for each in found]


def in_objects(enclosing: Sequence[Mapping[str, object]]) -> Surroundings:
    """Return what the objects around a credential say, the outermost first.

    The innermost decides. Other objects count only where the whole text says one thing.
    """
    found = Surroundings()
    for each in reversed(enclosing):
        found = found.filled(_first((normalized(name), value) for name, value in each.items()))
    return found.filled(_only(list(members_of(enclosing[0]))))


def in_text(
    text: str, labels: Sequence[Label], places: Sequence[tuple[int, int]]
) -> Iterator[Surroundings]:
    """Yield what a text says of each credential at these places, which are in order.

    A value that is the only one of its kind holds for all. Else the same line counts first, then
    what stands before the credential, up to a brace or the next credential.
    """
    only = _only([(each.name, each.value) for each in labels])
    lows = [0, *(end for _, end in places)][:-1]
    highs = [*(start for start, _ in places), len(text)][1:]
    for (start, end), low, high in zip(places, lows, highs, strict=True):
        near = range(text.rfind("}", low, start) + 1 or low, _find(text, "}", end, high))
        line = range(text.rfind("\n", 0, start) + 1, _find(text, "\n", end, len(text)))
        ranked = sorted(
            (each.position not in line, each.position > start, abs(each.position - start), each)
            for each in labels
            if each.position in near
        )
        yield _first((each.name, each.value) for *_, each in ranked).filled(only)


def _find(text: str, sign: str, start: int, end: int) -> int:
    found = text.find(sign, start, end)
    return end if found < 0 else found


def _first(pairs: Iterable[tuple[str, object]]) -> Surroundings:
    """Return the first value of each kind."""
    found = Surroundings()
    for name, value in pairs:
        found = found.filled(_read(name, value))
    return found


def _only(pairs: Sequence[tuple[str, object]]) -> Surroundings:
    """Return the values of which there is only one of their kind."""
    read = [_read(name, value) for name, value in pairs]
    identifiers = {each.identifier for each in read} - {None}
    applications = {each.sdk_app_id for each in read} - {None}
    rooms = {each.room_id for each in read} - {None}
    return Surroundings(
        identifiers.pop() if len(identifiers) == 1 else None,
        applications.pop() if len(applications) == 1 else None,
        rooms.pop() if len(rooms) == 1 else None,
    )


def _read(name: str, value: object) -> Surroundings:
    if name in _IDENTIFIER_NAMES and isinstance(value, str):
        identifier = unquote(value)[:MAX_SHOWN]
        return Surroundings(identifier=identifier if _is_identifier(identifier) else None)
    if name in _APP_NAMES:
        return Surroundings(sdk_app_id=_number(value))
    if name in _ROOM_NAMES:
        return Surroundings(room_id=_room(name, value))
    return Surroundings()


def _is_identifier(text: str) -> bool:
    """Return whether a value is an identifier, and no variable, type or mask."""
    words = {normalized(text), normalized(text.rpartition(".")[2])}
    return words.isdisjoint({*_NO_IDENTIFIERS, ""}) and _NO_VALUE.match(text) is None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _room(name: str, value: object) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        return None
    if name in _TEXT_ROOM_NAMES:
        return str(value)[:MAX_SHOWN]
    number = _number(value)
    return number if number is not None else unquote(str(value))[:MAX_SHOWN]
