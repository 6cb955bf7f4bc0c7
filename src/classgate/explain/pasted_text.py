"""Finds credentials in pasted text, and what the text around them says.

A credential may be pasted alone, as a member of JSON, as a parameter of a URL, or in a line of a
log. Its surroundings may name the identifier, the SDKAppID and the room that it was used with.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from classgate.errors import VerificationFailed
from classgate.input_bounds import JsonBounds
from classgate.signing.strict_json import read_json_object

MAX_TEXT_CHARACTERS: Final = 64 * 1024
"""Of a credential, an error reply or a code, with what was pasted around it."""
MAX_REQUEST_CHARACTERS: Final = 1024 * 1024
"""Of a whole request: curl, "copy as fetch" or HAR."""
MAX_SHOWN: Final = 200
_BOUNDS: Final = JsonBounds(size=4 * MAX_TEXT_CHARACTERS, values=2000)
_MAX_LABELS: Final = 200

TOKEN_NAMES: Final = frozenset({"usersig", "sig", "imsig", "usersign"})
KEY_NAMES: Final = frozenset({"privatemapkey", "privmapencrypt", "privmap"})
_IDENTIFIER_NAMES: Final = frozenset({"identifier", "userid", "useridentifier", "loginuser"})
_APP_NAMES: Final = frozenset({"sdkappid"})
_ROOM_NAMES: Final = frozenset({"roomid", "strroomid", "roomidstr", "roomnum"})

# A name before a value: `usersig=…`, `"userSig": "…"`, `sdkAppId: …`.
_LABELLED = re.compile(
    r"""["']?(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,40}+)\\?["']?[ \t]{0,3}[:=][ \t]{0,3}\\?["']?"""
    r"""(?P<value>[^\s"'&?,;#{}\[\]\\]*+)"""
)


@dataclass(frozen=True)
class Surroundings:
    """What the text around a credential says about its use."""

    identifier: str | None = None
    sdk_app_id: int | None = None
    room_id: int | str | None = None


@dataclass(frozen=True)
class PastedToken:
    """A credential as it was pasted: `text`, and what stands directly before and after it."""

    text: str
    name: str = ""
    """The normalized name under which it stands; empty: none."""
    before: str = ""
    after: str = ""
    is_url_value: bool = False
    surroundings: Surroundings = field(default_factory=Surroundings)

    @property
    def is_named_private_map_key(self) -> bool:
        """Return whether the name is one of a PrivateMapKey."""
        return self.name in KEY_NAMES

    @property
    def is_named_user_sig(self) -> bool:
        """Return whether the name is one of a UserSig."""
        return self.name in TOKEN_NAMES


def normalized(name: str) -> str:
    """Return a member's name without its style: `user_sig`, `userSig` and `UserSig` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def read_json(text: str) -> dict[str, object] | None:
    """Return the JSON object that the text is; None for any other text."""
    stripped = text.strip()
    if not stripped.startswith("{"):
        return None
    try:
        return read_json_object(stripped.encode(), _BOUNDS)
    except (VerificationFailed, UnicodeEncodeError):
        return None


def members_of(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield the members at every level, with normalized names; parsing bounds the levels."""
    for name, inner in value.items():
        yield normalized(name), inner
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, dict):
                yield from members_of(each)


def labelled_values(text: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of URLs, logs and fragments of JSON; names are normalized."""
    for count, found in enumerate(_LABELLED.finditer(text)):
        if count == _MAX_LABELS:
            return
        yield normalized(found["name"]), found["value"]


def find_surroundings(pairs: Iterator[tuple[str, object]]) -> Surroundings:
    """Return whose credential it is said to be, for which application and room."""
    identifier: str | None = None
    sdk_app_id: int | None = None
    room_id: int | str | None = None
    for name, value in pairs:
        if name in _IDENTIFIER_NAMES and identifier is None and isinstance(value, str):
            identifier = unquote(value)[:MAX_SHOWN] or None
        elif name in _APP_NAMES and sdk_app_id is None:
            sdk_app_id = _number(value)
        elif name in _ROOM_NAMES and room_id is None:
            room_id = _room(name, value)
    return Surroundings(identifier, sdk_app_id, room_id)


def unescape_json(text: str) -> str | None:
    """Return the text without the escapes of a JSON string; None if it has none or wrong ones."""
    if "\\" not in text:
        return None
    try:
        found = json.loads(f'"{text}"')
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def shown(value: object) -> str:
    """Return a value of pasted text in quotation marks, cut, and without control characters."""
    text = str(value)
    cut = f"{text[:MAX_SHOWN]}…" if len(text) > MAX_SHOWN else text
    return json.dumps(cut, ensure_ascii=not cut.isprintable())


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _room(name: str, value: object) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        return None
    if name in {"strroomid", "roomidstr"}:
        return str(value)[:MAX_SHOWN]
    number = _number(value)
    return number if number is not None else unquote(str(value))[:MAX_SHOWN]
