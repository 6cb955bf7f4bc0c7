"""What a test or a story tells the emulator itself, and what bad input meets."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from qcloud_cos import CosS3Client
from qcloud_cos.cos_exception import CosServiceError
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tests.support.contract_cloud import APP_ID, BUCKET, REGION, SHORT_BUCKET, settings_for
from tests.support.json_api_signatures import reusable
from tests.support.running_emulator import Emulator, running_emulator
from tests.support.sts_client import grant_for


def wait_for_files(folder: Path, number: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) != number:
        assert time.monotonic() < deadline, f"{folder.name} does not come to {number} files"
        time.sleep(0.01)


def test_clock_answers_the_time_that_holds(emulator: Emulator) -> None:
    answer = emulator.control("/_emulator/clock", offset=3600)
    assert answer.json["offset"] == 3600
    assert abs(answer.json["now"] - time.time() - 3600) < 5


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[1]", b"[" * 100_000, b'{"offset":"1"}', b'{"offset":true}',
     b'{"offset":1e999}', b'{"offset":NaN}', b'{"offset":' + b"9" * 400 + b"}"],
)  # fmt: skip
def test_bad_clock_is_refused_and_changes_nothing(emulator: Emulator, body: bytes) -> None:
    assert emulator.call("POST", "/_emulator/clock", body).status == 400
    before = int(time.time())
    now = emulator.control("/_emulator/clock", offset=0).json["now"]
    assert before <= now <= time.time()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/_emulator/nothing", 404),
        ("GET", "/_emulator/clock", 405),
        ("POST", "/_emulator/", 404),
    ],
)
def test_unknown_calls_are_refused(emulator: Emulator, method: str, path: str, status: int) -> None:
    assert emulator.call(method, path).status == status


def test_reset_forgets_everything(tmp_path: Path) -> None:
    with running_emulator(settings_for(tmp_path)) as emulator:
        client = emulator.cos_client()
        client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
        upload_id = client.create_multipart_upload(Bucket=BUCKET, Key="b")["UploadId"]
        client.upload_part(Bucket=BUCKET, Key="b", Body=b"x", PartNumber=1, UploadId=upload_id)
        emulator.set_clock(5)
        emulator.reset()
        with pytest.raises(CosServiceError):
            client.head_object(Bucket=BUCKET, Key="a")
        assert "Upload" not in client.list_multipart_uploads(Bucket=BUCKET)
        assert list((tmp_path / "blobs").iterdir()) == []


def test_replaced_deleted_and_broken_off_content_leaves_no_files(tmp_path: Path) -> None:
    with running_emulator(settings_for(tmp_path)) as emulator:
        client = emulator.cos_client()
        for content in (b"one", b"two"):
            client.put_object(Bucket=BUCKET, Key="a", Body=content)
        assert len(list((tmp_path / "blobs").iterdir())) == 1
        client.delete_object(Bucket=BUCKET, Key="a")
        url = client.get_presigned_url(BUCKET, "a", "PUT", SignHost=False)
        with socket.create_connection(("127.0.0.1", emulator.port)) as half:
            target = urlsplit(url)
            path = f"{target.path}?{target.query}"
            head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
            half.sendall(head.encode())
            wait_for_files(tmp_path / "incoming", 1)
        wait_for_files(tmp_path / "incoming", 0)
        assert list((tmp_path / "blobs").iterdir()) == []
        with pytest.raises(CosServiceError):
            client.head_object(Bucket=BUCKET, Key="a")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("unavailable", 503, "ServiceUnavailable"), ("throttled", 503, "SlowDown"),
     ("skewed_clock", 403, "RequestTimeTooSkewed"), ("expired", 403, "ExpiredToken")],
)  # fmt: skip
def test_ordered_fault_of_the_store_happens_once(
    emulator: Emulator, fault: str, status: int, code: str
) -> None:
    client = emulator.cos_client()
    emulator.control(
        "/_emulator/faults", service="cos", operation="PutObject", fault=fault, times=1
    )
    with pytest.raises(CosServiceError) as refused:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert (refused.value.get_status_code(), refused.value.get_error_code()) == (status, code)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")


OPERATIONS: dict[str, Callable[[CosS3Client], object]] = {
    "PutObject": lambda client: client.put_object(Bucket=BUCKET, Key="a", Body=b"x"),
    "PutObjectCopy": lambda client: client.copy_object(
        Bucket=BUCKET, Key="b", CopySource={"Bucket": BUCKET, "Key": "a", "Region": REGION}
    ),
    "GetObject": lambda client: client.get_object(Bucket=BUCKET, Key="a"),
    "HeadObject": lambda client: client.head_object(Bucket=BUCKET, Key="a"),
    "DeleteObject": lambda client: client.delete_object(Bucket=BUCKET, Key="missing"),
    "DeleteMultipleObjects": lambda client: client.delete_objects(
        Bucket=BUCKET, Delete={"Object": [{"Key": "missing"}]}
    ),
    "HeadBucket": lambda client: client.head_bucket(Bucket=BUCKET),
    "GetBucket": lambda client: client.list_objects(Bucket=BUCKET),
    "GetBucketCORS": lambda client: client.get_bucket_cors(Bucket=BUCKET),
    "InitiateMultipartUpload": lambda client: client.create_multipart_upload(BUCKET, "m"),
    "ListMultipartUploads": lambda client: client.list_multipart_uploads(BUCKET),
    "UploadPart": lambda client: client.upload_part(BUCKET, "m", b"x", 1, upload_of(client)),
    "UploadPartCopy": lambda client: client.upload_part_copy(
        BUCKET, "m", 1, upload_of(client), {"Bucket": BUCKET, "Key": "a", "Region": REGION}
    ),
    "ListParts": lambda client: client.list_parts(BUCKET, "m", upload_of(client)),
    "AbortMultipartUpload": lambda client: client.abort_multipart_upload(
        BUCKET, "m", upload_of(client)
    ),
}


def upload_of(client: CosS3Client) -> str:
    found = client.create_multipart_upload(BUCKET, "m")["UploadId"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("operation", OPERATIONS)
def test_fault_happens_as_often_as_it_is_ordered_and_to_no_other(
    emulator: Emulator, operation: str
) -> None:
    client, call = emulator.cos_client(), OPERATIONS[operation]
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    other = "GetObject" if operation != "GetObject" else "HeadObject"
    order = {"service": "cos", "operation": operation, "fault": "unavailable", "times": 2}
    assert emulator.control("/_emulator/faults", **order).status == 200
    OPERATIONS[other](client)
    for _ in range(2):
        with pytest.raises(CosServiceError) as refused:
            call(client)
        assert refused.value.get_status_code() == 503
    call(client)
    # What is left of an order is forgotten with everything else.
    emulator.control("/_emulator/faults", **order)
    emulator.reset()
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    call(client)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("unavailable", 503, -196), ("throttled", 503, -71), ("skewed_clock", 403, -59),
     ("expired", 403, -59)],
)  # fmt: skip
def test_ordered_fault_comes_to_the_json_api_too(
    emulator: Emulator, fault: str, status: int, code: int
) -> None:
    path, headers = f"/files/v2/{APP_ID}/{SHORT_BUCKET}/a?op=stat", {"Authorization": reusable()}
    emulator.control("/_emulator/faults", service="cos", operation="JsonApi", fault=fault, times=1)
    refused = emulator.call("GET", path, headers=headers)
    assert (refused.status, refused.json["code"]) == (status, code)
    assert emulator.call("GET", path, headers=headers).json["code"] == -197


@pytest.mark.parametrize(
    ("fault", "code"),
    [("throttled", "RequestLimitExceeded"), ("skewed_clock", "AuthFailure.SignatureExpire"),
     ("expired", "AuthFailure.TokenFailure"), ("unavailable", "ServerNetworkError")],
)  # fmt: skip
def test_ordered_fault_of_the_token_service_happens_once(
    emulator: Emulator, fault: str, code: str
) -> None:
    emulator.control("/_emulator/faults", service="sts", fault=fault)
    with pytest.raises(TencentCloudSDKException) as refused:
        grant_for(emulator, "a")
    assert refused.value.get_code() == code
    grant_for(emulator, "a")


@pytest.mark.parametrize(
    "order",
    [{}, {"service": "sms", "fault": "slow"}, {"service": "cos", "fault": "x"},
     {"service": "cos", "fault": "slow", "times": "many"}, {"service": ["cos"], "fault": "slow"}],
)  # fmt: skip
def test_faults_that_cannot_be_are_refused(emulator: Emulator, order: dict[str, object]) -> None:
    assert emulator.control("/_emulator/faults", **order).status == 400
