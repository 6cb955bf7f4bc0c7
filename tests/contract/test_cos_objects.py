"""Whole objects over the XML API: the official SDK with the permanent key."""

import base64
import hashlib
import os
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from qcloud_cos import CosS3Client
from qcloud_cos.cos_exception import CosServiceError
from tests.support.contract_cloud import (
    APP_ID,
    BUCKET,
    REGION,
    SECRET_ID,
    SHORT_BUCKET,
    settings_for,
)
from tests.support.cos_signing import presigned
from tests.support.running_emulator import Emulator, running_emulator

AWKWARD_KEYS = [
    "plain.txt",
    "课件/第一课 (1).pdf",
    "a b+c%20d&e=f?g#h",
    "~t_-.!'()*;:@$,",
    "../../etc/passwd",
    "a//b",
    "a/",
    "表情😀.png",
    "é".ljust(849, "x")[:849],
]


def read(client: CosS3Client, key: str) -> bytes:
    content = client.get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read()
    assert isinstance(content, bytes)
    return content


def refusal(error: pytest.ExceptionInfo[CosServiceError]) -> tuple[int, str]:
    return error.value.get_status_code(), error.value.get_error_code()


@pytest.mark.parametrize("key", AWKWARD_KEYS)
@pytest.mark.parametrize("by_domain", [False, True], ids=["bucket host", "plain host"])
def test_object_comes_back_as_it_was_put(emulator: Emulator, key: str, by_domain: bool) -> None:
    client = emulator.cos_client(by_domain=by_domain)
    content = key.encode() * 3
    put = client.put_object(Bucket=BUCKET, Key=key, Body=content, ContentType="text/x-test")
    assert put["ETag"] == f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    head = client.head_object(Bucket=BUCKET, Key=key)
    assert head["Content-Length"] == str(len(content))
    assert head["Content-Type"] == "text/x-test"
    assert head["ETag"] == put["ETag"]
    assert read(client, key) == content


def test_keys_are_names_not_paths(emulator: Emulator) -> None:
    client = emulator.cos_client()
    for key in ("a", "a/", "a/b", "a//b", "A"):
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for key in ("a", "a/", "a/b", "a//b", "A"):
        assert read(client, key) == key.encode()


def test_every_answer_has_a_request_id_and_the_clock_of_the_cloud(emulator: Emulator) -> None:
    emulator.set_clock(200_000_000)
    answer = emulator.call("GET", "/nothing")
    assert answer.headers["x-cos-request-id"]
    assert answer.headers["date"].endswith("GMT")
    assert int(answer.headers["date"].split()[3]) >= 2031


def test_empty_object_is_an_object(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert client.head_object(Bucket=BUCKET, Key="empty")["Content-Length"] == "0"
    assert read(client, "empty") == b""


def test_put_replaces_and_keeps_what_the_client_said(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="a", Body=b"one", ContentType="text/plain")
    client.put_object(
        Bucket=BUCKET, Key="a", Body=b"two", ContentDisposition="inline",
        Metadata={"x-cos-meta-class": "42"},
    )  # fmt: skip
    head = client.head_object(Bucket=BUCKET, Key="a")
    assert head["Content-Disposition"] == "inline"
    assert head["x-cos-meta-class"] == "42"
    assert read(client, "a") == b"two"


@pytest.mark.parametrize(
    ("asked", "content", "reported"),
    [
        ("bytes=2-3", b"23", "bytes 2-3/10"),
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-4", b"6789", "bytes 6-9/10"),
        ("bytes=-400", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-400", b"89", "bytes 8-9/10"),
    ],
)
def test_range_is_answered_with_just_those_bytes(
    emulator: Emulator, asked: str, content: bytes, reported: str
) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")
    answer = client.get_object(Bucket=BUCKET, Key="a", Range=asked)
    assert answer["Body"].get_raw_stream().read() == content
    assert (answer["Content-Range"], answer["Content-Length"]) == (reported, str(len(content)))


@pytest.mark.parametrize(
    "asked", ["bytes=3-2", "bytes=1-2,4-5", "bytes=", "pages=1-2", "bytes=a-b"]
)
def test_what_is_no_single_range_gets_the_whole_object(emulator: Emulator, asked: str) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")
    answer = client.get_object(Bucket=BUCKET, Key="a", Range=asked)
    assert answer["Content-Length"] == "10"
    assert "Content-Range" not in answer


@pytest.mark.parametrize(
    ("size", "asked"), [(10, "bytes=10-11"), (10, "bytes=-0"), (0, "bytes=0-")]
)
def test_range_outside_the_object_is_refused(emulator: Emulator, size: int, asked: str) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="a", Body=bytes(size))
    with pytest.raises(CosServiceError) as refused:
        client.get_object(Bucket=BUCKET, Key="a", Range=asked)
    assert refusal(refused) == (416, "InvalidRange")


def test_crc64_is_reported_of_every_object(emulator: Emulator) -> None:
    client = emulator.cos_client()
    # The check value of CRC-64/XZ in the catalogue of parametrised CRC algorithms.
    put = client.put_object(Bucket=BUCKET, Key="a", Body=b"123456789")
    assert put["x-cos-hash-crc64ecma"] == str(0x995DC9BBDF1939FA)
    assert (
        client.head_object(Bucket=BUCKET, Key="a")["x-cos-hash-crc64ecma"]
        == (put["x-cos-hash-crc64ecma"])
    )


def test_download_file_checks_its_parts_by_crc(emulator: Emulator, tmp_path: Path) -> None:
    client = emulator.cos_client()
    content = os.urandom((3 << 20) + 5)
    (tmp_path / "up").write_bytes(content)
    client.upload_file(
        Bucket=BUCKET, Key="课件.bin", LocalFilePath=str(tmp_path / "up"), PartSize=1
    )
    client.download_file(
        Bucket=BUCKET, Key="课件.bin", DestFilePath=str(tmp_path / "down"), PartSize=1,
        EnableCRC=True, DumpRecordDir=str(tmp_path / "record"),
    )  # fmt: skip
    assert (tmp_path / "down").read_bytes() == content


def test_content_md5_is_checked(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="a", Body=b"good", EnableMD5=True)
    other = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    with pytest.raises(CosServiceError) as wrong:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"bad", ContentMD5=other)
    assert refusal(wrong) == (400, "BadDigest")
    with pytest.raises(CosServiceError) as malformed:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"bad", ContentMD5="!!")
    assert refusal(malformed) == (400, "InvalidDigest")
    assert read(client, "a") == b"good"


