"""Copies of objects and of parts, as cos-python-sdk-v5 asks for them."""

from typing import Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError
from tests.support.contract_cloud import BUCKET, REGION
from tests.support.cos_policies import policy, statement
from tests.support.running_emulator import Emulator
from tests.support.sts_client import federation_token

PART = 1 << 20
FROM, TO = "课件/a b+c.bin", "copies/new.bin"


def source(key: str = FROM, bucket: str = BUCKET) -> dict[str, str]:
    return {"Bucket": bucket, "Key": key, "Region": REGION}


def content_of(client: CosS3Client, key: str) -> bytes:
    read = client.get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read()
    assert isinstance(read, bytes)
    return read


def code_of(refused: pytest.ExceptionInfo[CosServiceError]) -> tuple[int, str]:
    return refused.value.get_status_code(), refused.value.get_error_code()


def test_object_is_copied_with_what_describes_it(emulator: Emulator) -> None:
    client = emulator.cos_client()
    put = client.put_object(
        Bucket=BUCKET, Key=FROM, Body=b"lesson", ContentType="text/plain", StorageClass="ARCHIVE"
    )
    copied = client.copy_object(Bucket=BUCKET, Key=TO, CopySource=source())
    assert copied["ETag"] == put["ETag"]
    head = client.head_object(Bucket=BUCKET, Key=TO)
    assert (head["Content-Type"], head["Content-Length"]) == ("text/plain", "6")
    assert "x-cos-storage-class" not in head
    assert content_of(client, TO) == content_of(client, FROM) == b"lesson"


def test_copy_may_be_described_anew_even_in_its_own_place(emulator: Emulator) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=FROM, Body=b"lesson", ContentType="text/plain")
    with pytest.raises(CosServiceError) as refused:
        client.copy_object(Bucket=BUCKET, Key=FROM, CopySource=source())
    assert code_of(refused) == (400, "InvalidArgument")
    client.copy_object(
        Bucket=BUCKET, Key=FROM, CopySource=source(), CopyStatus="Replaced",
        ContentType="text/html", Metadata={"x-cos-meta-by": "tom"},
    )  # fmt: skip
    head = client.head_object(Bucket=BUCKET, Key=FROM)
    assert (head["Content-Type"], head["x-cos-meta-by"]) == ("text/html", "tom")
    assert content_of(client, FROM) == b"lesson"


def test_parts_are_copied_whole_or_by_range(emulator: Emulator) -> None:
    client = emulator.cos_client()
    content = bytes(range(256)) * 5000
    client.put_object(Bucket=BUCKET, Key=FROM, Body=content)
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key=TO)["UploadId"]
    etags = [
        client.upload_part_copy(BUCKET, TO, number, upload_id, source(), asked)["ETag"]
        for number, asked in ((1, ""), (2, f"bytes=3-{PART + 2}"), (3, "bytes=7-7"))
    ]
    parts: list[Any] = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
    client.complete_multipart_upload(BUCKET, TO, upload_id, {"Part": parts})
    assert content_of(client, TO) == content + content[3 : PART + 3] + content[7:8]
    checksum = client.head_object(Bucket=BUCKET, Key=TO)["x-cos-hash-crc64ecma"]
    again = client.put_object(
        Bucket=BUCKET, Key="whole", Body=content + content[3 : PART + 3] + content[7:8]
    )
    assert again["x-cos-hash-crc64ecma"] == checksum


@pytest.mark.parametrize("asked", ["bytes=9-", "bytes=8-1", "bytes=0-1,3-4", "0-1"])
def test_part_of_a_range_that_is_not_there_is_refused(emulator: Emulator, asked: str) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=FROM, Body=b"123456789")
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key=TO)["UploadId"]
    with pytest.raises(CosServiceError) as refused:
        client.upload_part_copy(BUCKET, TO, 1, upload_id, source(), asked)
    assert code_of(refused) == (416, "InvalidRange")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (source("missing"), (404, "NoSuchKey")),
        (source(bucket="other-1250000000"), (404, "NoSuchBucket")),
        ({**source(), "Region": "ap-beijing"}, (404, "NoSuchBucket")),
    ],
)
def test_source_has_to_be_there(
    emulator: Emulator, wrong: dict[str, str], code: tuple[int, str]
) -> None:
    client = emulator.cos_client()
    client.put_object(Bucket=BUCKET, Key=FROM, Body=b"x")
    with pytest.raises(CosServiceError) as refused:
        client.copy_object(Bucket=BUCKET, Key=TO, CopySource=wrong)
    assert code_of(refused) == code


def test_source_has_to_meet_its_conditions(emulator: Emulator) -> None:
    client = emulator.cos_client()
    etag = client.put_object(Bucket=BUCKET, Key=FROM, Body=b"x")["ETag"]
    with pytest.raises(CosServiceError) as refused:
        client.copy_object(Bucket=BUCKET, Key=TO, CopySource=source(), CopySourceIfMatch='"other"')
    assert code_of(refused) == (412, "PreconditionFailed")
    with pytest.raises(CosServiceError) as refused:
        client.copy_object(Bucket=BUCKET, Key=TO, CopySource=source(), CopySourceIfNoneMatch=etag)
    assert code_of(refused) == (412, "PreconditionFailed")
    client.copy_object(Bucket=BUCKET, Key=TO, CopySource=source(), CopySourceIfMatch=etag)


COPYING = statement(TO, ["name/cos:PutObjectCopy"])
READING = statement(FROM, ["name/cos:GetObject"])


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [((COPYING, READING), True), ((COPYING,), False), ((READING, statement(TO)), False)],
)
def test_temporary_keys_copy_only_what_they_may_read(
    emulator: Emulator, statements: tuple[dict[str, object], ...], allowed: bool
) -> None:
    """Upload keys never copy: no action of theirs is the copy's."""
    emulator.cos_client().put_object(Bucket=BUCKET, Key=FROM, Body=b"x")
    granted = federation_token(emulator, policy(*statements))
    client = granted.cos_client(emulator)
    if allowed:
        client.copy_object(Bucket=BUCKET, Key=TO, CopySource=source())
        assert content_of(emulator.cos_client(), TO) == b"x"
        return
    with pytest.raises(CosServiceError) as refused:
        client.copy_object(Bucket=BUCKET, Key=TO, CopySource=source())
    assert code_of(refused) == (403, "AccessDenied")
