"""Names the operation of a request to the COS XML API.

The method and the sub-resource, a query parameter, decide. A policy allows the operation with the
action `name/cos:<operation>`.
Sources: the document of each operation; "tencentyun/qcloud-cos-sts-sdk" for the actions.
"""

from collections.abc import Collection
from typing import Final

POST_FORM: Final = "PostObject"
CREATE_BUCKET: Final = "PutBucket"
MULTIPART_ACTIONS: Final = (
    "InitiateMultipartUpload",
    "UploadPart",
    "ListParts",
    "ListMultipartUploads",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
)
"""The operations of an upload in parts, resumption and abortion included."""

_ON_OBJECT: Final = {
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
_ON_BUCKET: Final = {
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
_COPYING: Final = {"PutObject": "PutObjectCopy", "UploadPart": "UploadPartCopy"}
# The first one that is present counts.
_SUB_RESOURCES: Final = ("uploadId", "uploads", "acl", "cors", "delete", "tagging", "partNumber")


def find_sub_resource(parameters: Collection[str]) -> str | None:
    """Return the query parameter that changes the meaning of a request."""
    return next((name for name in _SUB_RESOURCES if name in parameters), None)


def find_operation(
    method: str, parameters: Collection[str] = (), *, on_object: bool, is_copy: bool = False
) -> str | None:
    """Return the operation of a request, or None if it is unknown.

    Args:
        method: the method, in upper case.
        parameters: the names of the query parameters.
        on_object: whether the request names an object; False for the bucket itself.
        is_copy: whether the request has the header `x-cos-copy-source`.
    """
    table = _ON_OBJECT if on_object else _ON_BUCKET
    operation = table.get((method, find_sub_resource(parameters)))
    if operation is not None and is_copy:
        return _COPYING.get(operation)
    return operation
