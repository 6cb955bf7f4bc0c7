"""The proofs of the cloud's own calls, for all inputs."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from classgate.errors import VerificationFailed
from classgate.signing.callback_signatures import (
    sign_im_callback,
    sign_live_callback,
    sign_rtc_callback,
    verify_im_callback,
    verify_live_callback,
    verify_rtc_callback,
)

BOUNDED = settings(max_examples=150, deadline=None, database=None)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

keys = st.text("abcXYZ0189", min_size=1, max_size=32)
seconds = st.integers(10**9, 2**32 - 1)


def moment(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)


def flipped(data: st.DataObject, content: bytes) -> bytes:
    """The bytes with one of them changed."""
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    return bytes(changed)


@BOUNDED
@given(keys, st.binary(max_size=80))
def test_an_rtc_callback_verifies_as_it_was_sent(key: str, body: bytes) -> None:
    verify_rtc_callback(body, sign=sign_rtc_callback(body, key=key), key=key)


@BOUNDED
@given(st.data(), keys, st.binary(min_size=1, max_size=80))
def test_no_byte_of_an_rtc_callback_can_be_changed(
    data: st.DataObject, key: str, body: bytes
) -> None:
    sign = sign_rtc_callback(body, key=key)
    other_sign = flipped(data, sign.encode()).decode("latin-1")
    for sent, shown in ((flipped(data, body), sign), (body, other_sign)):
        with pytest.raises(VerificationFailed) as refusal:
            verify_rtc_callback(sent, sign=shown, key=key)
        assert refusal.value.failed_check == "signature"


@BOUNDED
@given(keys, keys, st.binary(max_size=80))
def test_no_other_key_signs_an_rtc_callback(key: str, other: str, body: bytes) -> None:
    assume(key != other)
    with pytest.raises(VerificationFailed) as refusal:
        verify_rtc_callback(body, sign=sign_rtc_callback(body, key=other), key=key)
    assert refusal.value.failed_check == "signature"


@BOUNDED
@given(keys, seconds, st.integers(-1200, 1200))
def test_a_live_callback_is_good_in_its_minutes_only(key: str, t: int, offset: int) -> None:
    sent = {"t": t, "sign": sign_live_callback(moment(t), key=key)}
    body, at = json.dumps(sent).encode(), moment(t) + timedelta(seconds=offset)
    if -660 <= offset <= 0:
        assert verify_live_callback(body, key=key, at=at) == sent
        return
    with pytest.raises(VerificationFailed) as refusal:
        verify_live_callback(body, key=key, at=at)
    assert refusal.value.failed_check == ("expired" if offset > 0 else "not_yet_valid")


@BOUNDED
@given(st.data(), keys, seconds)
def test_no_byte_of_a_live_proof_can_be_changed(data: st.DataObject, key: str, t: int) -> None:
    body = json.dumps({"t": t, "sign": sign_live_callback(moment(t), key=key)}).encode()
    changed = flipped(data, body)
    assume(changed.translate(None, b" \t\r\n") != body.translate(None, b" \t\r\n"))
    with pytest.raises(VerificationFailed) as refusal:
        verify_live_callback(changed, key=key, at=moment(t))
    assert refusal.value.failed_check in {"format", "signature"}


@BOUNDED
@given(keys, keys, seconds)
def test_no_other_key_signs_a_time(key: str, other: str, second: int) -> None:
    assume(key != other)
    at = moment(second)
    body = json.dumps({"t": second, "sign": sign_live_callback(at, key=other)}).encode()
    with pytest.raises(VerificationFailed) as of_live:
        verify_live_callback(body, key=key, at=at)
    sign = sign_im_callback(at, token=other)
    with pytest.raises(VerificationFailed) as of_im:
        verify_im_callback(request_time=str(second), sign=sign, token=key, at=at)
    assert (of_live.value.failed_check, of_im.value.failed_check) == ("signature", "signature")


@BOUNDED
@given(keys, seconds, st.integers(-150, 150))
def test_an_im_callback_is_good_in_its_minute_only(token: str, second: int, offset: int) -> None:
    sign, at = sign_im_callback(moment(second), token=token), moment(second + offset)

    def verify() -> datetime:
        return verify_im_callback(request_time=str(second), sign=sign, token=token, at=at)

    if abs(offset) <= 60:
        assert verify() == moment(second)
        return
    with pytest.raises(VerificationFailed) as refusal:
        verify()
    assert refusal.value.failed_check == ("expired" if offset > 0 else "not_yet_valid")


@BOUNDED
@given(st.data(), keys, seconds)
def test_no_byte_of_an_im_proof_can_be_changed(
    data: st.DataObject, token: str, second: int
) -> None:
    sign, sent = sign_im_callback(moment(second), token=token), str(second)
    other_sign = flipped(data, sign.encode()).decode("latin-1")
    other_time = flipped(data, sent.encode()).decode("latin-1")
    for request_time, shown in ((other_time, sign), (sent, other_sign)):
        with pytest.raises(VerificationFailed) as refusal:
            verify_im_callback(
                request_time=request_time, sign=shown, token=token, at=moment(second)
            )
        assert refusal.value.failed_check in {"format", "signature"}
