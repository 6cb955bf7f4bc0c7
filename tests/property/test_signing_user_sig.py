"""UserSig and PrivateMapKey, for all inputs."""

import base64
import json
import shutil
import subprocess
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import TLSSigAPIv2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from classgate.errors import InvalidIdentifier, VerificationFailed
from classgate.signing.keys import EcdsaPrivateKey, EcdsaPublicKey, SdkSecretKey
from classgate.signing.private_map_key import (
    PrivateMapKeyPayload,
    from_wire,
    issue_private_map_key,
    to_wire,
    verify_private_map_key,
)
from classgate.signing.user_sig import (
    SigningKey,
    UserSigContent,
    VerifyingKey,
    issue_user_sig,
    sign_content,
    verify_user_sig,
)

BOUNDED = settings(max_examples=120, deadline=None, database=None)
FEW = settings(max_examples=12, deadline=None, database=None)

SDK_APP_ID = 1400000000
ISSUED_AT = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)

identifiers = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
sdk_app_ids = st.integers(1, 2**32 - 1)
moments = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone itself
    datetime(2037, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
lifetimes = st.integers(1, 2**30).map(lambda seconds: timedelta(seconds=seconds))
userbufs = st.none() | st.binary(max_size=200)
rooms = st.integers(1, 2**32 - 1) | st.text(st.characters(codec="ascii"), min_size=1, max_size=64)
curves = st.sampled_from([ec.SECP256K1(), ec.SECP256R1()])
scalars = st.integers(1, 2**255)


def key_pair(private: ec.EllipticCurvePrivateKey) -> tuple[EcdsaPrivateKey, EcdsaPublicKey]:
    key = EcdsaPrivateKey.from_pem(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return key, key.public_key()


SECRET = SdkSecretKey("56d229b32cdf556e36afb190876bca5ae6dcd24fcce2fb1789bf0ab0874c8f43")
PAIRS: list[tuple[SigningKey, VerifyingKey]] = [
    key_pair(ec.derive_private_key(0x1234567, ec.SECP256K1())),
    key_pair(ec.derive_private_key(0x7654321, ec.SECP256R1())),
    (SECRET, SECRET),
]
pairs = st.sampled_from(PAIRS)


def members_of(token: str) -> dict[str, Any]:
    standard = token.replace("*", "+").replace("-", "/").replace("_", "=")
    members: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(standard)))
    return members


@BOUNDED
@given(pairs, identifiers, sdk_app_ids, moments, lifetimes, userbufs)
def test_what_is_issued_verifies_as_what_was_asked(
    pair: tuple[SigningKey, VerifyingKey],
    identifier: str,
    sdk_app_id: int,
    issued_at: datetime,
    lifetime: timedelta,
    userbuf: bytes | None,
) -> None:
    signing, verifying = pair
    token = issue_user_sig(
        signing,
        sdk_app_id=sdk_app_id,
        identifier=identifier,
        issued_at=issued_at,
        lifetime=lifetime,
        userbuf=userbuf,
    )
    content = verify_user_sig(
        token,
        verifying,
        sdk_app_id=sdk_app_id,
        identifier=identifier,
        at=issued_at + lifetime,
        userbuf=userbuf,
    )
    version: Literal[1, 2] = 1 if isinstance(signing, EcdsaPrivateKey) else 2
    assert content == UserSigContent(version, sdk_app_id, identifier, issued_at, lifetime, userbuf)
    with pytest.raises(VerificationFailed) as refusal:
        verify_user_sig(
            token,
            verifying,
            sdk_app_id=sdk_app_id,
            identifier=identifier,
            at=issued_at + lifetime + timedelta(seconds=1),
            userbuf=userbuf,
        )
    assert refusal.value.failed_check == "expired"


