"""Refuses by name what the emulator does not implement and the cloud would not ignore.

A parameter or a header that changes the meaning of a request must never be ignored: the request is
answered with NotImplemented, and nothing is stored.
"""

from collections.abc import Iterable

from classgate.emulator.cos.errors import CosError
from classgate.emulator.http import Request
from classgate.signing.cos_request import PARAMETER_NAMES

ENCRYPTION = "x-cos-server-side-encryption"
TRAFFIC_LIMIT = "x-cos-traffic-limit"

# Sub-resources, and parameters of data processing that may have a value.
_PARAMETERS = frozenset({
    "accelerate", "append", "ci-process", "comp", "continuation-token", "doc-preview", "domain",
    "domaincertificate", "encryption", "exif", "imageAve", "imageInfo", "imageMogr2", "imageSlim",
    "imageView2", "image_process", "intelligenttiering", "inventory", "legal-hold", "lifecycle",
    "list-type", "live", "location", "logging", "metadata", "object-lock", "origin", "pm3u8",
    "policy", "policyStatus", "position", "qrcode", "referer", "rename", "replication", "restore",
    "retention", "select", "snapshot", "start-after", "style", "symlink", "torrent", "truncate",
    "versioning", "versions", "vod", "watermark", "website",
})  # fmt: skip
# Parameters that are implemented, or that have no effect with an empty value.
_IMPLEMENTED_PARAMETERS = frozenset({
    *PARAMETER_NAMES, "sign", "x-cos-security-token", TRAFFIC_LIMIT, "acl", "cors", "delete",
    "delimiter", "encoding-type", "key-marker", "marker", "max-keys", "max-parts", "max-uploads",
    "partNumber", "part-number-marker", "prefix", "response-cache-control",
    "response-content-disposition", "response-content-encoding", "response-content-language",
    "response-content-type", "response-expires", "tagging", "uploadId", "upload-id-marker",
    "uploads", "versionId",
})  # fmt: skip
_IMPLEMENTED_HEADERS = frozenset({
    "x-cos-acl", "x-cos-copy-source", "x-cos-copy-source-if-match",
    "x-cos-copy-source-if-modified-since", "x-cos-copy-source-if-none-match",
    "x-cos-copy-source-if-unmodified-since", "x-cos-copy-source-range", "x-cos-forbid-overwrite",
    "x-cos-grant-full-control", "x-cos-grant-read", "x-cos-grant-read-acp", "x-cos-grant-write",
    "x-cos-grant-write-acp", "x-cos-metadata-directive", "x-cos-request-id", "x-cos-sdk-retry",
    "x-cos-security-token", "x-cos-storage-class", "x-cos-tagging", "x-cos-trace-id",
    ENCRYPTION, TRAFFIC_LIMIT,
})  # fmt: skip
_PREFIXES = ("x-cos-", "x-ci-", "ci-", "x-amz-")
_ALWAYS_REFUSED = ("x-ci-", "x-amz-", "pic-operations", "x-cos-server-side-encryption-")
_S3_SIGNATURES = ("AWS4-", "AWS ")
_S3_PARAMETERS = frozenset({"x-amz-algorithm", "x-amz-signature", "awsaccesskeyid"})


def require_cos_signature(request: Request) -> None:
    """Raise `CosError` NotImplemented for a request of an S3 client."""
    header = request.header("authorization") or ""
    names = {name.lower() for name, _ in request.parameters}
    if header.startswith(_S3_SIGNATURES) or not _S3_PARAMETERS.isdisjoint(names):
        raise CosError(
            "NotImplemented",
            "The emulator does not implement the signatures of S3 (AWS Signature Version 2 and 4)."
            " Use an SDK of COS.",
        )


def require_supported_parameters(request: Request) -> None:
    """Raise `CosError` NotImplemented for a parameter that the emulator must not ignore.

    Differs: an unknown parameter is refused if it has no value, as a sub-resource has none, or if
    its name contains a slash, as in `imageView2/2/w/100`. With a value, it is ignored.
    """
    for name, value in request.parameters:
        if name in _IMPLEMENTED_PARAMETERS and (name != "versionId" or not value):
            continue
        is_operation = "/" in name or name.startswith(_PREFIXES) or name in _PARAMETERS
        # A parameter of digits alone is there to evade a cache.
        if is_operation or name == "versionId" or not (value or name.isdigit()):
            raise _refusal("parameter", name.partition("/")[0] or name)
    require_traffic_limit(request.parameters)


def require_supported_headers(pairs: Iterable[tuple[str, str]], *, is_writing: bool) -> None:
    """Raise `CosError` for a header, or a field of a form, that the emulator must not ignore.

    An unknown `x-cos-…` header of a request that writes nothing is ignored: the tests of
    cos-nodejs-sdk-v5 list objects with one.

    Differs: of encryption at rest only AES256 (SSE-COS) is accepted and returned; nothing is
    encrypted. `x-cos-traffic-limit` is checked and does not limit anything.
    """
    given = list(pairs)
    for name, value in given:
        if name.startswith("x-cos-meta-") or name in _IMPLEMENTED_HEADERS:
            if name == ENCRYPTION and value and value != "AES256":
                raise CosError(
                    "NotImplemented",
                    f"The emulator implements {ENCRYPTION} with the value AES256 only.",
                )
        elif (is_writing and name.startswith(_PREFIXES)) or name.startswith(_ALWAYS_REFUSED):
            raise _refusal("header", name)
    require_traffic_limit(given)


def require_traffic_limit(pairs: Iterable[tuple[str, str]]) -> None:
    """Raise `CosError` InvalidArgument for a limit out of range (document 436/40140)."""
    for name, value in pairs:
        is_number = value.isascii() and value.isdigit() and len(value) < 10
        if name == TRAFFIC_LIMIT and not (is_number and 819_200 <= int(value) <= 838_860_800):
            raise CosError("InvalidArgument", f"{TRAFFIC_LIMIT} is between 819200 and 838860800.")


def _refusal(kind: str, name: str) -> CosError:
    return CosError("NotImplemented", f"The emulator does not implement the {kind} {name[:255]}.")
