"""Finds the operation and the object of a request of the XML API.

The host names the bucket. The method and the sub-resource, a query parameter, name the operation.
Everything else is refused as NotImplemented.
"""

import re
from dataclasses import dataclass

from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.multipart_form import is_form
from classgate.emulator.http import MalformedRequest, Request

MAX_KEY_BYTES = 850
PREFLIGHT = "OptionsObject"
POST_FORM = "PostObject"
COPY_SOURCE = "x-cos-copy-source"

# For example "courseware-1250000000.cos.ap-guangzhou.myqcloud.com", with any suffix.
_BUCKET_HOST = re.compile(r"([a-z0-9][a-z0-9-]*-[0-9]+)\.cos\.([a-z0-9-]+)(?:\.|:|$)")

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
}
_ON_BUCKET = {
    ("HEAD", None): "HeadBucket",
    ("GET", None): "GetBucket",
    ("POST", "delete"): "DeleteMultipleObjects",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "cors"): "GetBucketCORS",
}
_COPYING = {"PutObject": "PutObjectCopy", "UploadPart": "UploadPartCopy"}
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"})

# Every parameter that selects another operation, implemented here or not.
_SUB_RESOURCES = (
    "uploadId", "uploads", "accelerate", "acl", "append", "ci-process", "cors", "delete", "domain",
    "encryption", "intelligenttiering", "inventory", "legal-hold", "lifecycle", "location",
    "logging", "object-lock", "origin", "policy", "referer", "replication", "restore", "retention",
    "select", "symlink", "tagging", "torrent", "versionId", "versioning", "versions", "website",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """The bucket and the key of a request. The key is empty for the bucket itself."""

    bucket: str
    region: str
    key: str


def is_bucket_host(host: str) -> bool:
    """Return whether the host names a bucket."""
    return _BUCKET_HOST.match(host.lower()) is not None


def target_of(request: Request, default_bucket: str, default_region: str) -> Target:
    """Return the bucket and the key of a request. Raises `CosError` InvalidURI.

    Differs: a host that names no bucket, such as 127.0.0.1, means the configured bucket.
    Differs: a key is taken as it is; the cloud resolves `.` and `..` when it reads, so that `/./`
    lists the bucket there, as the tests of cos-nodejs-sdk-v5 say.
    """
    found = _BUCKET_HOST.match(request.host.lower())
    bucket, region = found.groups() if found else (default_bucket, default_region)
    try:
        key = request.path.removeprefix("/")
    except MalformedRequest as error:
        raise CosError("InvalidURI", "The object key is not UTF-8.") from error
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
    if request.method == "POST" and not target.key and is_form(request) and not request.raw_query:
        return POST_FORM
    sub_resource = next((name for name in _SUB_RESOURCES if name in present), None)
    table = _ON_OBJECT if target.key else _ON_BUCKET
    operation = table.get((request.method, sub_resource))
    if operation is None and request.method not in _METHODS:
        raise CosError("MethodNotAllowed", "The method is not allowed here.")
    if operation is not None and request.header(COPY_SOURCE) is not None:
        operation = _COPYING.get(operation)
    if operation is None or _encrypts(request):
        raise CosError("NotImplemented", "The emulator does not implement this operation.")
    return operation


def _encrypts(request: Request) -> bool:
    """Return whether the request asks for encryption at rest."""
    return any("server-side-encryption" in name for name, _ in request.headers)
