"""Finds the operation and the object of a request of the XML API.

The host names the bucket. `signing.cos_operations` names the operation.
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
from classgate.signing.cos_operations import (
    CREATE_BUCKET,
    POST_FORM,
    find_operation,
    find_sub_resource,
)

__all__ = [
    "COPY_SOURCE",
    "CREATE_BUCKET",
    "MAX_KEY_BYTES",
    "POST_FORM",
    "PREFLIGHT",
    "Target",
    "operation_of",
    "target_of",
]

MAX_KEY_BYTES = 850
PREFLIGHT = "OptionsObject"
COPY_SOURCE = "x-cos-copy-source"
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"})


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
    is_copy = request.header(COPY_SOURCE) is not None
    operation = find_operation(request.method, present, on_object=bool(target.key), is_copy=is_copy)
    if operation is None and request.method not in _METHODS:
        raise CosError("MethodNotAllowed", "The method is not allowed here.")
    if operation is None:
        sub_resource = find_sub_resource(present)
        asked = request.method + (f" with the parameter {sub_resource}" if sub_resource else "")
        place = "an object" if target.key else "the bucket"
        raise CosError("NotImplemented", f"The emulator does not implement {asked} on {place}.")
    return operation
