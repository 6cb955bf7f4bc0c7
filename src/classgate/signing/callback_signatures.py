"""Signatures of the cloud's callbacks: live streaming, TRTC and IM.

Only TRTC signs the body. The other two sign a time: an eavesdropper can send any content with a
captured signature until it expires. All three signatures can be replayed. The receiver decides what
a callback may change.
Sources: the callback documents of live streaming (258/5957, 267/102192; a worked example in
454/7920), of TRTC (647/39558, 647/54912) and of IM (1047/34354).
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

from classgate.errors import InvalidSigningKey, VerificationFailed
from classgate.signing.encoding import (
    encode_base64,
    from_epoch,
    parse_decimal,
    to_epoch,
)
from classgate.signing.keys import key_bytes
from classgate.signing.strict_json import read_json_object

LIVE_LIFETIME: Final = timedelta(minutes=11)
"""How far ahead the expiry of a live streaming callback may be: the ten minutes that Tencent sets,
and one minute for clocks that differ.
"""

IM_TOLERANCE: Final = timedelta(minutes=1)
"""The accepted difference between an IM callback's time and ours, in both directions."""


def sign_live_callback(expires_at: datetime, *, key: str) -> str:
    """Return the `sign` of a live streaming callback whose `t` is this time: a hex MD5."""
    signed = _key_bytes(key) + _epoch_text(expires_at)
    return hashlib.md5(signed, usedforsecurity=False).hexdigest()


def verify_live_callback(body: bytes, *, key: str, at: datetime) -> dict[str, object]:
    """Verify `t` and `sign` of a live streaming callback and return its members.

    The signature covers no other member. The caller limits the size of the body.

    Raises:
        VerificationFailed: checked in this order: format, signature, expired (after the second
            `t`), not_yet_valid (`t` is more than eleven minutes ahead).
    """
    members = read_json_object(body)
    expires_at, sign = _live_expiry(members.get("t")), members.get("sign")
    if not isinstance(sign, str):
        raise VerificationFailed("format", "sign is missing or not a string")
    _require_same(sign_live_callback(expires_at, key=key), sign)
    _require_time(at, first=expires_at - LIVE_LIFETIME, last=expires_at)
    return members


def sign_rtc_callback(body: bytes, *, key: str) -> str:
    """Return the header `Sign` of a TRTC callback with this body: base64 of an HMAC-SHA256."""
    return encode_base64(hmac.digest(_key_bytes(key), body, "sha256"))


def verify_rtc_callback(body: bytes, *, sign: str, key: str) -> None:
    """Verify the header `Sign` over the received bytes. VerificationFailed (signature).

    The body contains the time of the callback, which is not verified here.
    """
    _require_same(sign_rtc_callback(body, key=key), sign)


def sign_im_callback(requested_at: datetime, *, token: str) -> str:
    """Return the parameter `Sign` of an IM callback with this `RequestTime`: a hex SHA-256."""
    return hashlib.sha256(_key_bytes(token) + _epoch_text(requested_at)).hexdigest()


def verify_im_callback(*, request_time: str, sign: str, token: str, at: datetime) -> datetime:
    """Verify `RequestTime` and `Sign` of an IM callback's query and return the time.

    The signature covers nothing else.

    Raises:
        VerificationFailed: checked in this order: format, signature, expired and not_yet_valid
            (more than one minute from `at`, past or future).
    """
    requested_at = from_epoch(parse_decimal(request_time))
    _require_same(sign_im_callback(requested_at, token=token), sign)
    _require_time(at, first=requested_at - IM_TOLERANCE, last=requested_at + IM_TOLERANCE)
    return requested_at


def _key_bytes(key: str) -> bytes:
    if not key:
        raise InvalidSigningKey("the key of a callback is empty")
    return key_bytes(key)


def _epoch_text(moment: datetime) -> bytes:
    # MD5 and SHA-256 over key and text allow length extension, but an extended text contains bytes
    # that are not digits. Times are parsed and formatted as digits only, which prevents it.
    return b"%d" % to_epoch(moment)


def _live_expiry(t: object) -> datetime:
    """Parse `t`: a number in the current document, a string in the document of 2017."""
    if isinstance(t, str):
        return from_epoch(parse_decimal(t))
    if isinstance(t, int) and not isinstance(t, bool):
        return from_epoch(t)
    raise VerificationFailed("format", "t is missing or not a time in whole seconds")


def _require_same(expected: str, given: str) -> None:
    # "replace", because only ASCII texts can be compared; no signature contains a question mark.
    if not hmac.compare_digest(expected.encode(), given.encode("ascii", "replace")):
        raise VerificationFailed("signature", "the signature does not match this key and callback")


def _require_time(at: datetime, *, first: datetime, last: datetime) -> None:
    if at > last:
        raise VerificationFailed("expired", "the callback has expired")
    if at < first:
        raise VerificationFailed(
            "not_yet_valid", "the callback's time is too far ahead of the server's clock"
        )
