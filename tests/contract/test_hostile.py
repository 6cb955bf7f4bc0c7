"""What a broken or ill-meaning client does to the emulator: at once, by halves, at other hosts."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError
from tests.support.contract_cloud import BUCKET, REGION, settings_for
from tests.support.running_emulator import Emulator, running_emulator
from tests.support.sts_client import grant_for

KEY = "课件/a b.bin"
PART = 1 << 20


def refusal(call: Callable[[], object]) -> str:
    """The code of a refusal, "" for a success."""
    try:
        call()
    except CosServiceError as error:
        code = error.get_error_code()
        assert isinstance(code, str)
        return code
    return ""


def at_once(count: int, call: Callable[[int], object]) -> list[str]:
    """The outcomes of calls that set out together."""
    together = threading.Barrier(count)

    def run(number: int) -> str:
        together.wait(timeout=60)
        return refusal(lambda: call(number))

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def content_of(client: CosS3Client, key: str = KEY) -> bytes:
    read = client.get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read()
    assert isinstance(read, bytes)
    return read


def begun(client: CosS3Client, *contents: bytes) -> tuple[str, dict[str, Any]]:
    """An upload whose parts are there, and the list that would complete it."""
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key=KEY)["UploadId"]
    parts = []
    for number, each in enumerate(contents, 1):
        sent = client.upload_part(BUCKET, KEY, each, number, upload_id)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    return upload_id, {"Part": parts}


def test_upload_that_many_complete_is_completed_once(tmp_path: Path) -> None:
    with running_emulator(settings_for(tmp_path)) as emulator:
        client = emulator.cos_client()
        upload_id, parts = begun(client, b"a" * PART, b"b" * PART, b"c")
        outcomes = at_once(
            6, lambda _: client.complete_multipart_upload(BUCKET, KEY, upload_id, parts)
        )
        assert outcomes.count("") == 1
        assert set(outcomes) <= {"", "NoSuchUpload", "OperationAborted"}
        assert content_of(client) == b"a" * PART + b"b" * PART + b"c"
        # Nothing of the losers is left.
        assert len(list((tmp_path / "blobs").iterdir())) == 1
        assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize("attempt", range(3))
def test_complete_and_abort_at_once_leave_the_whole_object_or_none(
    tmp_path: Path, attempt: int
) -> None:
    with running_emulator(settings_for(tmp_path)) as emulator:
        client = emulator.cos_client()
        upload_id, parts = begun(client, b"a" * PART, b"b")
        calls: list[Callable[[], object]] = [
            lambda: client.complete_multipart_upload(BUCKET, KEY, upload_id, parts),
            lambda: client.abort_multipart_upload(BUCKET, KEY, upload_id),
        ]
        completed, _ = at_once(2, lambda number: calls[number]())
        assert client.object_exists(BUCKET, KEY) == (completed == "")
        if completed == "":
            assert content_of(client) == b"a" * PART + b"b"
        client.delete_object(Bucket=BUCKET, Key=KEY)
        assert list((tmp_path / "blobs").iterdir()) == []


def test_object_that_many_put_is_one_of_theirs_and_whole(tmp_path: Path) -> None:
    with running_emulator(settings_for(tmp_path)) as emulator:
        client = emulator.cos_client()
        contents = [bytes([number]) * (PART + number) for number in range(6)]
        outcomes = at_once(6, lambda n: client.put_object(Bucket=BUCKET, Key=KEY, Body=contents[n]))
        assert outcomes == [""] * 6
        assert content_of(client) in contents
        assert len(list((tmp_path / "blobs").iterdir())) == 1


def half_request(emulator: Emulator, url: str, body: bytes, size: int) -> socket.socket:
    """A PUT of `size` bytes that has sent only these."""
    half = socket.create_connection(("127.0.0.1", emulator.port), timeout=60)
    path = url.partition(emulator.address)[2]
    half.sendall(
        f"PUT {path} HTTP/1.1\r\nHost: {emulator.address}\r\n"
        f"Content-Length: {size}\r\n\r\n".encode()
        + body
    )
    return half


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_part_that_arrives_after_the_abort_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with running_emulator(settings_for(tmp_path)) as emulator:
        client = emulator.cos_client(by_domain=True)
        upload_id = client.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]
        url = client.get_presigned_url(
            BUCKET, "a", "PUT", Params={"partNumber": "1", "uploadId": upload_id}, SignHost=False
        )
        with half_request(emulator, url, b"half", 8) as half:
            wait_for(lambda: len(list((tmp_path / "incoming").iterdir())) == 1)
            client.abort_multipart_upload(Bucket=BUCKET, Key="a", UploadId=upload_id)
            half.sendall(b"half")
            answer = half.recv(1 << 16)
        assert b" 404 " in answer.partition(b"\r\n")[0] + b" "
        wait_for(lambda: list((tmp_path / "incoming").iterdir()) == [])
        assert list((tmp_path / "blobs").iterdir()) == []


def test_others_are_served_while_one_sends_slowly(emulator: Emulator) -> None:
    client = emulator.cos_client(by_domain=True)
    url = client.get_presigned_url(BUCKET, "slow", "PUT", SignHost=False)
    with half_request(emulator, url, b"x", 2) as half:
        client.put_object(Bucket=BUCKET, Key="quick", Body=b"x")
        assert not client.object_exists(BUCKET, "slow")
        half.sendall(b"x")
        assert b" 200 " in half.recv(1 << 16).partition(b"\r\n")[0]
    assert client.object_exists(BUCKET, "slow")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (f"{BUCKET}.cos.{REGION}.myqcloud.com", 200),
        (f"{BUCKET}.cos.{REGION}.myqcloud.com:80", 200),
        (f"{BUCKET.upper()}.COS.{REGION}.myqcloud.com", 200),
        (f"{BUCKET}.cos.{REGION}.tencentcos.cn", 200),
        (f"{BUCKET}.cos.{REGION}", 200),
        ("127.0.0.1", 200),
        ("localhost:1", 200),
        ("", 200),
        (f"other-1250000000.cos.{REGION}.myqcloud.com", 404),
        (f"{BUCKET}.cos.ap-beijing.myqcloud.com", 404),
        (f"x{BUCKET}.cos.{REGION}.myqcloud.com", 404),
    ],
)
def test_host_says_which_bucket_is_meant(emulator: Emulator, host: str, status: int) -> None:
    client = emulator.cos_client(by_domain=True)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    # Without a signed host a signature is good for any bucket, so the address alone decides.
    url = client.get_presigned_url(BUCKET, "a", "GET", SignHost=False)
    answer = emulator.call("GET", url.partition(emulator.address)[2], headers={"Host": host})
    assert answer.status == status


def test_signed_host_is_the_one_that_is_asked(emulator: Emulator) -> None:
    client = emulator.cos_client(by_domain=True)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    url = client.get_presigned_url(BUCKET, "a", "GET", SignHost=True)
    path = url.partition(emulator.address)[2]
    assert emulator.call("GET", path).status == 200
    elsewhere = {"Host": f"{BUCKET}.cos.{REGION}.myqcloud.com"}
    assert emulator.call("GET", path, headers=elsewhere).status == 403


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/../../b", "..", ".", "//", "a\\..\\b", "%2e%2e/a", "C:a", "a\x7f"]
)
def test_key_is_a_name_and_never_a_path(tmp_path: Path, name: str) -> None:
    with running_emulator(settings_for(tmp_path / "data")) as emulator:
        client = emulator.cos_client(by_domain=True)
        url = client.get_presigned_url(BUCKET, name, "PUT", SignHost=False)
        path = url.partition(emulator.address)[2]
        assert emulator.call("PUT", path, b"x").status == 200
        (listed,) = client.list_objects(Bucket=BUCKET)["Contents"]
        assert listed["Key"].lstrip("/") == name.lstrip("/")
        assert len(list((tmp_path / "data" / "blobs").iterdir())) == 1
        assert [each.name for each in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("offset", "code"), [(-3600, "RequestTimeTooSkewed"), (0, ""), (100_000, "AccessDenied")]
)
def test_clock_may_be_moved_either_way(emulator: Emulator, offset: float, code: str) -> None:
    client = emulator.cos_client()
    emulator.set_clock(offset)
    assert refusal(lambda: client.put_object(Bucket=BUCKET, Key="a", Body=b"x")) == code
    emulator.set_clock(0)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")


def test_key_that_has_expired_works_again_when_the_clock_goes_back(emulator: Emulator) -> None:
    """Expiry is by the clock alone; nothing is thrown away at it."""
    client = grant_for(emulator, "a", seconds=600).cos_client(emulator)
    emulator.set_clock(600)
    assert refusal(lambda: client.put_object(Bucket=BUCKET, Key="a", Body=b"x")) == "ExpiredToken"
    emulator.set_clock(599)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"x")
