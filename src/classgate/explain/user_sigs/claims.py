"""Reads the content of a UserSig as far as it can be read, and lists what is wrong with its form.

`signing.user_sig_content` accepts only what is right; here the faults are the answer.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from classgate.errors import VerificationFailed
from classgate.explain.models import CauseCode
from classgate.explain.pasted_text import MAX_SHOWN
from classgate.signing.encoding import LAST_EPOCH_SECOND
from classgate.signing.strict_json import read_json_object

VERSION_1_LINES: Final = (
    "TLS.appid_at_3rd",
    "TLS.account_type",
    "TLS.identifier",
    "TLS.sdk_appid",
    "TLS.time",
    "TLS.expire_after",
    "TLS.userbuf",
)
VERSION_2_LINES: Final = (
    "TLS.identifier",
    "TLS.sdkappid",
    "TLS.time",
    "TLS.expire",
    "TLS.userbuf",
)
_NUMBERS = {1: ("TLS.sdk_appid", "TLS.time", "TLS.expire_after"), 2: VERSION_2_LINES[1:4]}
MAX_USERBUF: Final = 512
_MILLISECONDS_FROM: Final = 10**11
_MEMBER = re.compile(
    r'"(TLS\.[a-z0-9_]+)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(-?[0-9]{1,20})(?=\s*[,}]))'
)

_OLDEST_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}", re.ASCII)


@dataclass(frozen=True)
class FormFault:
    """What is wrong with the form of the content: a cause, and the member."""

    cause: CauseCode
    member: str = ""


@dataclass(frozen=True)
class Claims:
    """The content of a UserSig, unverified. None: it could not be read."""

    version: int | None
    members: dict[str, str | int] = field(repr=False)
    faults: tuple[FormFault, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the names of the lines that are signed, in their order."""
        return VERSION_1_LINES if self.version == 1 else VERSION_2_LINES

    @property
    def identifier(self) -> str | None:
        found = self.members.get("TLS.identifier")
        return None if found is None else str(found)

    @property
    def sdk_app_id(self) -> int | None:
        return self.number("TLS.sdk_appid" if self.version == 1 else "TLS.sdkappid")

    @property
    def issued_at(self) -> int | None:
        found = self.number("TLS.time")
        return _oldest_time(self.members.get("TLS.time")) if found is None else found

    @property
    def lifetime(self) -> int | None:
        return self.number("TLS.expire_after" if self.version == 1 else "TLS.expire")

    @property
    def expires_at(self) -> int | None:
        if self.issued_at is None or self.lifetime is None:
            return None
        return self.issued_at + self.lifetime

    @property
    def userbuf(self) -> bytes | None:
        """Return the bytes of the userbuf; None: there is none, or it is not base64."""
        return _base64(self.members.get("TLS.userbuf"))

    @property
    def has_userbuf(self) -> bool:
        return "TLS.userbuf" in self.members

    @property
    def signature(self) -> bytes | None:
        return _base64(self.members.get("TLS.sig"))

    def number(self, name: str) -> int | None:
        """Return a whole number, also where it is written as text."""
        value = self.members.get(name)
        if isinstance(value, int):
            return value
        return int(value) if value is not None and re.fullmatch(r"-?[0-9]{1,20}", value) else None

    def signed_text(self, changes: dict[str, str] | None = None) -> str:
        """Return the text that has to be signed, with other values where `changes` has them."""
        values = {**self.members, **(changes or {})}
        return "".join(f"{name}:{values[name]}\n" for name in self.lines if name in values)

    def shown(self) -> dict[str, object]:
        """Return the claims, without the signature."""
        content: dict[str, object] = {
            "version": self.version,
            "sdk_app_id": self.sdk_app_id,
            "identifier": None if self.identifier is None else self.identifier[:MAX_SHOWN],
            "issued_at": self.issued_at,
            "expires_at": self.expires_at,
            "issued": _iso(self.issued_at),
            "expires": _iso(self.expires_at),
        }
        if self.has_userbuf:
            userbuf = self.userbuf
            content["userbuf_hex"] = None if userbuf is None else userbuf[:MAX_USERBUF].hex()
        return content


