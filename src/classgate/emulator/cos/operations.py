"""Which operation of the XML API a request asks for, on which object.

The bucket is named by the host, the operation by the method and the one query parameter that is a
sub-resource. What is not listed here is refused as NotImplemented, never taken for something else.
"""

import re
from dataclasses import dataclass

from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.form import is_form
from classgate.emulator.http import MalformedRequest, Request

MAX_KEY_BYTES = 850
PREFLIGHT = "OptionsObject"
POST_FORM = "PostObject"
COPY_SOURCE = "x-cos-copy-source"

# As in "courseware-1250000000.cos.ap-guangzhou.myqcloud.com", whatever follows the region.
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

# Every parameter that makes another operation of a request, implemented here or not.
_SUB_RESOURCES = (
    "uploadId", "uploads", "accelerate", "acl", "append", "ci-process", "cors", "delete", "domain",
    "encryption", "intelligenttiering", "inventory", "legal-hold", "lifecycle", "location",
    "logging", "object-lock", "origin", "policy", "referer", "replication", "restore", "retention",
    "select", "symlink", "tagging", "torrent", "versionId", "versioning", "versions", "website",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What a request is about. The key is empty when it is the bucket itself."""

    bucket: str
    region: str
    key: str


def is_bucket_host(host: str) -> bool:
    """Whether the host names a bucket, so that no other service can be meant."""
    return _BUCKET_HOST.match(host.lower()) is not None


def target_of(request: Request, default_bucket: str, default_region: str) -> Target:
    """The bucket, its region and the key. Raises `CosError` InvalidURI.

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
    """Its name, which is that of the policy action too. Raises `CosError`."""
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
        raise CosError("NotImplemented", "The emulator does not imitate this operation.")
    return operation


def _encrypts(request: Request) -> bool:
    """Whether it asks for encryption at rest. Not to have it must not look like having it."""
    return any("server-side-encryption" in name for name, _ in request.headers)
