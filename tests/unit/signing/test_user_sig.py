"""What a UserSig verifier lets in, and in which order it looks."""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.pem_keys import private_pem
from tests.support.user_sig_tokens import SECRET, seal, signed_members, spell, token

from classgate.errors import InvalidIdentifier, SigningError, VerificationFailed
from classgate.signing.keys import EcdsaPrivateKey, EcdsaPublicKey, SdkSecretKey
from classgate.signing.user_sig import (
    ANY_USERBUF,
    AnyUserbuf,
    UserSigContent,
    issue_user_sig,
    read_user_sig,
    sign_content,
    verify_user_sig,
)

AT = datetime(2023, 11, 14, 22, 30, tzinfo=UTC)
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = SdkSecretKey(SECRET)


def verify(
    text: str,
    *,
    key: EcdsaPublicKey | SdkSecretKey = KEY,
    sdk_app_id: int = 1400000000,
    identifier: str = "amy",
    at: datetime = AT,
    userbuf: bytes | AnyUserbuf | None = None,
) -> UserSigContent:
    return verify_user_sig(
        text, key, sdk_app_id=sdk_app_id, identifier=identifier, at=at, userbuf=userbuf
    )


def reason_of(text: str) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify(text)
    return refusal.value.failed_check


def issue(
    userbuf: bytes | None = None, *, identifier: str = "amy", lifetime: timedelta = HOUR
) -> str:
    return issue_user_sig(
        KEY,
        sdk_app_id=1400000000,
        identifier=identifier,
        issued_at=ISSUED_AT,
        lifetime=lifetime,
        userbuf=userbuf,
    )


def test_a_token_made_by_hand_is_accepted() -> None:
    content = verify(token(signed_members()))
    assert content == UserSigContent(2, 1400000000, "amy", ISSUED_AT, HOUR)
    assert content.expires_at == datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC)


def test_white_space_in_a_token_is_ignored() -> None:
    text = token(signed_members())
    verify(f"{text}\n")
    verify(f" {text[:20]}\r\n{text[20:]}\t\n")


def test_the_standard_base64_alphabet_is_refused() -> None:
    text = token(signed_members())
    for theirs, standard in (("*", "+"), ("-", "/"), ("_", "=")):
        if theirs in text:
            assert reason_of(text.replace(theirs, standard)) == "format"
    assert reason_of(text.rstrip("_") + "=") == "format"


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    # Two characters hold one byte: the last four bits are unused and have to be zero.
    texts = (token(signed_members({"x": size * size})) for size in range(100))
    text = next(each for each in texts if each.endswith("__"))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-"
    changed = alphabet[alphabet.index(text[-3]) + 1]
    assert reason_of(f"{text[:-3]}{changed}__") == "format"


@pytest.mark.parametrize(
    "text", ["", "_", "A", "课件", "\0", "eJy\0rVg", "eJy%rVg_", "A" * 200_000]
)
def test_a_text_that_is_no_envelope_is_refused(text: str) -> None:
    assert reason_of(text) == "format"


def test_a_zip_bomb_is_refused_without_unpacking_it() -> None:
    bomb = spell(zlib.compress(b" " * 50_000_000, 9))
    assert len(bomb) < 100_000
    assert reason_of(bomb) == "format"


def test_bytes_after_the_compressed_text_are_refused() -> None:
    good = zlib.compress(json.dumps(signed_members()).encode())
    assert reason_of(spell(good + b"\0")) == "format"
    assert reason_of(spell(good + good)) == "format"
    assert reason_of(spell(good[:-4])) == "format"


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"TLS.time":' + b"9" * 10_000 + b"}",
        b'{"TLS.identifier":"\xff\xfe"}',
        b'\xef\xbb\xbf{"TLS.ver":"2.0"}',
        b'{"TLS.ver":"2.0"}\0',
        b'{"TLS.time":NaN}',
        b"null",
        b'"TLS.ver"',
        b"[]",
        b"{}",
    ],
)
def test_json_that_is_not_one_sound_object_is_refused(text: bytes) -> None:
    assert reason_of(seal(text)) == "format"


@pytest.mark.parametrize("name", ["TLS.identifier", "TLS.sig", "TLS.expire", "unknown"])
def test_a_repeated_member_is_refused_even_with_the_same_value(name: str) -> None:
    members = signed_members({"unknown": 1})
    text = json.dumps(members)
    repeated = f"{text[:-1]}, {json.dumps(name)}: {json.dumps(members[name])}}}"
    verify(seal(text.encode()))
    assert reason_of(seal(repeated.encode())) == "format"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TLS.time", "1700000000"),
        ("TLS.time", 1700000000.0),
        ("TLS.time", True),
        ("TLS.time", -1),
        ("TLS.time", 2**32),
        ("TLS.expire", None),
        ("TLS.expire", 10**30),
        ("TLS.sdkappid", [1400000000]),
        ("TLS.identifier", 7),
        ("TLS.identifier", "\ud800"),
        ("TLS.sig", 7),
        ("TLS.ver", 2.0),
        ("TLS.ver", "3.0"),
        ("TLS.userbuf", "not base64!"),
        ("TLS.userbuf", {}),
    ],
)
def test_a_member_of_the_wrong_form_is_refused(name: str, value: object) -> None:
    assert reason_of(token(signed_members({name: value}))) == "format"


