"""Which operation, on which object: the host, the method and one parameter decide."""

import pytest

from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.hosts import find_bucket_host
from classgate.emulator.cos.operations import (
    Target,
    operation_of,
    target_of,
)
from classgate.emulator.http import Message, Request


async def nothing() -> Message:
    return {"type": "http.disconnect"}


def request(
    method: str = "GET",
    path: bytes = b"/a",
    query: bytes = b"",
    host: bytes = b"127.0.0.1:1",
    content_type: bytes = b"",
) -> Request:
    scope = {
        "method": method,
        "raw_path": path,
        "path": path.decode("latin-1"),
        "query_string": query,
        "headers": [(b"host", host), (b"content-type", content_type)],
    }
    return Request(scope, nothing)


def target(path: bytes, host: bytes = b"127.0.0.1:1") -> Target:
    return target_of(request(path=path, host=host), "default-1", "ap-guangzhou")


@pytest.mark.parametrize(
    ("host", "bucket", "region"),
    [
        (b"courseware-125.cos.ap-beijing.myqcloud.com", "courseware-125", "ap-beijing"),
        (b"a-b-c-125.cos.ap-shanghai.tencentcos.cn:8001", "a-b-c-125", "ap-shanghai"),
        (b"Courseware-125.COS.ap-beijing.localhost:8001", "courseware-125", "ap-beijing"),
        (b"127.0.0.1:8001", "default-1", "ap-guangzhou"),
        (b"localhost", "default-1", "ap-guangzhou"),
        (b"", "default-1", "ap-guangzhou"),
    ],
)
def test_host_names_bucket_and_region(host: bytes, bucket: str, region: str) -> None:
    found = target(b"/k", host)
    assert (found.bucket, found.region) == (bucket, region)
    assert (find_bucket_host(host.decode()) is None) == (bucket == "default-1")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (b"/", ""),
        (b"/a", "a"),
        (b"//a", "/a"),
        (b"/%E8%AF%BE/%2e%2E/a+b%2Fc%00", "课/../a+b/c\0"),
    ],
)
def test_key_is_the_decoded_path_after_its_first_slash(path: bytes, key: str) -> None:
    assert target(path).key == key


@pytest.mark.parametrize("path", [b"/%ff", b"/%c0%80", b"/" + b"k" * 851])
def test_key_that_cannot_be_one_is_an_invalid_uri(path: bytes) -> None:
    with pytest.raises(CosError) as refused:
        target(path)
    assert refused.value.code == "InvalidURI"


@pytest.mark.parametrize(
    ("method", "path", "query", "operation"),
    [
        ("PUT", b"/k", b"", "PutObject"),
        ("PUT", b"/k", b"partNumber=1&uploadId=2", "UploadPart"),
        ("POST", b"/k", b"uploads=", "InitiateMultipartUpload"),
        ("POST", b"/k", b"uploads", "InitiateMultipartUpload"),
        ("POST", b"/k", b"uploadId=2", "CompleteMultipartUpload"),
        ("DELETE", b"/k", b"uploadId=2", "AbortMultipartUpload"),
        ("DELETE", b"/k", b"", "DeleteObject"),
        ("GET", b"/k", b"uploadId=2", "ListParts"),
        ("GET", b"/", b"uploads=&prefix=k", "ListMultipartUploads"),
        ("GET", b"/k", b"response-content-type=a", "GetObject"),
        ("HEAD", b"/k", b"", "HeadObject"),
        ("HEAD", b"/", b"", "HeadBucket"),
        ("GET", b"/", b"", "GetBucket"),
        ("GET", b"/", b"prefix=a&delimiter=/", "GetBucket"),
        ("POST", b"/", b"delete=", "DeleteMultipleObjects"),
        ("OPTIONS", b"/k", b"uploads", "OptionsObject"),
        ("OPTIONS", b"/", b"", "OptionsObject"),
    ],
)
def test_operation_is_named_as_its_policy_action(
    method: str, path: bytes, query: bytes, operation: str
) -> None:
    assert operation_of(request(method, path, query), target(path)) == operation


@pytest.mark.parametrize(
    ("method", "path", "query", "code"),
    [
        ("GET", b"/", b"versions", "NotImplemented"),
        ("POST", b"/k", b"delete", "NotImplemented"),
        ("PUT", b"/k", b"restore", "NotImplemented"),
        ("GET", b"/k", b"acl&uploadId=1", None),
        ("DELETE", b"/", b"", "NotImplemented"),
        ("POST", b"/", b"", "NotImplemented"),
        ("PUT", b"/k", b"uploads", "NotImplemented"),
        ("PATCH", b"/k", b"", "MethodNotAllowed"),
        ("GET", b"/k", b"x=%ff", "InvalidURI"),
    ],
)
def test_what_is_not_imitated_is_never_taken_for_something_else(
    method: str, path: bytes, query: bytes, code: str | None
) -> None:
    if code is None:
        assert operation_of(request(method, path, query), target(path)) == "ListParts"
        return
    with pytest.raises(CosError) as refused:
        operation_of(request(method, path, query), target(path))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("path", "query", "content_type", "operation"),
    [
        (b"/", b"", b"multipart/form-data; boundary=a", "PostObject"),
        (b"/", b"delete", b"multipart/form-data; boundary=a", "DeleteMultipleObjects"),
        (b"/", b"", b"application/xml", None),
        (b"/k", b"", b"multipart/form-data; boundary=a", None),
    ],
)
def test_form_posted_to_the_bucket_is_an_upload(
    path: bytes, query: bytes, content_type: bytes, operation: str | None
) -> None:
    posted = request("POST", path, query, content_type=content_type)
    if operation is not None:
        assert operation_of(posted, target(path)) == operation
        return
    with pytest.raises(CosError) as refused:
        operation_of(posted, target(path))
    assert refused.value.code == "NotImplemented"
