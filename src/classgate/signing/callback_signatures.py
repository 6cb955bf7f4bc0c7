"""How the cloud's own calls prove that they are the cloud's: of live streaming, of TRTC and of IM.

Only TRTC signs what it says. The other two sign a time, so whoever sees one of their calls can say
anything under its signature until that has expired; and none of the three is used up by its first
use. What a call may change is decided by whoever receives it.
Sources: the callback documents of live streaming (258/5957, 267/102192; a worked example in
454/7920), of TRTC (647/39558, 647/54912) and of IM (1047/34354).
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

from classgate.errors import InvalidSigningKey, VerificationFailed
from classgate.signing.encoding import encode_base64, from_epoch, read_decimal, to_epoch
from classgate.signing.keys import key_bytes
from classgate.signing.strict_json import read_json_object

LIVE_LIFETIME: Final = timedelta(minutes=11)
"""How far ahead the expiry of a live streaming callback may be: it is ten minutes when it is sent,
and one is for clocks that differ.
"""

IM_TOLERANCE: Final = timedelta(minutes=1)
"""How far an IM callback's time may be from ours, past or future."""


def sign_live_callback(expires_at: datetime, *, key: str) -> str:
    """The `sign` of a live streaming callback with this time for its `t`."""
    signed = _proving(key) + _epoch_text(expires_at)
    return hashlib.md5(signed, usedforsecurity=False).hexdigest()


def verify_live_callback(body: bytes, *, key: str, at: datetime) -> dict[str, object]:
    """The members of a live streaming callback whose `t` and `sign` are good at this moment.

    No other member is covered by the signature. VerificationFailed, in this order: format,
    signature, expired (after the second `t`), not_yet_valid (`t` is over eleven minutes ahead). The
    caller bounds the size.
    """
    members = read_json_object(body)
    expires_at, sign = _live_expiry(members.get("t")), members.get("sign")
    if not isinstance(sign, str):
        raise VerificationFailed("format", "sign is missing, or not a text")
    _require_same(sign_live_callback(expires_at, key=key), sign)
    _require_time(at, first=expires_at - LIVE_LIFETIME, last=expires_at)
    return members


def sign_rtc_callback(body: bytes, *, key: str) -> str:
    """The header `Sign` of a TRTC callback with this body."""
    return encode_base64(hmac.digest(_proving(key), body, "sha256"))


def verify_rtc_callback(body: bytes, *, sign: str, key: str) -> None:
    """VerificationFailed (signature) unless the header `Sign` is this key's over this body.

    The body is the bytes as they came. It tells its own time, and no window is asked for here.
    """
    _require_same(sign_rtc_callback(body, key=key), sign)


def sign_im_callback(requested_at: datetime, *, token: str) -> str:
    """The query parameter `Sign` of an IM callback with this time for its `RequestTime`."""
    return hashlib.sha256(_proving(token) + _epoch_text(requested_at)).hexdigest()


def verify_im_callback(*, request_time: str, sign: str, token: str, at: datetime) -> datetime:
    """When an IM callback was sent, by the parameters `RequestTime` and `Sign` of its query.

    Nothing else of the call is covered. VerificationFailed, in this order: format, signature,
    expired and not_yet_valid (over one minute away, past or future).
    """
    requested_at = from_epoch(read_decimal(request_time))
    _require_same(sign_im_callback(requested_at, token=token), sign)
    _require_time(at, first=requested_at - IM_TOLERANCE, last=requested_at + IM_TOLERANCE)
    return requested_at


def _proving(key: str) -> bytes:
    if not key:
        raise InvalidSigningKey("the key of a callback is empty: anybody could sign with it")
    return key_bytes(key)


def _epoch_text(moment: datetime) -> bytes:
    # MD5 and SHA-256 over key and text can be continued by whoever has a digest, but only to texts
    # with bytes in them that are no digits: a time is read, and written here again, as digits only.
    return b"%d" % to_epoch(moment)


def _live_expiry(t: object) -> datetime:
    """`t` is a number in today's document, and a text in that of the 2017 backend's days."""
    if isinstance(t, str):
        return from_epoch(read_decimal(t))
    if isinstance(t, int) and not isinstance(t, bool):
        return from_epoch(t)
    raise VerificationFailed("format", "t is missing, or not a time in whole seconds")


def _require_same(expected: str, given: str) -> None:
    # "replace", as only ASCII texts can be compared: a question mark is in no signature.
    if not hmac.compare_digest(expected.encode(), given.encode("ascii", "replace")):
        raise VerificationFailed("signature", "the signature is not this key's over this callback")


def _require_time(at: datetime, *, first: datetime, last: datetime) -> None:
    if at > last:
        raise VerificationFailed("expired", "the callback has expired")
    if at < first:
        raise VerificationFailed(
            "not_yet_valid", "the callback is of a later time than the server's clock allows"
        )