def read_claims(text: bytes, *, is_complete: bool) -> Claims | None:
    """Return the claims in a token's text; None: it does not look like a UserSig at all.

    Of a token that was cut, `text` is the beginning.
    """
    try:
        members = read_json_object(text) if is_complete else None
    except VerificationFailed:
        members = None
    if members is None:
        found = _members_in(text)
        if not found:
            return None
        fault = FormFault(CauseCode.INCOMPLETE)
        return Claims(_version(found), found, (fault,) if is_complete else ())
    if not any(name.startswith("TLS.") for name in members):
        return None
    known: dict[str, str | int] = {}
    faults = []
    for name, value in members.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            known[name] = value
        elif isinstance(value, float) and value == int(value):
            known[name] = int(value)
            faults.append(FormFault(CauseCode.WRONG_MEMBER_TYPE, name))
        elif name.startswith("TLS."):
            faults.append(FormFault(CauseCode.WRONG_MEMBER_TYPE, name))
    claims = Claims(_version(known), known)
    return Claims(claims.version, known, (*faults, *_find_faults(claims)))


def is_in_milliseconds(seconds: int | None) -> bool:
    """Return whether a time is far beyond what seconds can say."""
    return seconds is not None and seconds >= _MILLISECONDS_FROM


def _version(members: dict[str, str | int]) -> int | None:
    if "TLS.ver" in members:
        return 2 if str(members["TLS.ver"]) == "2.0" else None
    is_new = "TLS.sdkappid" in members and "TLS.sdk_appid" not in members
    return 2 if is_new else 1


def _find_faults(claims: Claims) -> list[FormFault]:
    if claims.version is None:
        return [FormFault(CauseCode.UNKNOWN_VERSION, str(claims.members.get("TLS.ver"))[:20])]
    faults = []
    if claims.version == 2 and "TLS.ver" not in claims.members:
        faults.append(FormFault(CauseCode.INCOMPLETE, "TLS.ver"))
    needed = claims.lines[1:6] if claims.version == 1 else claims.lines[:4]
    for name in (*needed, "TLS.sig"):
        value = claims.members.get(name)
        if value is None:
            faults.append(FormFault(CauseCode.INCOMPLETE, name))
            continue
        is_number = name in _NUMBERS[claims.version]
        is_readable = claims.number(name) is not None or _oldest_time(value) is not None
        is_of_type = isinstance(value, int) == (is_number and claims.version == 2)
        if not is_of_type or (is_number and not is_readable):
            faults.append(FormFault(CauseCode.WRONG_MEMBER_TYPE, name))
    if claims.version == 1 and claims.has_userbuf and "TLS.appid_at_3rd" not in claims.members:
        faults.append(FormFault(CauseCode.INCOMPLETE, "TLS.appid_at_3rd"))
    return faults


def _members_in(text: bytes) -> dict[str, str | int]:
    """Return the whole members of text that is not JSON any more."""
    found: dict[str, str | int] = {}
    for member in _MEMBER.finditer(text.decode(errors="replace")):
        name, quoted, number = member.groups()
        if number is not None:
            found[name] = int(number)
            continue
        try:
            found[name] = str(json.loads(f'"{quoted}"'))
        except ValueError:
            found[name] = quoted
    return found


def _oldest_time(value: str | int | None) -> int | None:
    """Return the time of the form of 2014, such as 2014-05-01T12:00:00-08:00."""
    if not isinstance(value, str) or not _OLDEST_TIME.fullmatch(value):
        return None
    try:
        return int(datetime.fromisoformat(value).timestamp())
    except ValueError:
        return None


def _base64(value: str | int | None) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _iso(seconds: int | None) -> str | None:
    if seconds is None or not 0 <= seconds <= 2 * LAST_EPOCH_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
