"""Whole objects over the XML API: put, get, head, delete."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from mimetypes import MimeTypes

from classgate.emulator.cos.authentication import Caller
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.blobs import Blob
from classgate.emulator.cos.conditions import is_unchanged
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.operations import Target
from classgate.emulator.cos.ranges import read_range
from classgate.emulator.cos.store import StoredObject
from classgate.emulator.http import Request, Response

# What a client may say about an object, and hears again when it asks for the object.
_DESCRIBING = (
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-type",
    "expires",
)  # fmt: skip
TAGS = "x-cos-tagging"
STORAGE_CLASS = "x-cos-storage-class"
_KEPT = (TAGS, STORAGE_CLASS)
# Python's own list, not that of the machine.
_TYPES = MimeTypes()


def described_by(request: Request, key: str) -> dict[str, str]:
    """The headers that are kept with the object."""
    return describing(request.headers, key)


def describing(pairs: Iterable[tuple[str, str]], key: str) -> dict[str, str]:
    """Those of them that describe an object. Raises `CosError` for one that cannot be a header.

    Unknown: which types the cloud gives to objects that were sent without one. Here it is what
    Python knows of the key's ending, else application/octet-stream.
    """
    kept = {
        name: value
        for name, value in pairs
        # cos-nodejs-sdk-v5 sends an empty Cache-Control, so that no proxy adds its own.
        if value and (name in _DESCRIBING or name in _KEPT or name.startswith("x-cos-meta-"))
    }
    if kept.get(STORAGE_CLASS) == "STANDARD":
        del kept[STORAGE_CLASS]
    if not all(text.isprintable() for pair in kept.items() for text in pair):
        raise CosError("InvalidArgument", "What describes the object cannot be a header.")
    guessed, encoding = _TYPES.guess_type(key.replace(":", "_"))
    known = guessed if guessed and not encoding else "application/octet-stream"
    return {"content-type": known} | kept


def described_blob(blob: Blob) -> list[tuple[str, str]]:
    """What the answer says of a body that came in."""
    return [("etag", f'"{blob.md5}"'), ("x-cos-hash-crc64ecma", str(blob.crc64))]


def forbids_overwrite(request: Request) -> bool:
    """Whether it is to be refused where there is an object already."""
    return (request.header("x-cos-forbid-overwrite") or "").lower() == "true"


class ObjectRoutes:
    """One method for each operation."""

    def __init__(self, backend: CosBackend) -> None:
        self._backend = backend

    async def put(self, request: Request, target: Target, _: Caller) -> Response:
        """Store the body as the object.

        With `x-cos-forbid-overwrite: true` only where there is none yet, else FileAlreadyExists.
        Differs: headers for access control are ignored; a storage class and tags are told and do
        nothing.
        """
        blob = await self._backend.put_object(
            target.bucket,
            target.key,
            request.chunks(),
            headers=described_by(request, target.key),
            content_md5=request.header("content-md5"),
            forbid_overwrite=forbids_overwrite(request),
        )
        return Response(headers=described_blob(blob))

    async def head(self, request: Request, target: Target, caller: Caller) -> Response:
        """What the object is, without its content; 304 when the client knows it already."""
        stored = self._backend.get_object(target.bucket, target.key)
        if is_unchanged(request, stored):
            return Response(304, _validators(stored), length=stored.size)
        return Response(headers=_headers(stored, request, caller), length=stored.size)

    async def get(self, request: Request, target: Target, caller: Caller) -> Response:
        """The content, or the one range of it that is asked for; 304 when the client has it.

        Differs: `If-Range` is ignored.
        """
        stored = self._backend.get_object(target.bucket, target.key)
        if is_unchanged(request, stored):
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
        """Remove the object; nothing is said about whether it was there."""
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
    """The `response-…` parameters: headers that the one who signed wants in the answer.

    Unknown: whether the cloud takes `response-…` parameters that are not signed. Here they are
    refused: otherwise whoever gets a signed URL could turn a download into a page.
    """
    chosen = {}
    for name, value in request.parameters:
        header = name.removeprefix("response-")
        if header == name or header not in _DESCRIBING:
            continue
        if name not in signed:
            raise CosError("AccessDenied", f"The parameter {name} is not signed.")
        if not value.isprintable():
            raise CosError("InvalidArgument", f"The parameter {name} cannot be a header.")
        chosen[header] = value
    return chosen
