"""What the cloud would do and the emulator does not: refused by name, and nothing is stored."""

from urllib.parse import quote

import pytest
from qcloud_cos import CosServiceError
from tests.support.contract_cloud import BUCKET
from tests.support.cos_signing import authorization
from tests.support.post_forms import KEY, post, refused, signed, stored
from tests.support.running_emulator import Answer, Emulator


def send(
    emulator: Emulator, method: str, query: str = "", headers: dict[str, str] | None = None
) -> Answer:
    body = b"new" if method in ("PUT", "POST") else None
    given = {"Authorization": authorization(method, "/a")} | (headers or {})
    return emulator.call(method, f"/a{query}", body, given)


def content(emulator: Emulator) -> bytes | None:
    return stored(emulator, "a")


@pytest.mark.parametrize(
    ("method", "query", "name"),
    [
        ("PUT", "?live", "live"),
        ("PUT", "?live=", "live"),
        ("PUT", "?rename", "rename"),
        ("PUT", "?symlink", "symlink"),
        ("PUT", "?partNumber=1", "partNumber"),
        ("POST", "?append&position=0", "append"),
        ("POST", "?restore", "restore"),
        ("POST", "?select&select-type=2", "select"),
        ("GET", "?imageInfo", "imageInfo"),
        ("GET", "?imageMogr2/thumbnail/!50p", "imageMogr2"),
        ("GET", "?imageView2/1/w/100/h/100", "imageView2"),
        ("GET", "?watermark/2/text/5paH", "watermark"),
        ("GET", "?imageMogr2/format/webp|watermark/2/text/5paH", "imageMogr2"),
        ("GET", "?exif", "exif"),
        ("GET", "?imageAve", "imageAve"),
        ("GET", "?ci-process=doc-preview&page=1", "ci-process"),
        ("GET", "?versionId=null", "versionId"),
        ("GET", "?legal-hold", "legal-hold"),
        ("GET", "?some-new-sub-resource", "some-new-sub-resource"),
        ("GET", "?x-cos-process=image/resize", "x-cos-process"),
        ("DELETE", "?versionId=MTg0", "versionId"),
        ("PUT", "?uploadId=1&partNumber=1&live", "live"),
    ],
)
def test_parameter_is_refused_by_name(
    emulator: Emulator, method: str, query: str, name: str
) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a", Body=b"old")
    answer = send(emulator, method, query)
    assert refused(answer) == (501, "NotImplemented")
    assert name.encode() in answer.body
    assert content(emulator) == b"old"


@pytest.mark.parametrize(
    "query",
    ["?uploadId=&prefix=a", "?_=1700000000", "?1700000000", "?v=2", "?versionId=", "?versionId"],
)
def test_harmless_parameter_is_not_refused_by_name(emulator: Emulator, query: str) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a", Body=b"old")
    assert send(emulator, "GET", query).status != 501


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-cos-callback", "eyJ1cmwiOiJodHRwOi8vYSJ9"),
        ("x-cos-callback-var", "e30="),
        ("x-cos-return-body", "e30="),
        ("Pic-Operations", '{"is_pic_info":1}'),
        ("x-ci-process", "sensitive-content-recognition"),
        ("x-cos-server-side-encryption", "cos/kms"),
        ("x-cos-server-side-encryption-customer-algorithm", "AES256"),
        ("x-cos-mime-limit", "image/*"),
        ("x-cos-rename-source", "/b"),
        ("x-cos-object-lock-mode", "COMPLIANCE"),
        ("x-cos-some-new-header", "1"),
        ("x-amz-acl", "public-read"),
    ],
)
def test_header_is_refused_by_name(emulator: Emulator, name: str, value: str) -> None:
    answer = send(emulator, "PUT", headers={name: value})
    assert refused(answer) == (501, "NotImplemented")
    assert name.lower().encode() in answer.body
    assert content(emulator) is None
    fields = signed(["starts-with", "$key", ""]) | {name: value}
    if name != "x-cos-rename-source":
        form = post(emulator, fields)
        assert refused(form) == (501, "NotImplemented")
        assert name.lower().encode() in form.body
        assert stored(emulator, KEY) is None


@pytest.mark.parametrize(
    ("query", "header"),
    [
        ("", "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-guangzhou/s3/aws4_request, Signature=0"),
        ("", "AWS AKID:c2lnbmF0dXJl"),
        ("?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", None),
        ("?AWSAccessKeyId=AKID&Expires=1&Signature=0", None),
    ],
)
@pytest.mark.parametrize("path", ["/a", f"/{BUCKET}/a", "/"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_client_of_s3_is_told_in_a_sentence(
    emulator: Emulator, method: str, path: str, query: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = emulator.call(method, path + query, b"x" if method == "PUT" else None, headers)
    assert refused(answer) == (501, "NotImplemented")
    assert b"does not implement the signatures of S3" in answer.body


def test_unknown_header_of_a_list_is_ignored(emulator: Emulator) -> None:
    """As the tests of cos-nodejs-sdk-v5 send it; a read with another encryption is refused."""
    headers = {"Authorization": authorization("GET", "/"), "x-cos-test": "a b!"}
    assert emulator.call("GET", "/", headers=headers).status == 200
    refusal = send(emulator, "GET", headers={"x-cos-server-side-encryption-customer-key": "a"})
    assert refused(refusal) == (501, "NotImplemented")


def test_official_client_reads_the_refusal(emulator: Emulator) -> None:
    client = emulator.cos_client()
    with pytest.raises(CosServiceError) as refusal:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"x", PicOperations='{"is_pic_info":1}')
    assert (refusal.value.get_status_code(), refusal.value.get_error_code()) == (
        501, "NotImplemented",
    )  # fmt: skip
    assert "pic-operations" in refusal.value.get_error_msg()
    assert not client.object_exists(BUCKET, "a")


@pytest.mark.parametrize(
    ("limit", "status"),
    [("819200", 200), ("838860800", 200), ("819199", 400), ("838860801", 400), ("x", 400)],
)
def test_traffic_limit_has_the_bounds_of_its_document(
    emulator: Emulator, limit: str, status: int
) -> None:
    assert send(emulator, "PUT", headers={"x-cos-traffic-limit": limit}).status == status
    assert send(emulator, "PUT", f"?x-cos-traffic-limit={quote(limit)}").status == status
