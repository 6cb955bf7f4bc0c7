"""What the proofs of the cloud's own calls let in."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from classgate.errors import InvalidSigningKey, VerificationFailed
from classgate.signing.callback_signatures import (
    sign_im_callback,
    sign_live_callback,
    sign_rtc_callback,
    verify_im_callback,
    verify_live_callback,
    verify_rtc_callback,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

# The worked example of "t + sign" in document 454/7920.
LIVE_KEY = "5d41402abc4b2a76b9719d911017c592"
T = 1626839220
EXPIRES_AT = datetime(2021, 7, 21, 3, 47, tzinfo=UTC)
LIVE_SIGN = "5ee8ca6c28cbe415b40352969cdf8249"

TOKEN = "KrjgGj9P6YtqgzjZRs0aeL27y0KRrEVA"
SENT_AT = datetime(2025, 10, 25, 11, 3, 9, tzinfo=UTC)
SENT = "1761390189"


def hex_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def live_body(**changed: object) -> bytes:
    return json.dumps({"event_type": 100, "t": T, "sign": LIVE_SIGN, **changed}).encode()


def live_reason(body: bytes, at: datetime = EXPIRES_AT, key: str = LIVE_KEY) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_live_callback(body, key=key, at=at)
    return refusal.value.failed_check


def im_reason(sign: str, request_time: str = SENT, at: datetime = SENT_AT) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_im_callback(request_time=request_time, sign=sign, token=TOKEN, at=at)
    return refusal.value.failed_check


# ── live streaming ──────────────────────────────────────────────────────────────────────────────


def test_the_documented_example_is_made_and_taken() -> None:
    assert sign_live_callback(EXPIRES_AT, key=LIVE_KEY) == LIVE_SIGN
    members = verify_live_callback(live_body(stream_id="7"), key=LIVE_KEY, at=EXPIRES_AT)
    assert members == {"event_type": 100, "stream_id": "7", "t": T, "sign": LIVE_SIGN}


def test_a_live_callback_is_good_from_eleven_minutes_before_its_t_to_that_second() -> None:
    for at in (EXPIRES_AT - 11 * MINUTE, EXPIRES_AT):
        assert verify_live_callback(live_body(), key=LIVE_KEY, at=at)["t"] == T
    assert live_reason(live_body(), EXPIRES_AT + SECOND) == "expired"
    assert live_reason(live_body(), EXPIRES_AT - 11 * MINUTE - SECOND) == "not_yet_valid"


def test_the_t_of_a_live_callback_may_be_a_text() -> None:
    body = live_body(t=str(T))
    assert verify_live_callback(body, key=LIVE_KEY, at=EXPIRES_AT)["t"] == str(T)


@pytest.mark.parametrize(
    "t", [None, True, 1626839220.0, -1, 2**32, "", "+1626839220", " 1626839220", "1626839220\x80"]
)
def test_a_t_that_is_no_time_is_refused(t: object) -> None:
    assert live_reason(live_body(t=t)) == "format"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"t": 1626839220}',
        b'{"t": 1626839220, "sign": null}',
        b'{"t": 1626839220, "t": 1626839221, "sign": "5ee8ca6c28cbe415b40352969cdf8249"}',
        b"\xff",
    ],
)
def test_a_body_without_one_t_and_one_sign_is_refused(body: bytes) -> None:
    assert live_reason(body) == "format"


@pytest.mark.parametrize("sign", ["", LIVE_SIGN.upper(), LIVE_SIGN[:-1], f"{LIVE_SIGN}0", "签名"])
def test_a_live_sign_that_is_another_is_refused(sign: str) -> None:
    assert live_reason(live_body(sign=sign)) == "signature"


def test_a_live_callback_of_another_key_or_time_is_refused_before_it_is_called_expired() -> None:
    late = EXPIRES_AT + SECOND
    assert live_reason(live_body(), late, key=f"{LIVE_KEY}0") == "signature"
    assert live_reason(live_body(t=T + 1), late) == "signature"


# ── IM ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_im_callback_is_signed_by_its_token_and_time() -> None:
    assert sign_im_callback(SENT_AT, token=TOKEN) == hex_sha256(TOKEN + SENT)


def test_an_im_callback_is_good_for_a_minute_either_way() -> None:
    sign = hex_sha256(TOKEN + SENT)
    for at in (SENT_AT - MINUTE, SENT_AT + MINUTE):
        assert verify_im_callback(request_time=SENT, sign=sign, token=TOKEN, at=at) == SENT_AT
    assert im_reason(sign, at=SENT_AT + MINUTE + SECOND) == "expired"
    assert im_reason(sign, at=SENT_AT - MINUTE - SECOND) == "not_yet_valid"


@pytest.mark.parametrize("request_time", ["", "now", f"{SENT}.0", f"+{SENT}", f"{SENT}0", "４２"])
def test_a_request_time_that_is_no_time_is_refused(request_time: str) -> None:
    assert im_reason(hex_sha256(TOKEN + request_time), request_time) == "format"


@pytest.mark.parametrize("other", [f"{SENT}{TOKEN}", f"{TOKEN}x{SENT}", SENT, f"{TOKEN}1761390188"])
def test_an_im_sign_over_another_text_is_refused(other: str) -> None:
    assert im_reason(hex_sha256(other)) == "signature"


@pytest.mark.parametrize("sign", ["", hex_sha256(TOKEN + SENT).upper(), "\ud800"])
def test_an_im_sign_that_is_another_text_is_refused(sign: str) -> None:
    assert im_reason(sign) == "signature"


# ── all ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_key_proves_nothing() -> None:
    body = live_body(sign=hashlib.md5(str(T).encode(), usedforsecurity=False).hexdigest())
    with pytest.raises(InvalidSigningKey):
        verify_live_callback(body, key="", at=EXPIRES_AT)
    with pytest.raises(InvalidSigningKey):
        verify_im_callback(request_time=SENT, sign=hex_sha256(SENT), token="", at=SENT_AT)
    with pytest.raises(InvalidSigningKey):
        verify_rtc_callback(b"{}", sign="", key="")
    with pytest.raises(InvalidSigningKey):
        sign_rtc_callback(b"{}", key="")
