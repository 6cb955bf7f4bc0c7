"""Objects over the XML API: put, get, head, delete."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from mimetypes import MimeTypes

from classgate.emulator.cos.authentication import Caller
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.blobs import Blob
from classgate.emulator.cos.byte_ranges import read_range
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.operations import Target
from classgate.emulator.cos.preconditions import is_not_modified
from classgate.emulator.cos.store import StoredObject
from classgate.emulator.http import Request, Response

# Headers that are stored with an object and returned with it.
_CONTENT_HEADERS = (
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-type",
    "expires",
)  # fmt: skip
TAGS = "x-cos-tagging"
STORAGE_CLASS = "x-cos-storage-class"
_STORED_HEADERS = (TAGS, STORAGE_CLASS)
# Python's own list, not that of the machine.
_TYPES = MimeTypes()


def object_headers(request: Request, key: str) -> dict[str, str]:
    """Return the headers of the request that are stored with the object."""
    return select_object_headers(request.headers, key)


def select_object_headers(pairs: Iterable[tuple[str, str]], key: str) -> dict[str, str]:
    """Select the headers that are stored with an object. Raises `CosError` for an invalid one.

    Unknown: which types the cloud gives to objects that were sent without one. Here it is the type
    that Python knows for the extension of the key, else application/octet-stream.
    """
    kept = {
        name: value
        for name, value in pairs
        # cos-nodejs-sdk-v5 sends an empty Cache-Control, so that no proxy adds its own.
        if value
        and (name in _CONTENT_HEADERS or name in _STORED_HEADERS or name.startswith("x-cos-meta-"))
    }
    if kept.get(STORAGE_CLASS) == "STANDARD":
        del kept[STORAGE_CLASS]
    if not all(text.isprintable() for pair in kept.items() for text in pair):
        raise CosError(
            "InvalidArgument", "A value that is stored with the object is not a valid header."
        )
    guessed, encoding = _TYPES.guess_type(key.replace(":", "_"))
    known = guessed if guessed and not encoding else "application/octet-stream"
    return {"content-type": known} | kept


def blob_headers(blob: Blob) -> list[tuple[str, str]]:
    """Return the response headers of an upload."""
    return [("etag", f'"{blob.md5}"'), ("x-cos-hash-crc64ecma", str(blob.crc64))]


def is_overwrite_forbidden(request: Request) -> bool:
    """Return whether an existing object must not be overwritten."""
    return (request.header("x-cos-forbid-overwrite") or "").lower() == "true"


class ObjectRoutes:
    """Handlers of the object operations."""

    def __init__(self, backend: CosBackend) -> None:
        self._backend = backend

    async def put(self, request: Request, target: Target, _: Caller) -> Response:
        """Store the body as the object.

        With `x-cos-forbid-overwrite: true`, an existing object is answered with FileAlreadyExists.
        Differs: headers for access control are ignored; a storage class and tags are returned and
        have no effect.
        """
        blob = await self._backend.put_object(
            target.bucket,
            target.key,
            request.chunks(),
            headers=object_headers(request, target.key),
            content_md5=request.header("content-md5"),
            forbid_overwrite=is_overwrite_forbidden(request),
        )
        return Response(headers=blob_headers(blob))

    async def head(self, request: Request, target: Target, caller: Caller) -> Response:
        """Return the headers of the object, or 304."""
        stored = self._backend.get_object(target.bucket, target.key)
        if is_not_modified(request, stored):
            return Response(304, _validators(stored), length=stored.size)
        return Response(headers=_headers(stored, request, caller), length=stored.size)

    async def get(self, request: Request, target: Target, caller: Caller) -> Response:
        """Return the content or one range of it, or 304.

        Differs: `If-Range` is ignored.
        """
        stored = self._backend.get_object(target.bucket, target.key)
        if is_not_modified(request, stored):
            return Response(304, _validators(stored), length=stored.size)
        headers = _headers(stored, request, caller)
        part = read_range(request.header("range"), stored.size)
        if part is None:
            return Response(headers=headers, file=self._backend.open(stored), length=stored.size)
        file = self._backend.open(stored)
        file.seek(part.first)
        headers.append(("content-range", part.content_range))
        return Response(206, headers, file=file, length=part.length)

    async def delete(self, _request: Request, target: Target, _: Caller) -> Response:
        """Delete the object; the response is the same when it does not exist."""
        self._backend.delete_object(target.bucket, target.key)
        return Response(204)


def _headers(stored: StoredObject, request: Request, caller: Caller) -> list[tuple[str, str]]:
    described = stored.headers | _overrides(request, caller.signed_parameters)
    tags = described.pop(TAGS, None)
    counted = [] if tags is None else [(f"{TAGS}-count", str(len(tags.split("&"))))]
    checksum = [("x-cos-hash-crc64ecma", stored.crc64)] if stored.crc64 else []
    return [
        *described.items(),
        *counted,
        *checksum,
        *_validators(stored),
        ("accept-ranges", "bytes"),
    ]


def _validators(stored: StoredObject) -> list[tuple[str, str]]:
    changed_at = datetime.fromtimestamp(stored.changed_at, UTC)
    return [
        ("etag", f'"{stored.etag}"'),
        ("last-modified", format_datetime(changed_at, usegmt=True)),
    ]


def _overrides(request: Request, signed: frozenset[str]) -> dict[str, str]:
    """Return the response headers that `response-…` parameters set.

    Unknown: whether the cloud takes `response-…` parameters that are not signed. Here they are
    refused: otherwise whoever gets a signed URL could turn a download into a page.
    """
    chosen = {}
    for name, value in request.parameters:
        header = name.removeprefix("response-")
        if header == name or header not in _CONTENT_HEADERS:
            continue
        if name not in signed:
            raise CosError("AccessDenied", f"The parameter {name} is not signed.")
        if not value.isprintable():
            raise CosError("InvalidArgument", f"The parameter {name} cannot be a header.")
        chosen[header] = value
    return chosen
