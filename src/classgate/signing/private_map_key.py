"""PrivateMapKey: the credential with which one account enters one room, with privileges.

It is a UserSig whose userbuf is a small binary record, all integers big-endian. The privileges of
each role are in `classrooms.permissions`. Source: "tencentyun/tls-sig-api-v2-python"
(genPrivateMapKey).
"""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag
from typing import Final

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import (
    LAST_EPOCH_SECOND,
    encode_utf8,
    from_epoch,
    to_epoch,
    to_seconds,
)
from classgate.signing.user_sig import (
    ANY_USERBUF,
    SigningKey,
    VerifyingKey,
    issue_user_sig,
    require_identifier,
    verify_user_sig,
)

MAX_ROOM_ID: Final = 2**32 - 1
MAX_ROOM_STRING_BYTES: Final = 64
MAX_PRIVILEGES: Final = 2**32 - 1

_HEAD = struct.Struct(">BH")
_NUMBERS = struct.Struct(">IIIII")
_LENGTH = struct.Struct(">H")


class Privilege(IntFlag):
    """The bits of the privilege map. Comments in official libraries give the last one as 200."""

    CREATE_ROOM = 1
    ENTER = 2
    SEND_AUDIO = 4
    RECEIVE_AUDIO = 8
    SEND_VIDEO = 16
    RECEIVE_VIDEO = 32
    SEND_SUBSTREAM = 64
    RECEIVE_SUBSTREAM = 128


@dataclass(frozen=True)
class PrivateMapKeyPayload:
    """The content of the userbuf.

    A number and a string of the same digits are two rooms. `privileges` is a plain number, because
    payloads of other issuers may have unknown bits.
    """

    identifier: str
    sdk_app_id: int
    room_id: int | str
    expires_at: datetime
    privileges: int
    account_type: int = 0


def to_wire(payload: PrivateMapKeyPayload) -> bytes:
    """Return the binary record. SigningError if a field does not fit."""
    return _record(
        payload.identifier,
        payload.sdk_app_id,
        payload.room_id,
        to_epoch(payload.expires_at),
        int(payload.privileges),
        payload.account_type,
    )


def _record(
    identifier: str,
    sdk_app_id: int,
    room_id: int | str,
    expires_at: int,
    privileges: int,
    account_type: int = 0,
) -> bytes:
    account = encode_utf8(identifier)
    named, number = (True, 0) if isinstance(room_id, str) else (False, room_id)
    try:
        record = _HEAD.pack(named, len(account)) + account
        record += _NUMBERS.pack(sdk_app_id, number, expires_at, privileges, account_type)
        if isinstance(room_id, str):
            room = encode_utf8(room_id)
            record += _LENGTH.pack(len(room)) + room
    except struct.error:
        raise SigningError("a field of the PrivateMapKey payload is out of range") from None
    return record


def from_wire(record: bytes) -> PrivateMapKeyPayload:
    """Parse the record. VerificationFailed (format), also for trailing bytes."""
    try:
        return _read(record)
    except (struct.error, UnicodeDecodeError):
        raise VerificationFailed("format", "the userbuf is not a PrivateMapKey payload") from None


def _read(record: bytes) -> PrivateMapKeyPayload:
    version, length = _HEAD.unpack_from(record)
    account_end = _HEAD.size + length
    account = record[_HEAD.size : account_end]
    sdk_app_id, number, expires_at, privileges, account_type = _NUMBERS.unpack_from(
        record, account_end
    )
    rest = record[account_end + _NUMBERS.size :]
    room_id: int | str = number
    if version == 1:
        (room_length,) = _LENGTH.unpack_from(rest)
        room_id, rest = rest[2 : 2 + room_length].decode(), rest[2 + room_length :]
        if len(room_id.encode()) != room_length or number != 0:
            raise VerificationFailed(
                "format", "the PrivateMapKey payload is truncated or names two rooms"
            )
    if version not in {0, 1} or rest:
        raise VerificationFailed("format", "the userbuf is not a PrivateMapKey payload")
    return PrivateMapKeyPayload(
        account.decode(), sdk_app_id, room_id, from_epoch(expires_at), privileges, account_type
    )


def issue_private_map_key(
    key: SigningKey,
    *,
    sdk_app_id: int,
    identifier: str,
    room_id: int | str,
    privileges: int,
    issued_at: datetime,
    lifetime: timedelta,
) -> str:
    """Issue a PrivateMapKey. The payload and the token around it expire at the same second.

    Args:
        key: the key that signs, as for a UserSig.
        sdk_app_id: the SDKAppID, 1 to 4294967295.
        identifier: the account that may enter.
        room_id: the room: a number from 1 to 4294967295, or a string of 1 to 64 bytes.
        privileges: the bits of `Privilege`.
        issued_at: rounded down to a second.
        lifetime: in whole seconds, at least one.

    Raises:
        InvalidIdentifier: the identifier is not valid.
        SigningError: another value is out of range.
    """
    require_identifier(identifier)
    _require_room(room_id)
    if not 0 <= privileges <= MAX_PRIVILEGES:
        raise SigningError("a privilege map must be a 32-bit number")
    expires_at = to_epoch(issued_at) + to_seconds(lifetime)
    if expires_at > LAST_EPOCH_SECOND:
        raise SigningError("the time is out of range")
    return issue_user_sig(
        key,
        sdk_app_id=sdk_app_id,
        identifier=identifier,
        issued_at=issued_at,
        lifetime=lifetime,
        userbuf=_record(identifier, sdk_app_id, room_id, expires_at, privileges),
    )


def _require_room(room_id: int | str) -> None:
    if isinstance(room_id, str):
        if not 1 <= len(encode_utf8(room_id)) <= MAX_ROOM_STRING_BYTES:
            raise SigningError("a room name must have 1 to 64 bytes")
    elif not 1 <= room_id <= MAX_ROOM_ID:
        raise SigningError("a room number must be from 1 to 4294967295")


def verify_private_map_key(
    token: str, key: VerifyingKey, *, sdk_app_id: int, identifier: str, at: datetime
) -> PrivateMapKeyPayload:
    """Verify a PrivateMapKey and return its payload.

    The payload must name the same account and application as the token around it, and must not
    have expired. VerificationFailed with the reasons of `verify_user_sig`.
    """
    content = verify_user_sig(
        token, key, sdk_app_id=sdk_app_id, identifier=identifier, at=at, userbuf=ANY_USERBUF
    )
    payload = from_wire(content.userbuf or b"")
    if payload.identifier != identifier:
        raise VerificationFailed("identifier", "the payload in the token is for another identifier")
    if payload.sdk_app_id != sdk_app_id:
        raise VerificationFailed("sdkappid", "the payload in the token is for another SDKAppID")
    if at > payload.expires_at:
        raise VerificationFailed("expired", "the payload in the token has expired")
    return payload