@settings(BOUNDED, max_examples=400)
@given(pairs, userbufs, st.data())
def test_a_flipped_byte_is_refused_or_changes_nothing(
    pair: tuple[SigningKey, VerifyingKey], userbuf: bytes | None, data: st.DataObject
) -> None:
    signing, verifying = pair
    content = UserSigContent(
        1 if isinstance(signing, EcdsaPrivateKey) else 2,
        SDK_APP_ID,
        "amy",
        ISSUED_AT,
        HOUR,
        userbuf,
    )
    token = bytearray(sign_content(signing, content), "ascii")
    token[data.draw(st.integers(0, len(token) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = verify_user_sig(
            token.decode("latin-1"),
            verifying,
            sdk_app_id=SDK_APP_ID,
            identifier="amy",
            at=ISSUED_AT,
            userbuf=userbuf,
        )
    except VerificationFailed:
        return
    assert read == content


@BOUNDED
@given(pairs, st.text(max_size=60))
def test_no_identifier_adds_a_member(
    pair: tuple[SigningKey, VerifyingKey], identifier: str
) -> None:
    signing, _ = pair
    version_1 = isinstance(signing, EcdsaPrivateKey)
    content = UserSigContent(1 if version_1 else 2, SDK_APP_ID, identifier, ISSUED_AT, HOUR)
    members = members_of(sign_content(signing, content))
    assert members.pop("TLS.identifier") == identifier
    assert members.keys() == (
        {
            "TLS.account_type",
            "TLS.appid_at_3rd",
            "TLS.sdk_appid",
            "TLS.expire_after",
            "TLS.version",
            "TLS.time",
            "TLS.sig",
        }
        if version_1
        else {"TLS.ver", "TLS.sdkappid", "TLS.expire", "TLS.time", "TLS.sig"}
    )


@BOUNDED
@given(pairs, st.text(max_size=40) | identifiers.map(lambda name: f"{name}\n"))
def test_only_plain_identifiers_are_issued_for(
    pair: tuple[SigningKey, VerifyingKey], identifier: str
) -> None:
    plain = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
    allowed = 1 <= len(identifier) <= 32 and plain.issuperset(identifier)
    try:
        issue_user_sig(
            pair[0],
            sdk_app_id=SDK_APP_ID,
            identifier=identifier,
            issued_at=ISSUED_AT,
            lifetime=HOUR,
        )
    except InvalidIdentifier:
        assert not allowed
    else:
        assert allowed


@settings(BOUNDED, max_examples=40)
@given(curves, scalars, identifiers, userbufs)
def test_fresh_keys_sign_what_cryptography_verifies(
    curve: ec.EllipticCurve, scalar: int, identifier: str, userbuf: bytes | None
) -> None:
    private = ec.derive_private_key(scalar, curve)
    signature, text = signature_and_text(private, identifier, userbuf)
    private.public_key().verify(signature, text, ec.ECDSA(SHA256()))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")
@FEW
@given(curve=curves, scalar=scalars, identifier=identifiers)
def test_fresh_keys_sign_what_openssl_verifies(
    tmp_path_factory: pytest.TempPathFactory,
    curve: ec.EllipticCurve,
    scalar: int,
    identifier: str,
) -> None:
    private = ec.derive_private_key(scalar, curve)
    signature, text = signature_and_text(private, identifier, None)
    folder = tmp_path_factory.mktemp("openssl")
    public_pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write(folder, {"public.pem": public_pem, "signature": signature, "text": text})
    verdict = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "text"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert verdict.stdout == b"Verified OK\n", verdict.stderr


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def signature_and_text(
    private: ec.EllipticCurvePrivateKey, identifier: str, userbuf: bytes | None
) -> tuple[bytes, bytes]:
    """The signature of a token, and the text that "tencentyun/tls-sig-api" signs for it."""
    token = issue_user_sig(
        key_pair(private)[0],
        sdk_app_id=SDK_APP_ID,
        identifier=identifier,
        issued_at=ISSUED_AT,
        lifetime=HOUR,
        userbuf=userbuf,
    )
    text = (
        "TLS.appid_at_3rd:0\nTLS.account_type:0\n"
        f"TLS.identifier:{identifier}\nTLS.sdk_appid:{SDK_APP_ID}\n"
        "TLS.time:1715934600\nTLS.expire_after:3600\n"
    )
    if userbuf is not None:
        text += f"TLS.userbuf:{base64.b64encode(userbuf).decode()}\n"
    return base64.b64decode(members_of(token)["TLS.sig"]), text.encode()


@BOUNDED
@given(
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True), sdk_app_ids, identifiers, lifetimes, userbufs
)
def test_version_2_is_what_the_official_library_makes(
    secret: str, sdk_app_id: int, identifier: str, lifetime: timedelta, userbuf: bytes | None
) -> None:
    official = TLSSigAPIv2.TLSSigAPIv2(sdk_app_id, secret)
    seconds = lifetime // timedelta(seconds=1)
    theirs = (
        official.gen_sig(identifier, seconds)
        if userbuf is None
        else official.gen_sig_with_userbuf(identifier, seconds, userbuf)
    )
    issued_at = datetime.fromtimestamp(members_of(theirs)["TLS.time"], UTC)
    ours = issue_user_sig(
        SdkSecretKey(secret),
        sdk_app_id=sdk_app_id,
        identifier=identifier,
        issued_at=issued_at,
        lifetime=lifetime,
        userbuf=userbuf,
    )
    assert members_of(ours) == members_of(theirs)
    assert list(members_of(ours)) == list(members_of(theirs))
    read = verify_user_sig(
        theirs,
        SdkSecretKey(secret),
        sdk_app_id=sdk_app_id,
        identifier=identifier,
        at=issued_at,
        userbuf=userbuf,
    )
    assert read == UserSigContent(2, sdk_app_id, identifier, issued_at, lifetime, userbuf)


@BOUNDED
@given(pairs, identifiers, sdk_app_ids, rooms, st.integers(0, 255), moments, lifetimes)
def test_a_room_private_map_key_verifies_as_what_was_asked(
    pair: tuple[SigningKey, VerifyingKey],
    identifier: str,
    sdk_app_id: int,
    room_id: int | str,
    privileges: int,
    issued_at: datetime,
    lifetime: timedelta,
) -> None:
    signing, verifying = pair
    token = issue_private_map_key(
        signing,
        sdk_app_id=sdk_app_id,
        identifier=identifier,
        room_id=room_id,
        privileges=privileges,
        issued_at=issued_at,
        lifetime=lifetime,
    )
    payload = verify_private_map_key(
        token, verifying, sdk_app_id=sdk_app_id, identifier=identifier, at=issued_at + lifetime
    )
    assert payload == PrivateMapKeyPayload(
        identifier, sdk_app_id, room_id, issued_at + lifetime, privileges
    )


@BOUNDED
@given(identifiers, rooms, st.data())
def test_a_room_record_has_one_reading(
    identifier: str, room_id: int | str, data: st.DataObject
) -> None:
    payload = PrivateMapKeyPayload(identifier, SDK_APP_ID, room_id, ISSUED_AT, 42)
    record = to_wire(payload)
    assert from_wire(record) == payload
    cut = data.draw(st.integers(0, len(record) - 1))
    for broken in (record[:cut], record + b"\0"):
        with pytest.raises(VerificationFailed) as refusal:
            from_wire(broken)
        assert refusal.value.failed_check == "format"


@BOUNDED
@given(st.text() | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_any_text_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(VerificationFailed) as refusal:
        verify_user_sig(text, SECRET, sdk_app_id=SDK_APP_ID, identifier="amy", at=ISSUED_AT)
    assert refusal.value.failed_check == "format"


@BOUNDED
@given(st.binary(max_size=400))
def test_any_compressed_bytes_are_refused_with_a_reason(data: bytes) -> None:
    standard = base64.b64encode(zlib.compress(data)).decode()
    token = standard.replace("+", "*").replace("/", "-").replace("=", "_")
    with pytest.raises(VerificationFailed) as refusal:
        verify_user_sig(token, SECRET, sdk_app_id=SDK_APP_ID, identifier="amy", at=ISSUED_AT)
    assert refusal.value.failed_check == "format"