def test_missing_object_is_no_such_key(emulator: Emulator) -> None:
    with pytest.raises(CosServiceError) as missing:
        emulator.cos_client().get_object(Bucket=BUCKET, Key="nothing")
    assert refusal(missing) == (404, "NoSuchKey")
    assert missing.value.get_request_id()


def test_refused_head_has_a_status_and_no_body(emulator: Emulator) -> None:
    with pytest.raises(CosServiceError) as missing:
        emulator.cos_client().head_object(Bucket=BUCKET, Key="nothing")
    assert missing.value.get_status_code() == 404
    assert emulator.call("HEAD", "/nothing").body == b""


@pytest.mark.parametrize("bucket", ["other-" + APP_ID, SHORT_BUCKET + "-1259999999"])
def test_only_the_configured_bucket_exists(emulator: Emulator, bucket: str) -> None:
    with pytest.raises(CosServiceError) as missing:
        emulator.cos_client().put_object(Bucket=bucket, Key="a", Body=b"x")
    assert refusal(missing) == (404, "NoSuchBucket")


def test_wrong_secret_key_does_not_match(emulator: Emulator) -> None:
    client = emulator.cos_client(secret_key="x" * 32)
    with pytest.raises(CosServiceError) as wrong:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert refusal(wrong) == (403, "SignatureDoesNotMatch")


def test_unknown_secret_id_is_an_invalid_access_key(emulator: Emulator) -> None:
    with pytest.raises(CosServiceError) as unknown:
        emulator.cos_client(secret_id="AKIDnobody").put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert refusal(unknown) == (403, "InvalidAccessKeyId")


def test_unsigned_request_is_denied(emulator: Emulator) -> None:
    answer = emulator.call("PUT", "/a", b"x")
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.body


def test_old_signature_has_expired_and_an_early_one_is_skewed(emulator: Emulator) -> None:
    client = emulator.cos_client()
    emulator.set_clock(11_000)
    with pytest.raises(CosServiceError) as expired:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert refusal(expired) == (403, "AccessDenied")
    # The words by which clients know that their clock is wrong.
    assert expired.value.get_error_msg() == "Request has expired"
    emulator.set_clock(-3600)
    with pytest.raises(CosServiceError) as early:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert refusal(early) == (403, "RequestTimeTooSkewed")


def test_key_over_850_bytes_is_refused(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="k" * 850, Body=b"x")
    with pytest.raises(CosServiceError) as long:
        client.put_object(Bucket=BUCKET, Key="k" * 851, Body=b"x")
    assert refusal(long) == (400, "InvalidURI")


