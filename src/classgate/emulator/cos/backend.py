"""The rules of objects, shared by the XML API and the JSON API.

The APIs authenticate and authorize before they call it. Refusals that both APIs know are separate
exceptions. Multipart uploads, which only the XML API has, are in `multipart`.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO

from classgate.emulator.clock import Clock
from classgate.emulator.cos.blobs import Blob, BlobDirectory, BlobWriter
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.listing import Page, build_page
from classgate.emulator.cos.store import ObjectStore, StoredObject

MAX_BODY_BYTES = 5 << 30

_PIECE = 1 << 20


class ObjectExists(Exception):
    """The key has other content, and the caller forbids to overwrite it."""


class CosBackend:
    """Stores, finds, copies, lists and deletes objects."""

    def __init__(self, store: ObjectStore, blobs: BlobDirectory, clock: Clock) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock

    # ── objects ─────────────────────────────────────────────────────────────────────────────────

    def find_object(self, bucket: str, key: str) -> StoredObject | None:
        return self._store.find_object(bucket, key)

    def get_object(self, bucket: str, key: str) -> StoredObject:
        """Return an object. Raises `CosError` NoSuchKey."""
        found = self._store.find_object(bucket, key)
        if found is None:
            raise CosError("NoSuchKey", "The specified key does not exist.")
        return found

    def list_objects(
        self, bucket: str, *, prefix: str, delimiter: str, marker: str, limit: int
    ) -> Page:
        """Return one page of the objects of a bucket."""
        stored = self._store.objects_with_prefix(bucket, prefix, marker)
        return build_page(stored, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit)

    def receive(self) -> AbstractAsyncContextManager[BlobWriter]:
        """Open a writer for a body; `publish` makes it an object."""
        return self._blobs.receive()

    async def put_object(
        self,
        bucket: str,
        key: str,
        body: AsyncIterator[bytes],
        *,
        headers: dict[str, str],
        content_md5: str | None,
        forbid_overwrite: bool = False,
    ) -> Blob:
        """Store a simple upload. Raises `CosError`, and then changes nothing."""
        async with self._blobs.receive() as sink:
            blob = await take_body(sink, body, content_md5)
            if forbid_overwrite:
                self.require_absent(bucket, key)
            self.publish(sink, blob, bucket, key, headers=headers)
        return blob

    def require_absent(self, bucket: str, key: str) -> None:
        """Raise `CosError` FileAlreadyExists if the object exists."""
        require_absent(self._store, bucket, key)

    def publish(
        self,
        sink: BlobWriter,
        blob: Blob,
        bucket: str,
        key: str,
        *,
        headers: dict[str, str],
        attributes: str = "",
        only_new: bool = False,
        single_use: bytes | None = None,
    ) -> None:
        """Make a received body an object and mark the signature as used, atomically.

        With `only_new`, an existing object with the same content counts as stored. On an error,
        nothing changes.

        Raises:
            SignatureUsed: The single-use signature has been used.
            ObjectExists: The object exists with other content.
        """
        with self._store.transaction():
            if single_use is not None:
                self._store.use_signature(single_use)
            if only_new and self._exists(bucket, key, blob):
                return
            dropped = self._store.put_object(
                bucket,
                key,
                blob,
                etag=blob.md5,
                headers=headers,
                at=self.seconds(),
                attributes=attributes,
            )
            sink.commit()
        self._blobs.discard(dropped)

    async def copy_object(
        self,
        stored: StoredObject,
        bucket: str,
        key: str,
        *,
        headers: dict[str, str],
        forbid_overwrite: bool,
    ) -> Blob:
        """Store the content of another object. Raises `CosError`, also when it was deleted."""
        async with self._blobs.receive() as sink:
            try:
                await sink.append(
                    self._blobs.path(stored.blob), int(stored.crc64) if stored.crc64 else None
                )
            except FileNotFoundError as error:
                raise CosError("OperationAborted", "The source was changed meanwhile.") from error
            blob = await sink.complete()
            if forbid_overwrite:
                require_absent(self._store, bucket, key)
            self.publish(sink, blob, bucket, key, headers=headers)
        return blob

    async def read(self, stored: StoredObject, first: int, length: int) -> AsyncIterator[bytes]:
        """Yield a range of the content of an object."""
        with self.open(stored) as file:
            file.seek(first)
            while chunk := await asyncio.to_thread(file.read, min(length, _PIECE)):
                length -= len(chunk)
                yield chunk

    def delete_object(self, bucket: str, key: str, single_use: bytes | None = None) -> bool:
        """Delete an object and mark the signature as used. Raises `SignatureUsed`."""
        with self._store.transaction():
            if single_use is not None:
                self._store.use_signature(single_use)
            dropped = self._store.delete_object(bucket, key)
        self._blobs.discard(dropped)
        return bool(dropped)

    def open(self, stored: StoredObject) -> BinaryIO:
        """Open the content of an object. The file stays readable when the object is replaced."""
        return self._blobs.open(stored.blob)

    def replace_headers(self, bucket: str, key: str, headers: dict[str, str]) -> None:
        """Replace the stored headers of an object, and nothing else of it."""
        self._store.replace_headers(bucket, key, headers)

    def find_bucket_setting(self, bucket: str, name: str) -> str | None:
        return self._store.find_bucket_setting(bucket, name)

    def put_bucket_setting(self, bucket: str, name: str, value: str) -> None:
        self._store.put_bucket_setting(bucket, name, value)

    def delete_bucket_setting(self, bucket: str, name: str) -> None:
        self._store.delete_bucket_setting(bucket, name)

    def is_signature_used(self, single_use: bytes) -> bool:
        return self._store.is_signature_used(single_use)

    def use_signature(self, single_use: bytes) -> None:
        """Mark a single-use signature as used. Raises `SignatureUsed` the second time."""
        self._store.use_signature(single_use)

    def _exists(self, bucket: str, key: str, blob: Blob) -> bool:
        stored = self._store.find_object(bucket, key)
        if stored is not None and stored.sha1 != blob.sha1:
            raise ObjectExists
        return stored is not None

    def seconds(self) -> int:
        """Return the current time of the emulator in Unix seconds."""
        return int(self._clock.now().timestamp())


def require_absent(store: ObjectStore, bucket: str, key: str) -> None:
    """Raise `CosError` FileAlreadyExists if the object exists."""
    if store.find_object(bucket, key) is not None:
        raise CosError("FileAlreadyExists", "The object exists and must not be overwritten.")


async def take_body(sink: BlobWriter, body: AsyncIterator[bytes], content_md5: str | None) -> Blob:
    """Read a whole body and verify its digest. Raises `CosError`."""
    expected = None if content_md5 is None else _digest(content_md5)
    async for chunk in body:
        await sink.write(chunk)
        if sink.size > MAX_BODY_BYTES:
            raise CosError("EntityTooLarge", "The body is larger than 5 GB.")
    blob = await sink.complete()
    if expected is not None and expected != blob.md5:
        raise CosError("BadDigest", "The Content-MD5 does not match the body.")
    return blob


def _digest(content_md5: str) -> str:
    try:
        digest = base64.b64decode(content_md5, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise CosError("InvalidDigest", "The Content-MD5 is not the base64 of an MD5 digest.")
    return digest.hex()
