"""Copies an object to an object or to a part, over the XML API.

Source: the documents PUT Object - Copy (436/10881) and Upload Part - Copy (436/8287).
"""

import re
from urllib.parse import unquote

from classgate.emulator.cos import xml
from classgate.emulator.cos.authentication import Caller, find_refusal
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.byte_ranges import ByteRange, read_range
from classgate.emulator.cos.documents import document, read_number
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.multipart import LAST_PART_NUMBER, MultipartBackend
from classgate.emulator.cos.object_headers import NOT_COPIED, object_headers
from classgate.emulator.cos.object_routes import is_overwrite_forbidden
from classgate.emulator.cos.operations import COPY_SOURCE, Target
from classgate.emulator.cos.preconditions import is_not_modified
from classgate.emulator.cos.store import StoredObject
from classgate.emulator.http import Request, Response

_SOURCE = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9-]*-[0-9]+)\.cos\.(?P<region>[a-z0-9-]+)(?:\.[^/?]*)?/(?P<key>[^?]+)"
)
_CONDITIONS = f"{COPY_SOURCE}-"


class CopyRoutes:
    """Handlers of the copy operations."""

    def __init__(self, objects: CosBackend, uploads: MultipartBackend) -> None:
        self._objects = objects
        self._uploads = uploads

    async def put_copy(self, request: Request, target: Target, caller: Caller) -> Response:
        """Copy an object, with its headers or with those of the request.

        A temporary key needs `name/cos:PutObjectCopy` for the new object and `name/cos:GetObject`
        for the source. Unknown: the code for a copy of an object onto itself that does not replace
        its headers; here it is InvalidArgument.
        """
        stored = self._source(request, target, caller)
        replaced = (request.header("x-cos-metadata-directive") or "Copy").lower() == "replaced"
        if not replaced and stored.key == target.key:
            raise CosError("InvalidArgument", "An object cannot be copied onto itself unchanged.")
        given = object_headers(request, target.key)
        kept = {name: stored.headers[name] for name in stored.headers.keys() - NOT_COPIED}
        asked = {name: given[name] for name in given.keys() & NOT_COPIED}
        made = await self._objects.copy_object(
            stored,
            target.bucket,
            target.key,
            headers=given if replaced else kept | asked,
            forbid_overwrite=is_overwrite_forbidden(request.headers),
        )
        return document("CopyObjectResult", _copied(made.md5, made.crc64, self._objects.seconds()))

    async def put_part_copy(self, request: Request, target: Target, caller: Caller) -> Response:
        """Store another object, or a range of it, as a part.

        A temporary key needs `name/cos:UploadPartCopy`, and `name/cos:GetObject` for the source.
        """
        number = read_number(request, "partNumber", None, 1, LAST_PART_NUMBER)
        stored = self._source(request, target, caller)
        part = _range(request, stored)
        upload_id = request.parameter("uploadId") or ""
        made = await self._uploads.put_part(
            target.bucket,
            target.key,
            upload_id,
            number,
            self._objects.read(stored, part.first, part.length),
            None,
        )
        return document("CopyPartResult", _copied(made.md5, made.crc64, self._objects.seconds()))

    def _source(self, request: Request, target: Target, caller: Caller) -> StoredObject:
        """Return the source object if the caller may read it. Raises `CosError`."""
        found = _SOURCE.fullmatch(request.header(COPY_SOURCE) or "")
        if found is None or not found["key"]:
            raise CosError("InvalidArgument", "x-cos-copy-source is not <host>/<key>.")
        source = Target(found["bucket"], found["region"], _decoded(found["key"]))
        if (source.bucket, source.region) != (target.bucket, target.region):
            raise CosError("NoSuchBucket", "The bucket of the source does not exist.")
        refusal = find_refusal(caller, request, "GetObject", source)
        if refusal is not None:
            raise refusal
        stored = self._objects.get_object(source.bucket, source.key)
        if is_not_modified(request, stored, _CONDITIONS):
            raise CosError("PreconditionFailed", "The source has not changed.")
        return stored


def _range(request: Request, stored: StoredObject) -> ByteRange:
    """Raises `CosError` InvalidRange."""
    asked = request.header(f"{COPY_SOURCE}-range")
    if not asked:
        return ByteRange(0, stored.size - 1, stored.size)
    found = read_range(asked, stored.size)
    if found is None:
        raise CosError("InvalidRange", "x-cos-copy-source-range is not bytes=first-last.")
    return found


def _decoded(key: str) -> str:
    try:
        return unquote(key, errors="strict")
    except UnicodeDecodeError as error:
        raise CosError("InvalidURI", "The key of the source is not UTF-8.") from error


def _copied(md5: str, crc64: int | None, at: int) -> xml.Children:
    return [
        ("ETag", f'"{md5}"'),
        ("LastModified", xml.format_time(at)),
        *([] if crc64 is None else [("CRC64", crc64)]),
    ]
