"""Requests for an object as the client knows it, and what an upload may say of its object."""

from email.utils import formatdate
from typing import Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError
from tests.support.contract_cloud import BUCKET
from tests.support.running_emulator import Emulator

KEY = "课件/a.pdf"
BEFORE, AFTER = formatdate(1_000_000_000, usegmt=True), formatdate(4_000_000_000, usegmt=True)


def outcome(client: CosS3Client, method: str, **conditions: str) -> int:
    """The HTTP status of a get or a head."""
    call = {"GET": client.get_object, "HEAD": client.head_object}[method]
    try:
        answered = call(Bucket=BUCKET, Key=KEY, **conditions)
    except CosServiceError as error:
        status = error.get_status_code()
        assert isinstance(status, int)
        return status
    # The SDK takes 304 for a success; only an object tells what ranges it takes.
    return 200 if "Accept-Ranges" in answered else 304


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_object_is_read_only_when_it_meets_the_conditions(emulator: Emulator, method: str) -> None:
    client = emulator.cos_client()
    etag = client.put_object(Bucket=BUCKET, Key=KEY, Body=b"lesson")["ETag"]
    for conditions, status in (
        ({"IfMatch": etag}, 200),
        ({"IfMatch": '"0"'}, 412),
        ({"IfMatch": f'"0", {etag}'}, 200),
        ({"IfMatch": "*"}, 200),
        ({"IfNoneMatch": etag}, 304),
        ({"IfNoneMatch": '"0"'}, 200),
        ({"IfModifiedSince": BEFORE}, 200),
        ({"IfModifiedSince": AFTER}, 304),
        ({"IfUnmodifiedSince": BEFORE}, 412),
        ({"IfUnmodifiedSince": AFTER}, 200),
        ({"IfModifiedSince": "yesterday"}, 200),
        # The ETag goes before the time beside it.
        ({"IfMatch": etag, "IfUnmodifiedSince": BEFORE}, 200),
        ({"IfNoneMatch": '"0"', "IfModifiedSince": AFTER}, 200),
        ({"IfMatch": '"0"', "IfNoneMatch": etag}, 412),
    ):
        assert outcome(client, method, **conditions) == status, conditions


def test_unchanged_object_is_reported_by_its_etag_alone(emulator: Emulator) -> None:
    client = emulator.cos_client(by_domain=True)
    etag = client.put_object(Bucket=BUCKET, Key="a.txt", Body=b"lesson")["ETag"]
    url = client.get_presigned_url(BUCKET, "a.txt", "GET", SignHost=False)
    path = url.partition(emulator.address)[2]
    answer = emulator.call("GET", path, headers={"If-None-Match": etag})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
    # As if it were sent: the official SDK for Python reads no answer without it.
    assert answer.headers["content-length"] == "6"


def test_upload_that_must_not_overwrite_is_refused_and_changes_nothing(emulator: Emulator) -> None:
    client = emulator.cos_client()
    forbidding: dict[str, Any] = {"Metadata": {"x-cos-forbid-overwrite": "true"}}
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"first", **forbidding)
    with pytest.raises(CosServiceError) as refused:
        client.put_object(Bucket=BUCKET, Key=KEY, Body=b"second", **forbidding)
    assert (refused.value.get_status_code(), refused.value.get_error_code()) == (
        409,
        "FileAlreadyExists",
    )
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key=KEY)["UploadId"]
    etag = client.upload_part(BUCKET, KEY, b"third", 1, upload_id)["ETag"]
    parts = {"Part": [{"PartNumber": 1, "ETag": etag}]}
    with pytest.raises(CosServiceError) as refused:
        client.complete_multipart_upload(BUCKET, KEY, upload_id, parts, **forbidding)
    assert refused.value.get_error_code() == "FileAlreadyExists"
    assert client.get_object(Bucket=BUCKET, Key=KEY)["Body"].get_raw_stream().read() == b"first"
    client.complete_multipart_upload(BUCKET, KEY, upload_id, parts)
    assert client.get_object(Bucket=BUCKET, Key=KEY)["Body"].get_raw_stream().read() == b"third"


def test_storage_class_and_tags_are_reported(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(
        Bucket=BUCKET, Key=KEY, Body=b"x", StorageClass="STANDARD_IA",
        Metadata={"x-cos-tagging": "course=7&kind=slides"},
    )  # fmt: skip
    head = client.head_object(Bucket=BUCKET, Key=KEY)
    assert (head["x-cos-storage-class"], head["x-cos-tagging-count"]) == ("STANDARD_IA", "2")
    assert "x-cos-tagging" not in head
    (listed,) = client.list_objects(Bucket=BUCKET)["Contents"]
    assert listed["StorageClass"] == "STANDARD_IA"


def test_encryption_that_is_not_there_is_not_pretended(emulator: Emulator) -> None:
    with pytest.raises(CosServiceError) as refused:
        emulator.cos_client().put_object(
            Bucket=BUCKET, Key=KEY, Body=b"x", ServerSideEncryption="cos/kms"
        )
    assert (refused.value.get_status_code(), refused.value.get_error_code()) == (
        501,
        "NotImplemented",
    )


@pytest.mark.parametrize(
    ("key", "sent", "reported"),
    [
        ("slides.pdf", None, "application/pdf"),
        ("课件/照片.PNG", None, "image/png"),
        ("no-ending", None, "application/octet-stream"),
        ("data:,x.html", None, "text/html"),
        ("packed.csv.gz", None, "application/octet-stream"),
        ("slides.pdf", "text/plain", "text/plain"),
    ],
)
def test_type_that_nobody_said_is_that_of_the_ending(
    emulator: Emulator, key: str, sent: str | None, reported: str
) -> None:
    client = emulator.cos_client()
    described = {} if sent is None else {"ContentType": sent}
    client.put_object(Bucket=BUCKET, Key=key, Body=b"x", **described)
    assert client.head_object(Bucket=BUCKET, Key=key)["Content-Type"] == reported


def test_header_that_is_sent_empty_is_none(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", CacheControl="", ContentType="")
    head = client.head_object(Bucket=BUCKET, Key=KEY)
    assert "Cache-Control" not in head
    assert head["Content-Type"] == "application/pdf"
