"""What a UserSig says, and the two forms in which it says it.

Version 1 is signed with ECDSA and has only string members; version 2 with HMAC and has numbers.
This room turns members into content and content into members and signed text. It neither signs nor
judges; `user_sig` does. Sources: "tencentyun/tls-sig-api", "tencentyun/tls-sig-api-v2-python".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from classgate.errors import VerificationFailed
from classgate.signing.encoding import (
    LAST_EPOCH_SECOND,
    decode_base64,
    encode_base64,
    from_epoch,
    read_decimal,
    to_epoch,
    to_seconds,
    utf_8,
)

Members = dict[str, str | int]

VERSION_1_STAMP = "201512300000"
"""`TLS.version` of the 2015 tools. It is outside the signature and no verifier looks at it."""


@dataclass(frozen=True)
class UserSigContent:
    """Who may log in to which application, from when, for how long; and what rides along."""

    version: Literal[1, 2]
    sdk_app_id: int
    identifier: str
    issued_at: datetime
    lifetime: timedelta
    userbuf: bytes | None = None

    @property
    def expires_at(self) -> datetime:
        """The last second in which it is valid."""
        return self.issued_at + self.lifetime


@dataclass(frozen=True)
class SignedContent:
    """A token taken apart: what it says, the exact text that was signed, and the signature.

    `signature` is None when it was not base64; then it is nobody's.
    """

    content: UserSigContent
    signed_text: bytes
    signature: bytes | None


def members_to_sign(content: UserSigContent, *, appid_at_3rd: str = "0") -> tuple[Members, bytes]:
    """The members but for `TLS.sig`, in the official libraries' order, and the text to sign.

    `appid_at_3rd` belongs to version 1; one official library writes it empty. SigningError when a
    value cannot be encoded.
    """
    if content.version == 1:
        return _version_1(content, appid_at_3rd)
    return _version_2(content)


def _version_1(content: UserSigContent, appid_at_3rd: str) -> tuple[Members, bytes]:
    members: Members = {
        "TLS.account_type": "0",
        "TLS.identifier": content.identifier,
        "TLS.appid_at_3rd": appid_at_3rd,
        "TLS.sdk_appid": str(content.sdk_app_id),
        "TLS.expire_after": str(to_seconds(content.lifetime)),
        "TLS.version": VERSION_1_STAMP,
        "TLS.time": str(to_epoch(content.issued_at)),
    }
    if content.userbuf is not None:
        members["TLS.userbuf"] = encode_base64(content.userbuf)
    return members, signed_text(members, _VERSION_1_LINES)


def _version_2(content: UserSigContent) -> tuple[Members, bytes]:
    members: Members = {
        "TLS.ver": "2.0",
        "TLS.identifier": content.identifier,
        "TLS.sdkappid": content.sdk_app_id,
        "TLS.expire": to_seconds(content.lifetime),
        "TLS.time": to_epoch(content.issued_at),
    }
    if content.userbuf is not None:
        members["TLS.userbuf"] = encode_base64(content.userbuf)
    return members, signed_text(members, _VERSION_2_LINES)


_VERSION_1_LINES = (
    "TLS.appid_at_3rd",
    "TLS.account_type",
    "TLS.identifier",
    "TLS.sdk_appid",
    "TLS.time",
    "TLS.expire_after",
    "TLS.userbuf",
)
_VERSION_2_LINES = (
    "TLS.identifier",
    "TLS.sdkappid",
    "TLS.time",
    "TLS.expire",
    "TLS.userbuf",
)


def signed_text(members: Members, lines: tuple[str, ...]) -> bytes:
    """One `name:value` line for each member that is there, each ending in a line feed."""
    return utf_8("".join(f"{name}:{members[name]}\n" for name in lines if name in members))


def read_members(members: dict[str, object]) -> SignedContent:
    """Content and signed text out of a token's members; unverified.

    `TLS.ver` tells the versions apart, and must be exactly 2.0. Members that are not known are
    ignored. VerificationFailed (format) for a missing member or a wrong type.
    """
    if "TLS.ver" not in members:
        return _read_version_1(members)
    if members["TLS.ver"] != "2.0":
        raise VerificationFailed("format", "TLS.ver is neither absent (version 1) nor 2.0")
    return _read_version_2(members)


def _read_version_1(members: dict[str, object]) -> SignedContent:
    known: Members = {name: _text(members, name) for name in _VERSION_1_LINES[1:6]}
    for name in ("TLS.appid_at_3rd", "TLS.userbuf"):
        if name in members:
            known[name] = _text(members, name)
    if "TLS.userbuf" in known and "TLS.appid_at_3rd" not in known:
        raise VerificationFailed("format", "TLS.appid_at_3rd is missing beside TLS.userbuf")
    content = UserSigContent(
        version=1,
        sdk_app_id=read_decimal(str(known["TLS.sdk_appid"])),
        identifier=str(known["TLS.identifier"]),
        issued_at=from_epoch(read_decimal(str(known["TLS.time"]))),
        lifetime=_lifetime(read_decimal(str(known["TLS.expire_after"]))),
        userbuf=_userbuf(known),
    )
    return SignedContent(content, _text_to_check(known, _VERSION_1_LINES), _signature(members))


def _read_version_2(members: dict[str, object]) -> SignedContent:
    known: Members = {"TLS.identifier": _text(members, "TLS.identifier")}
    numbers = {name: _number(members, name) for name in _VERSION_2_LINES[1:4]}
    known.update(numbers)
    if "TLS.userbuf" in members:
        known["TLS.userbuf"] = _text(members, "TLS.userbuf")
    content = UserSigContent(
        version=2,
        sdk_app_id=numbers["TLS.sdkappid"],
        identifier=str(known["TLS.identifier"]),
        issued_at=from_epoch(numbers["TLS.time"]),
        lifetime=_lifetime(numbers["TLS.expire"]),
        userbuf=_userbuf(known),
    )
    return SignedContent(content, _text_to_check(known, _VERSION_2_LINES), _signature(members))


def _text(members: dict[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise VerificationFailed("format", f"{name} is missing or not a string")
    return value


def _number(members: dict[str, object], name: str) -> int:
    value = members.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise VerificationFailed("format", f"{name} is missing or not a whole number")
    return value


def _lifetime(seconds: int) -> timedelta:
    if seconds > LAST_EPOCH_SECOND:
        raise VerificationFailed("format", "the lifetime is longer than the format can hold")
    return timedelta(seconds=seconds)


def _userbuf(known: Members) -> bytes | None:
    return decode_base64(str(known["TLS.userbuf"])) if "TLS.userbuf" in known else None


def _text_to_check(known: Members, lines: tuple[str, ...]) -> bytes:
    try:
        return "".join(f"{name}:{known[name]}\n" for name in lines if name in known).encode()
    except UnicodeEncodeError:
        raise VerificationFailed("format", "a member holds half a character") from None


def _signature(members: dict[str, object]) -> bytes | None:
    # A published token has line ends inside TLS.sig and verifies everywhere.
    text = _text(members, "TLS.sig")
    try:
        return decode_base64("".join(text.split()))
    except VerificationFailed:
        return None