def test_deleted_object_is_gone(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    client.delete_object(Bucket=BUCKET, Key="a")
    with pytest.raises(CosServiceError):
        client.head_object(Bucket=BUCKET, Key="a")
    client.delete_object(Bucket=BUCKET, Key="a")


def test_what_is_not_imitated_is_said_to_be_so(emulator: Emulator) -> None:
    with pytest.raises(CosServiceError) as refused:
        emulator.cos_client().get_bucket_lifecycle(Bucket=BUCKET)
    assert refusal(refused) == (501, "NotImplemented")


# ── presigned URLs ──────────────────────────────────────────────────────────────────────────────


def test_presigned_url_opens_with_a_plain_client(emulator: Emulator) -> None:
    key = "课件/第一课 (1).pdf"
    emulator.cos_client().put_object(Bucket=BUCKET, Key=key, Body=b"lesson")
    url = presigned(
        emulator, key,
        **{
            "response-content-disposition": "attachment; filename*=UTF-8''%E8%AF%BE.pdf",
            "response-content-type": "application/pdf",
        },
    )  # fmt: skip
    with urllib.request.urlopen(url) as reply:
        assert reply.read() == b"lesson"
        assert reply.headers["content-disposition"] == "attachment; filename*=UTF-8''%E8%AF%BE.pdf"
        assert reply.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("/a.txt", "/b.txt"),
        lambda url: url.replace("text%2Fplain", "text%2Fhtml"),
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
    ],
    ids=["other key", "other type", "other signature"],
)
def test_changed_presigned_url_is_refused(emulator: Emulator, change) -> None:  # type: ignore[no-untyped-def]
    for key in ("a.txt", "b.txt"):
        emulator.cos_client().put_object(Bucket=BUCKET, Key=key, Body=b"x")
    url = presigned(emulator, "a.txt", **{"response-content-type": "text/plain"})
    path = url.partition(emulator.address)[2]
    assert emulator.call("GET", path).status == 200
    changed = change(url)
    assert changed != url
    assert emulator.call("GET", changed.partition(emulator.address)[2]).status == 403


def test_whole_authorization_may_stand_in_the_url(emulator: Emulator) -> None:
    """As cos-nodejs-sdk-v5's documents make URLs of `getAuth`."""
    client = emulator.cos_client(by_domain=True)
    client.put_object(Bucket=BUCKET, Key="a.txt", Body=b"lesson")
    signed = quote(client.get_auth("GET", BUCKET, "a.txt"), safe="")
    answer = emulator.call("GET", f"/a.txt?sign={signed}")
    assert (answer.status, answer.body) == (200, b"lesson")
    for method, path in (("GET", "/b.txt"), ("PUT", "/a.txt"), ("DELETE", "/a.txt")):
        assert emulator.call(method, f"{path}?sign={signed}").status == 403
    assert emulator.call("GET", f"/a.txt?sign={signed[:-1]}").status == 403
    emulator.set_clock(100_000)
    assert emulator.call("GET", f"/a.txt?sign={signed}").status == 403


def test_presigned_url_is_for_its_method_only(emulator: Emulator) -> None:
    path = presigned(emulator, "a.txt").partition(emulator.address)[2]
    assert emulator.call("PUT", path, b"x").status == 403


def test_presigned_url_expires(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a.txt", Body=b"x")
    path = presigned(emulator, "a.txt").partition(emulator.address)[2]
    emulator.set_clock(400)
    answer = emulator.call("GET", path)
    assert answer.status == 403
    assert b"Request has expired" in answer.body


def test_override_cannot_split_the_answers_headers(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a.txt", Body=b"x")
    url = presigned(emulator, "a.txt", **{"response-content-type": "a\r\nx-evil: 1"})
    answer = emulator.call("GET", url.partition(emulator.address)[2])
    assert answer.status == 400
    assert "x-evil" not in answer.headers


# ── what must not break it ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    ["/%ff%fe", "/a?x=%ff", "/%00", "/a?partNumber=1&uploadId=%00", "/?uploads&max-uploads=9" * 9],
)
def test_bad_addresses_are_refused_without_a_server_error(emulator: Emulator, path: str) -> None:
    assert 400 <= emulator.call("GET", path).status < 500


def test_giant_headers_are_refused(emulator: Emulator) -> None:
    answer = emulator.call("GET", "/a", headers={"x-cos-meta-a": "x" * 100_000})
    assert 400 <= answer.status < 500


def test_restart_over_the_same_directory_keeps_objects(tmp_path: Path) -> None:
    for content in (None, b"kept"):
        with running_emulator(settings_for(tmp_path / "data")) as emulator:
            client = emulator.cos_client()
            if content is None:
                client.put_object(Bucket=BUCKET, Key="课件.pdf", Body=b"kept")
            assert read(client, "课件.pdf") == b"kept"


def test_settings_do_not_show_secrets() -> None:
    shown = repr(settings_for())
    assert settings_for().secret_key not in shown
    assert SECRET_ID in shown
    assert REGION in shown
