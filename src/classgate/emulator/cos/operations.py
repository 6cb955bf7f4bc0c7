"""Finds the operation and the object of a request of the XML API.

The host names the bucket. The method and the sub-resource, a query parameter, name the operation.
Everything else is refused as NotImplemented; the module `unsupported` has the rest.
"""

from dataclasses import dataclass

from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.hosts import find_bucket_host, require_emulated_host
from classgate.emulator.cos.multipart_form import is_form
from classgate.emulator.cos.unsupported import (
    require_cos_signature,
    require_supported_headers,
    require_supported_parameters,
)
from classgate.emulator.http import MalformedRequest, Request

MAX_KEY_BYTES = 850
PREFLIGHT = "OptionsObject"
POST_FORM = "PostObject"
COPY_SOURCE = "x-cos-copy-source"
CREATE_BUCKET = "PutBucket"

_ON_OBJECT = {
    ("PUT", None): "PutObject",
    ("GET", None): "GetObject",
    ("HEAD", None): "HeadObject",
    ("DELETE", None): "DeleteObject",
    ("POST", "uploads"): "InitiateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("GET", "uploadId"): "ListParts",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("PUT", "acl"): "PutObjectACL",
    ("GET", "acl"): "GetObjectACL",
    ("PUT", "tagging"): "PutObjectTagging",
    ("GET", "tagging"): "GetObjectTagging",
    ("DELETE", "tagging"): "DeleteObjectTagging",
}
_ON_BUCKET = {
    ("HEAD", None): "HeadBucket",
    ("GET", None): "GetBucket",
    ("PUT", None): CREATE_BUCKET,
    ("POST", "delete"): "DeleteMultipleObjects",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "cors"): "GetBucketCORS",
    ("PUT", "acl"): "PutBucketACL",
    ("GET", "acl"): "GetBucketACL",
    ("PUT", "tagging"): "PutBucketTagging",
    ("GET", "tagging"): "GetBucketTagging",
    ("DELETE", "tagging"): "DeleteBucketTagging",
}
_COPYING = {"PutObject": "PutObjectCopy", "UploadPart": "UploadPartCopy"}
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"})
# The first one that is present counts.
_SUB_RESOURCES = ("uploadId", "uploads", "acl", "cors", "delete", "tagging", "partNumber")


@dataclass(frozen=True)
class Target:
    """The bucket and the key of a request. The key is empty for the bucket itself."""

    bucket: str
    region: str
    key: str


def target_of(request: Request, default_bucket: str, default_region: str) -> Target:
    """Return the bucket and the key of a request. Raises `CosError` InvalidURI or NotImplemented.

    Differs: a key is taken as it is; the cloud resolves `.` and `..` when it reads, so that `/./`
    lists the bucket there, as the tests of cos-nodejs-sdk-v5 say.
    """
    try:
        key = request.path.removeprefix("/")
    except MalformedRequest as error:
        raise CosError("InvalidURI", "The object key is not UTF-8.") from error
    found = find_bucket_host(request.host)
    bucket, region = default_bucket, default_region
    if found is None:
        require_emulated_host(request.host, from_proxy=request.is_for_proxy)
    else:
        bucket, region = found.bucket, found.region or default_region
        if not bucket:
            bucket, _, key = key.partition("/")
        if not bucket:
            raise CosError("NotImplemented", "The emulator does not implement the list of buckets.")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise CosError("InvalidURI", f"The object key is longer than {MAX_KEY_BYTES} bytes.")
    return Target(bucket, region, key)


def operation_of(request: Request, target: Target) -> str:
    """Return the name of the operation, which is also that of the policy action.

    Raises `CosError`.
    """
    try:
        present = {name for name, _ in request.parameters}
    except MalformedRequest as error:
        raise CosError("InvalidURI", "The query is not UTF-8.") from error
    if request.method == "OPTIONS":
        return PREFLIGHT
    require_cos_signature(request)
    require_supported_parameters(request)
    require_supported_headers(request.headers, is_writing=request.method in ("PUT", "POST"))
    if request.method == "POST" and not target.key and is_form(request) and not request.raw_query:
        return POST_FORM
    sub_resource = next((name for name in _SUB_RESOURCES if name in present), None)
    table = _ON_OBJECT if target.key else _ON_BUCKET
    operation = table.get((request.method, sub_resource))
    if operation is None and request.method not in _METHODS:
        raise CosError("MethodNotAllowed", "The method is not allowed here.")
    if operation is not None and request.header(COPY_SOURCE) is not None:
        operation = _COPYING.get(operation)
    if operation is None:
        asked = request.method + (f" with the parameter {sub_resource}" if sub_resource else "")
        place = "an object" if target.key else "the bucket"
        raise CosError("NotImplemented", f"The emulator does not implement {asked} on {place}.")
    return operation