def test_a_nul_in_an_identifier_is_part_of_it() -> None:
    text = token(signed_members(identifier="amy\0"))
    assert reason_of(text) == "identifier"
    assert verify(text, identifier="amy\0").identifier == "amy\0"


def test_the_signature_is_looked_at_before_the_content() -> None:
    text = token(signed_members({"TLS.identifier": "bob"}))
    assert reason_of(text) == "signature"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identifier": "AMY"}, "identifier"),
        ({"sdk_app_id": 1400000001}, "sdkappid"),
        ({"at": ISSUED_AT + HOUR + timedelta(seconds=1)}, "expired"),
        ({"userbuf": b""}, "userbuf"),
        ({"userbuf": ANY_USERBUF}, "userbuf"),
        ({"key": SdkSecretKey(SECRET.upper())}, "signature"),
    ],
)
def test_a_good_token_is_refused_for_another_use(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(VerificationFailed) as refusal:
        verify(token(signed_members()), **changes)  # type: ignore[arg-type]
    assert refusal.value.failed_check == reason


def test_a_token_is_good_in_its_last_second_and_before_its_first() -> None:
    verify(token(signed_members()), at=ISSUED_AT + HOUR)
    verify(token(signed_members()), at=ISSUED_AT - HOUR)


def test_a_private_map_key_is_not_a_plain_user_sig() -> None:
    token_with_userbuf = issue(b"room")
    assert reason_of(token_with_userbuf) == "signature"
    assert verify(token_with_userbuf, userbuf=b"room").userbuf == b"room"
    assert verify(token_with_userbuf, userbuf=ANY_USERBUF).userbuf == b"room"
    with pytest.raises(VerificationFailed) as refusal:
        verify(token_with_userbuf, userbuf=b"other")
    assert refusal.value.failed_check == "userbuf"


def test_an_empty_userbuf_is_still_a_private_map_key() -> None:
    assert reason_of(issue(b"")) == "signature"
    assert verify(issue(b""), userbuf=b"").userbuf == b""


def test_a_key_of_the_other_version_verifies_nothing() -> None:
    key = EcdsaPrivateKey.from_pem(private_pem(ec.generate_private_key(ec.SECP256K1())))
    version_1 = issue_user_sig(
        key, sdk_app_id=1400000000, identifier="amy", issued_at=ISSUED_AT, lifetime=HOUR
    )
    assert reason_of(version_1) == "signature"
    with pytest.raises(VerificationFailed) as refusal:
        verify(token(signed_members()), key=key.public_key())
    assert refusal.value.failed_check == "signature"
    with pytest.raises(SigningError):
        sign_content(key, UserSigContent(2, 1, "amy", ISSUED_AT, HOUR))
    with pytest.raises(SigningError):
        sign_content(KEY, UserSigContent(1, 1, "amy", ISSUED_AT, HOUR))


def test_version_1_says_what_all_official_verifiers_take() -> None:
    key = EcdsaPrivateKey.from_pem(private_pem(ec.generate_private_key(ec.SECP256R1())))
    text = issue_user_sig(
        key, sdk_app_id=1400000000, identifier="amy", issued_at=ISSUED_AT, lifetime=HOUR
    )
    standard = text.replace("*", "+").replace("-", "/").replace("_", "=")
    members = json.loads(zlib.decompress(base64.b64decode(standard)))
    del members["TLS.sig"]
    assert members == {
        "TLS.account_type": "0",
        "TLS.identifier": "amy",
        "TLS.appid_at_3rd": "0",
        "TLS.sdk_appid": "1400000000",
        "TLS.expire_after": "3600",
        "TLS.version": "201512300000",
        "TLS.time": "1700000000",
    }


def test_reading_tells_the_content_without_judging_it() -> None:
    unsigned = token(signed_members({"TLS.sig": "AAAA", "TLS.expire": 1}))
    content = read_user_sig(unsigned)
    assert (content.identifier, content.lifetime) == ("amy", timedelta(seconds=1))


@pytest.mark.parametrize(
    "identifier", ["", "a b", "bob\n", "名", 'bob","TLS.identifier":"alice', "a" * 33]
)
def test_only_plain_identifiers_are_issued_for(identifier: str) -> None:
    with pytest.raises(InvalidIdentifier):
        issue(identifier=identifier)


@pytest.mark.parametrize(
    "lifetime", [timedelta(0), timedelta(milliseconds=999), -HOUR, timedelta(days=99999)]
)
def test_a_lifetime_outside_the_format_is_refused(lifetime: timedelta) -> None:
    with pytest.raises(SigningError, match="lifetime"):
        issue(lifetime=lifetime)


@pytest.mark.parametrize("sdk_app_id", [0, -1, 2**32])
def test_an_sdk_app_id_outside_the_format_is_refused(sdk_app_id: int) -> None:
    with pytest.raises(SigningError, match="SDKAppID"):
        issue_user_sig(
            KEY, sdk_app_id=sdk_app_id, identifier="amy", issued_at=ISSUED_AT, lifetime=HOUR
        )


def test_a_time_or_userbuf_outside_the_format_is_refused() -> None:
    with pytest.raises(SigningError, match="userbuf"):
        issue(b"x" * 8193)
    with pytest.raises(SigningError, match="time"):
        issue_user_sig(
            KEY,
            sdk_app_id=1,
            identifier="amy",
            issued_at=datetime(1969, 12, 31, tzinfo=UTC),
            lifetime=HOUR,
        )
