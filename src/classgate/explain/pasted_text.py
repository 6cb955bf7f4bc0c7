"""Pasted text: its bounds, the credential in it, and the JSON and the escapes around it.

`surroundings` reads what stands around a credential, `readings` what was put around the whole text.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from classgate.errors import VerificationFailed
from classgate.input_bounds import JsonBounds
from classgate.signing.strict_json import read_json_object

MAX_TEXT_CHARACTERS: Final = 64 * 1024
"""Of a credential, an error reply or a code, with what was pasted around it."""
MAX_REQUEST_CHARACTERS: Final = 1024 * 1024
"""Of a whole request: curl, "copy as fetch" or HAR."""
MAX_SHOWN: Final = 200
_BOUNDS: Final = JsonBounds(size=4 * MAX_TEXT_CHARACTERS, values=2000)

TOKEN_NAMES: Final = frozenset({"usersig", "sig", "imsig", "usersign"})
KEY_NAMES: Final = frozenset({"privatemapkey", "privmapencrypt", "privmap"})


@dataclass(frozen=True)
class Surroundings:
    """What the text around a credential says about its use."""

    identifier: str | None = None
    sdk_app_id: int | None = None
    room_id: int | str | None = None

    def filled(self, other: "Surroundings") -> "Surroundings":
        """Return this, with what it does not say as the other one says it."""
        return Surroundings(
            other.identifier if self.identifier is None else self.identifier,
            other.sdk_app_id if self.sdk_app_id is None else self.sdk_app_id,
            other.room_id if self.room_id is None else self.room_id,
        )


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
