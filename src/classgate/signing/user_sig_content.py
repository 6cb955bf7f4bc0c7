"""The content of a UserSig and its two JSON forms.

Version 1 is signed with ECDSA and has only string members; version 2 is signed with HMAC and has
numbers. This module converts between members, content and signed text; `user_sig` signs and
verifies. Sources: "tencentyun/tls-sig-api", "tencentyun/tls-sig-api-v2-python".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import UNSET

from classgate.errors import VerificationFailed
from classgate.signing.encoding import (
    LAST_EPOCH_SECOND,
    decode_base64,
    encode_base64,
    encode_utf8,
    from_epoch,
    parse_decimal,
    to_epoch,
    to_seconds,
)

Members = dict[str, str | int]

VERSION_1_STAMP = "201512300000"
"""`TLS.version` of the 2015 tools. It is not signed, and verifiers ignore it."""


class UserSigContent(msgspec.Struct, frozen=True):
    """The account and the application of a UserSig, its lifetime and its userbuf.

    A struct, because each issue makes one, and making a frozen dataclass costs as much as the HMAC.
    """

    version: Literal[1, 2]
    sdk_app_id: int
    identifier: str
    issued_at: datetime
    lifetime: timedelta
    userbuf: bytes | None = None

    @property
    def expires_at(self) -> datetime:
        """Return the end of the lifetime; this second is still valid."""
        return self.issued_at + self.lifetime


@dataclass(frozen=True)
class SignedContent:
    """A parsed token: its content, the exact text that was signed, and the signature.

    `signature` is None if it was not base64; it is then invalid for every key.
    """

    content: UserSigContent
    signed_text: bytes
    signature: bytes | None


class Version1Members(
    msgspec.Struct,
    rename={
        "account_type": "TLS.account_type",
        "identifier": "TLS.identifier",
        "appid_at_3rd": "TLS.appid_at_3rd",
        "sdk_app_id": "TLS.sdk_appid",
        "lifetime": "TLS.expire_after",
        "stamp": "TLS.version",
        "issued_at": "TLS.time",
        "userbuf": "TLS.userbuf",
        "signature": "TLS.sig",
    },
):
    """The JSON object of version 1, in the official libraries' order. Bytes become base64."""

    account_type: str
    identifier: str
    appid_at_3rd: str
    sdk_app_id: str
    lifetime: str
    stamp: str
    issued_at: str
    userbuf: bytes | msgspec.UnsetType = UNSET
    signature: bytes = b""


class Version2Members(
    msgspec.Struct,
    tag_field="TLS.ver",
    tag="2.0",
    rename={
        "identifier": "TLS.identifier",
        "sdk_app_id": "TLS.sdkappid",
        "lifetime": "TLS.expire",
        "issued_at": "TLS.time",
        "userbuf": "TLS.userbuf",
        "signature": "TLS.sig",
    },
):
    """The JSON object of version 2, in the official libraries' order. Bytes become base64."""

    identifier: str
    sdk_app_id: int
    lifetime: int
    issued_at: int
    userbuf: bytes | msgspec.UnsetType = UNSET
    signature: bytes = b""


MembersToSign = Version1Members | Version2Members

to_json: Callable[[MembersToSign], bytes] = msgspec.json.Encoder().encode
"""Return the JSON text of signed members."""


def members_to_sign(
    content: UserSigContent, appid_at_3rd: str = "0"
) -> tuple[MembersToSign, bytes]:
    """Return the members, whose signature is not set, and the text to sign.

    `appid_at_3rd` belongs to version 1; one official library writes it empty. SigningError if a
    value cannot be encoded.
    """
    if content.version == 1:
        return _version_1(content, appid_at_3rd)
    return _version_2(content)


def _version_1(content: UserSigContent, appid_at_3rd: str) -> tuple[MembersToSign, bytes]:
    lifetime, issued_at = str(to_seconds(content.lifetime)), str(to_epoch(content.issued_at))
    identifier, sdk_app_id = content.identifier, str(content.sdk_app_id)
    members = Version1Members(
        "0", identifier, appid_at_3rd, sdk_app_id, lifetime, VERSION_1_STAMP, issued_at
    )
    text = (
        f"TLS.appid_at_3rd:{appid_at_3rd}\n"
        "TLS.account_type:0\n"
        f"TLS.identifier:{identifier}\n"
        f"TLS.sdk_appid:{sdk_app_id}\n"
        f"TLS.time:{issued_at}\n"
        f"TLS.expire_after:{lifetime}\n"
    )
    if content.userbuf is not None:
        members.userbuf = content.userbuf
        text += _userbuf_line(content.userbuf)
    return members, encode_utf8(text)


def _version_2(content: UserSigContent) -> tuple[MembersToSign, bytes]:
    lifetime, issued_at = to_seconds(content.lifetime), to_epoch(content.issued_at)
    identifier, sdk_app_id = content.identifier, content.sdk_app_id
    members = Version2Members(identifier, sdk_app_id, lifetime, issued_at)
    text = (
        f"TLS.identifier:{identifier}\n"
        f"TLS.sdkappid:{sdk_app_id}\n"
        f"TLS.time:{issued_at}\n"
        f"TLS.expire:{lifetime}\n"
    )
    if content.userbuf is not None:
        members.userbuf = content.userbuf
        text += _userbuf_line(content.userbuf)
    return members, encode_utf8(text)


def _userbuf_line(userbuf: bytes) -> str:
    return f"TLS.userbuf:{encode_base64(userbuf)}\n"


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


def read_members(members: dict[str, object]) -> SignedContent:
    """Return the unverified content and signed text of a token's members.

    Only version 2 has `TLS.ver`, which must be 2.0. Unknown members are ignored. VerificationFailed
    (format) for a missing member or a wrong type.
    """
    if "TLS.ver" not in members:
        return _read_version_1(members)
    if members["TLS.ver"] != "2.0":
        raise VerificationFailed("format", "TLS.ver must be absent (version 1) or 2.0")
    return _read_version_2(members)


def _read_version_1(members: dict[str, object]) -> SignedContent:
    known: Members = {name: _text(members, name) for name in _VERSION_1_LINES[1:6]}
    for name in ("TLS.appid_at_3rd", "TLS.userbuf"):
        if name in members:
            known[name] = _text(members, name)
    if "TLS.userbuf" in known and "TLS.appid_at_3rd" not in known:
        raise VerificationFailed("format", "TLS.userbuf requires TLS.appid_at_3rd")
    content = UserSigContent(
        version=1,
        sdk_app_id=parse_decimal(str(known["TLS.sdk_appid"])),
        identifier=str(known["TLS.identifier"]),
        issued_at=from_epoch(parse_decimal(str(known["TLS.time"]))),
        lifetime=_lifetime(parse_decimal(str(known["TLS.expire_after"]))),
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
        raise VerificationFailed("format", "the lifetime is out of range")
    return timedelta(seconds=seconds)


def _userbuf(known: Members) -> bytes | None:
    return decode_base64(str(known["TLS.userbuf"])) if "TLS.userbuf" in known else None


def _text_to_check(known: Members, lines: tuple[str, ...]) -> bytes:
    try:
        return "".join(f"{name}:{known[name]}\n" for name in lines if name in known).encode()
    except UnicodeEncodeError:
        raise VerificationFailed("format", "a member contains a lone surrogate") from None


def _signature(members: dict[str, object]) -> bytes | None:
    # A published token has line ends inside TLS.sig, and all verifiers accept it.
    text = _text(members, "TLS.sig")
    try:
        return decode_base64("".join(text.split()))
    except VerificationFailed:
        return None
