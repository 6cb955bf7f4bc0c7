"""What the signature of a client's upload to VOD lets in and gives out."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from classgate.errors import InvalidSigningKey, SigningError, VerificationFailed
from classgate.signing.vod_upload import (
    issue_upload_signature,
    read_upload_signature,
    verify_upload_signature,
)

SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD = "secretId=AKIDtest&currentTimeStamp=1700000000&expireTime=1700003600&random=7"


def signed(text: str | bytes) -> str:
    """A signature over any text, made by hand."""
    data = text.encode() if isinstance(text, str) else text
    return base64.b64encode(hmac.digest(SECRET_KEY.encode(), data, hashlib.sha1) + data).decode()


def issue(
    *,
    secret_id: str = "AKIDtest",
    lifetime: timedelta = HOUR,
    nonce: int = 7,
    options: tuple[tuple[str, str], ...] = (),
) -> str:
    return issue_upload_signature(
        secret_id=secret_id,
        secret_key=SECRET_KEY,
        issued_at=ISSUED_AT,
        lifetime=lifetime,
        nonce=nonce,
        options=options,
    )


def reason_of(signature: str, at: datetime = ISSUED_AT) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_upload_signature(signature, secret_id="AKIDtest", secret_key=SECRET_KEY, at=at)
    return refusal.value.failed_check


def test_an_issued_signature_is_the_one_made_by_hand() -> None:
    assert issue() == signed(GOOD)
    options = (("sourceContext", "room=42&uid=张 ~*"), ("oneTimeValid", "1"))
    encoded = "sourceContext=room%3D42%26uid%3D%E5%BC%A0+%7E%2A&oneTimeValid=1"
    assert issue(options=options) == signed(f"{GOOD}&{encoded}")


def test_a_signature_is_good_to_its_last_second() -> None:
    content = verify_upload_signature(
        signed(GOOD), secret_id="AKIDtest", secret_key=SECRET_KEY, at=ISSUED_AT + HOUR
    )
    assert (content.issued_at, content.expires_at) == (ISSUED_AT, ISSUED_AT + HOUR)
    assert not content.single_use
    assert reason_of(signed(GOOD), ISSUED_AT + HOUR + timedelta(seconds=1)) == "expired"


def test_the_fields_may_stand_in_any_order_and_with_others() -> None:
    text = "&".join([*reversed(GOOD.split("&")), "procedure=a%2Bb", "oneTimeValid=1"])
    content = read_upload_signature(signed(text))
    assert content.options == (("procedure", "a+b"), ("oneTimeValid", "1"))
    assert content.single_use
    assert content.nonce == 7


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD.replace("AKIDtest", "AKIDother"), "access_key"),
        (GOOD.replace("1700003600", "1700000000"), "format"),
        (GOOD.replace("1700003600", "1699999999"), "expired"),
        (GOOD.replace("1700003600", "1707776001"), "format"),
        (GOOD.replace("random=7", "random=4294967296"), "format"),
        (GOOD.replace("random=7", "random=-1"), "format"),
        (GOOD.replace("random=7", "random=%D9%A3"), "format"),
        (GOOD.replace("&random=7", ""), "format"),
        (f"{GOOD}&random=7", "format"),
        (f"{GOOD}&procedure=a&procedure=b", "format"),
        (f"{GOOD}&", "format"),
        (f"{GOOD}&procedure", "format"),
        (f"{GOOD}&procedure=%ff", "format"),
        (f"{GOOD}&procedure=课", "format"),
        (GOOD + "".join(f"&a{number}=" for number in range(29)), "format"),
        (GOOD.encode() + b"\xff", "format"),
    ],
)
def test_a_signature_is_refused_for(text: str | bytes, reason: str) -> None:
    assert reason_of(signed(text)) == reason


@pytest.mark.parametrize(
    "signature",
    ["", "*", signed(f"{GOOD}0").rstrip("="), signed(""), signed(GOOD)[:24], "A" * 8196],
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert reason_of(signature) == "format"


def test_a_signature_of_another_key_is_refused_before_its_fields_are_read() -> None:
    data = bytes(20) + b"not a form"
    assert reason_of(base64.b64encode(data).decode()) == "signature"


def test_a_lifetime_is_ninety_days_at_most() -> None:
    longest = read_upload_signature(issue(lifetime=timedelta(days=90)))
    assert longest.expires_at - longest.issued_at == timedelta(days=90)
    for lifetime in (timedelta(days=90, seconds=1), timedelta(0), timedelta(milliseconds=999)):
        with pytest.raises(SigningError):
            issue(lifetime=lifetime)


@pytest.mark.parametrize("nonce", [-1, 2**32])
def test_a_nonce_fits_32_bits(nonce: int) -> None:
    with pytest.raises(SigningError):
        issue(nonce=nonce)


@pytest.mark.parametrize(
    "options",
    [
        (("secretId", "other"),),
        (("random", "8"),),
        (("classId", "1"), ("classId", "2")),
        (("", "a"),),
        (("a b", "c"),),
        (("a&b", "c"),),
        (("sourceContext", "\ud800"),),
        (("sourceContext", "a" * 8192),),
        tuple((f"a{number}", "") for number in range(29)),
    ],
)
def test_an_option_is_a_field_of_its_own_or_refused(options: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(SigningError):
        issue(options=options)


def test_a_secret_id_brings_no_field() -> None:
    with pytest.raises(InvalidSigningKey):
        issue(secret_id="a&random=8")
