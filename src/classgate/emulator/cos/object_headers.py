"""The headers that are stored with an object, and those of the responses about it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from mimetypes import MimeTypes
from typing import Final

from classgate.emulator.cos.acl import read_acl_headers
from classgate.emulator.cos.blobs import Blob
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.store import StoredObject
from classgate.emulator.cos.unsupported import ENCRYPTION
from classgate.emulator.http import Request

TAGS: Final = "x-cos-tagging"
STORAGE_CLASS: Final = "x-cos-storage-class"
ACL: Final = "acl"
"""The name under which an ACL is stored among the headers; it is never sent."""

NOT_COPIED: Final = frozenset({STORAGE_CLASS, ENCRYPTION, ACL})
"""A copy has these only if the request sets them (document 436/10881)."""

_CONTENT_HEADERS = (
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-type",
    "expires",
)  # fmt: skip
_STORED_HEADERS = (TAGS, STORAGE_CLASS, ENCRYPTION)
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
    given = list(pairs)
    kept = {
        name: value
        for name, value in given
        # cos-nodejs-sdk-v5 sends an empty Cache-Control, so that no proxy adds its own.
        if value
        and (name in _CONTENT_HEADERS or name in _STORED_HEADERS or name.startswith("x-cos-meta-"))
    }
    if kept.get(STORAGE_CLASS) == "STANDARD":
        del kept[STORAGE_CLASS]
    if not all(text.isprintable() for pair in kept.items() for text in pair):
        raise CosError("InvalidArgument", "A value that is stored with the object is not valid.")
    acl = read_acl_headers(given, of_bucket=False)
    if acl is not None:
        kept[ACL] = acl.to_json()
    guessed, encoding = _TYPES.guess_type(key.replace(":", "_"))
    known = guessed if guessed and not encoding else "application/octet-stream"
    return {"content-type": known} | kept


def upload_headers(blob: Blob, stored: dict[str, str]) -> list[tuple[str, str]]:
    """Return the response headers of an upload with these stored headers."""
    encryption = [(ENCRYPTION, stored[ENCRYPTION])] if ENCRYPTION in stored else []
    return [("etag", f'"{blob.md5}"'), ("x-cos-hash-crc64ecma", str(blob.crc64)), *encryption]


def download_headers(stored: StoredObject, request: Request) -> list[tuple[str, str]]:
    """Return the response headers of an object."""
    described = stored.headers | _overrides(request)
    described.pop(ACL, None)
    tags = described.pop(TAGS, None)
    counted = [] if not tags else [(f"{TAGS}-count", str(len(tags.split("&"))))]
    checksum = [("x-cos-hash-crc64ecma", stored.crc64)] if stored.crc64 else []
    return [
        *described.items(),
        *counted,
        *checksum,
        *validators(stored),
        ("accept-ranges", "bytes"),
    ]


def validators(stored: StoredObject) -> list[tuple[str, str]]:
    """Return the headers by which a client recognizes the version of an object."""
    changed_at = datetime.fromtimestamp(stored.changed_at, UTC)
    return [
        ("etag", f'"{stored.etag}"'),
        ("last-modified", format_datetime(changed_at, usegmt=True)),
    ]


def _overrides(request: Request) -> dict[str, str]:
    """Return the response headers that `response-…` parameters set.

    They need not be signed: whoever has a signed URL can append them.
    """
    chosen = {}
    for name, value in request.parameters:
        header = name.removeprefix("response-")
        if header == name or header not in _CONTENT_HEADERS:
            continue
        if not value.isprintable():
            raise CosError("InvalidArgument", f"The parameter {name} is not a valid header.")
        chosen[header] = value
    return chosen
