"""What the COS JSON API signature lets in and gives out."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from classgate.errors import InvalidObjectPath, InvalidSigningKey, SigningError, VerificationFailed
from classgate.signing.cos_json_request import (
    allows_object,
    issue_reusable,
    issue_single_use,
    object_file_id,
    read_json_api_signature,
    require_object_path,
    verify_json_api_signature,
)

SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
FILE_ID = "/1250000000/courseware/classes/1/direct/a.pdf"


def signed(text: str | bytes) -> str:
    """A signature over any text, made by hand."""
    data = text.encode() if isinstance(text, str) else text
    return base64.b64encode(hmac.digest(SECRET_KEY.encode(), data, hashlib.sha1) + data).decode()


def reason_of(signature: str) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_json_api_signature(
            signature,
            secret_id="AKIDtest",
            secret_key=SECRET_KEY,
            cloud_app_id="1250000000",
            bucket_name="courseware",
            at=ISSUED_AT,
        )
    return refusal.value.failed_check


GOOD = "a=1250000000&b=courseware&k=AKIDtest&e=1700003600&t=1700000000&r=7&f="


def test_a_signature_made_by_hand_is_accepted_to_its_last_second() -> None:
    content = verify_json_api_signature(
        signed(GOOD),
        secret_id="AKIDtest",
        secret_key=SECRET_KEY,
        cloud_app_id="1250000000",
        bucket_name="courseware",
        at=ISSUED_AT + HOUR,
    )
    assert (content.expires_at, content.nonce, content.file_id) == (ISSUED_AT + HOUR, 7, "")
    assert not content.single_use


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD.replace("k=AKIDtest", "k=AKIDother"), "access_key"),
        (GOOD.replace("a=1250000000", "a=1250000001"), "appid"),
        (GOOD.replace("b=courseware", "b=other"), "bucket"),
        (GOOD.replace("e=1700003600", "e=1699999999"), "expired"),
        (f"{GOOD}&b=other", "format"),
        (f"{GOOD}&b=courseware", "format"),
        (GOOD.replace("&r=7", ""), "format"),
        (GOOD.replace("e=1700003600", "e="), "format"),
        (GOOD.replace("e=1700003600", "e=-1"), "format"),
        (GOOD.replace("e=1700003600", "e=٣"), "format"),
        (GOOD.replace("e=1700003600", "e=0"), "format"),
        (GOOD.replace("r=7", "r=12345678901"), "format"),
        (GOOD.encode() + b"\xff", "format"),
    ],
)
def test_a_signature_is_refused_for(text: str | bytes, reason: str) -> None:
    assert reason_of(signed(text)) == reason


@pytest.mark.parametrize(
    "text", ["", "AAAA", "课件", "A" * 10_000, signed(GOOD) + "\n", signed(GOOD)[:-1]]
)
def test_a_text_that_is_no_signature_is_refused(text: str) -> None:
    assert reason_of(text) == "format"


def test_a_changed_field_breaks_the_signature() -> None:
    data = base64.b64decode(signed(GOOD)).replace(b"e=1700003600", b"e=1999999999")
    assert reason_of(base64.b64encode(data).decode()) == "signature"


def test_a_raw_ampersand_of_an_old_signer_is_read_as_a_server_reads_it() -> None:
    read = read_json_api_signature(signed(GOOD.replace("&f=", "&f=/with+plus&amp=1.txt")))
    assert read.file_id == "/with+plus"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "a/",
        "a//b",
        "//a",
        "./a",
        "a/..",
        "a/../b",
        "a\nb",
        "a\0",
        "a\x7f",
        "a\u202eb",
        "a\u2028b",
        "\ud800",
        "x" * 850,
    ],
)
def test_a_path_with_a_second_reading_is_refused(path: str) -> None:
    with pytest.raises(InvalidObjectPath):
        require_object_path(path)


@pytest.mark.parametrize(
    "path", ["a", "/a", "a/b.c", "课件/第一课 (1).pdf", "a&b=c", "..a/b..", "x" * 849]
)
def test_a_whole_object_name_is_taken(path: str) -> None:
    assert require_object_path(path) == "/" + path.removeprefix("/")


def test_a_file_id_is_encoded_but_for_its_slashes() -> None:
    assert object_file_id("125", "b", "课/a b&f=~.txt") == "/125/b/%E8%AF%BE/a%20b%26f%3D~.txt"


def _single_use(file_id: str = FILE_ID, **changes: str) -> str:
    values = {"cloud_app_id": "1250000000", "bucket_name": "courseware", "secret_id": "AKIDtest"}
    return issue_single_use(
        **{**values, **changes},
        secret_key=SECRET_KEY,
        file_id=file_id,
        issued_at=ISSUED_AT,
        nonce=7,
    )


def test_a_single_use_signature_never_expires_and_names_its_object() -> None:
    read = read_json_api_signature(_single_use())
    assert read.expires_at is None
    assert read.plaintext.decode() == (
        f"a=1250000000&b=courseware&k=AKIDtest&e=0&t=1700000000&r=7&f={FILE_ID}"
    )
    assert allows_object(read, "classes/1/direct/a.pdf")
    assert not allows_object(read, "classes/1/direct/b.pdf")
    assert not allows_object(read, FILE_ID)


@pytest.mark.parametrize(
    "file_id",
    [
        "",
        "/",
        "/classes/1/direct/a.pdf",
        "/1250000000/other/a.pdf",
        "/1250000000/courseware/",
        "/1250000000/courseware/a&e=9",
        "/1250000000/courseware/a\n",
        "/1250000000/courseware/\ud800",
    ],
)
def test_a_single_use_signature_is_for_one_object_of_its_bucket(file_id: str) -> None:
    with pytest.raises(SigningError):
        _single_use(file_id)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cloud_app_id", "125&e=9"),
        ("cloud_app_id", "٣"),
        ("bucket_name", "b&e=9"),
        ("bucket_name", "b\n"),
    ],
)
def test_no_field_brings_another(name: str, value: str) -> None:
    file_id = f"/{value}/courseware/a" if name == "cloud_app_id" else FILE_ID
    file_id = f"/1250000000/{value}/a" if name == "bucket_name" else file_id
    with pytest.raises(SigningError):
        _single_use(file_id, **{name: value})


@pytest.mark.parametrize("secret_id", ["AKID&e=9", ""])
def test_a_secret_id_brings_no_field_of_its_own(secret_id: str) -> None:
    with pytest.raises(InvalidSigningKey):
        _single_use(FILE_ID, secret_id=secret_id)


def test_a_reusable_signature_ends_after_it_begins() -> None:
    for lifetime in (timedelta(0), -HOUR, timedelta(milliseconds=1)):
        with pytest.raises(SigningError):
            _reusable(lifetime)


def _reusable(lifetime: timedelta = HOUR, *, nonce: int = 7, field_order: str = "abketrf") -> str:
    return issue_reusable(
        cloud_app_id="1250000000",
        bucket_name="courseware",
        secret_id="AKIDtest",
        secret_key=SECRET_KEY,
        issued_at=ISSUED_AT,
        expires_at=ISSUED_AT + lifetime,
        nonce=nonce,
        field_order=field_order,
    )


def test_a_nonce_has_at_most_ten_digits() -> None:
    for nonce in (-1, 10**10):
        with pytest.raises(SigningError):
            _reusable(nonce=nonce)


def test_fields_stand_once_each_in_any_order() -> None:
    assert _reusable() == signed(GOOD)
    aketrfb = "a=1250000000&k=AKIDtest&e=1700003600&t=1700000000&r=7&f=&b=courseware"
    assert _reusable(field_order="aketrfb") == signed(aketrfb)
    for order in ("abketr", "abketrff", "abketrx"):
        with pytest.raises(SigningError):
            _reusable(field_order=order)


@pytest.mark.parametrize(
    ("file_id", "path", "named"),
    [
        ("", "any/thing", True),
        ("/a%20b", "a b", True),
        ("/a b", "/a b", True),
        ("/a%2520b", "a%20b", True),
        ("/a%20b", "a%20b", False),
        ("/1250000000/courseware/a!(1)", "a!(1)", True),
        ("/1250000000/other/a", "a", False),
        ("/a%ff", "a\ufffd", False),
    ],
)
def test_a_reusable_signature_names(file_id: str, path: str, named: bool) -> None:
    read = read_json_api_signature(signed(f"{GOOD}{file_id}"))
    assert allows_object(read, path) is named


def test_repr_shows_neither_digest_nor_text() -> None:
    read = read_json_api_signature(signed(GOOD))
    assert "digest" not in repr(read)
    assert "plaintext" not in repr(read)
