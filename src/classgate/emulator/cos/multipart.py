"""The rules of multipart uploads: initiate, store parts, complete or abort."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

from classgate.emulator.clock import Clock
from classgate.emulator.cos.backend import require_absent, take_body
from classgate.emulator.cos.blobs import Blob, BlobDirectory
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.store import ObjectStore, Part, Upload

MIN_PART_BYTES = 1 << 20
LAST_PART_NUMBER = 10_000


class MultipartBackend:
    """Multipart uploads."""

    def __init__(self, store: ObjectStore, blobs: BlobDirectory, clock: Clock) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock

    def initiate(self, bucket: str, key: str, headers: dict[str, str]) -> str:
        """Start an upload and return its id. The headers become those of the object."""
        upload_id = f"{self._seconds()}{secrets.token_hex(27)}"
        self._store.add_upload(bucket, Upload(upload_id, key, headers, self._seconds()))
        return upload_id

    def get(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Return an upload. Raises `CosError` NoSuchUpload, also for the upload of another key."""
        upload = self._store.find_upload(bucket, key, upload_id)
        if upload is None:
            raise CosError("NoSuchUpload", "The specified upload does not exist.")
        return upload

    def list(self, bucket: str, prefix: str, after: tuple[str, str], limit: int) -> list[Upload]:
        return self._store.uploads_with_prefix(bucket, prefix, after, limit)

    def parts(self, upload: Upload, after: int, limit: int) -> Sequence[Part]:
        return self._store.parts(upload.upload_id, after, limit)

    async def put_part(
        self,
        bucket: str,
        key: str,
        upload_id: str,
        number: int,
        body: AsyncIterator[bytes],
        content_md5: str | None,
    ) -> Blob:
        """Store or replace a part. Raises `CosError`."""
        self.get(bucket, key, upload_id)
        async with self._blobs.receive() as sink:
            blob = await take_body(sink, body, content_md5)
            with self._store.transaction():
                # Looked up again, because it may have ended while the body arrived.
                self.get(bucket, key, upload_id)
                dropped = self._store.put_part(upload_id, number, blob, self._seconds())
                sink.commit()
        self._blobs.discard(dropped)
        return blob

    async def complete(
        self,
        bucket: str,
        key: str,
        upload_id: str,
        listed: Sequence[tuple[int, str]],
        *,
        forbid_overwrite: bool = False,
    ) -> str:
        """Combine the listed parts to an object and return its ETag. Raises `CosError`.

        Unknown: how the cloud computes the ETag of a multipart object; only its form, "…-N", is
        documented. Here it is the MD5 of the parts' MD5 digests.
        """
        upload = self.get(bucket, key, upload_id)
        chosen = _chosen(self._store.parts(upload_id), listed)
        etag = _combined_etag(chosen)
        async with self._blobs.receive() as sink:
            try:
                for part in chosen:
                    await sink.append(self._blobs.path(part.blob), part.crc64)
            except FileNotFoundError as error:
                raise _concurrent_change() from error
            blob = await sink.complete()
            with self._store.transaction():
                self.get(bucket, key, upload_id)
                if not set(chosen) <= set(self._store.parts(upload_id)):
                    raise _concurrent_change()
                if forbid_overwrite:
                    require_absent(self._store, bucket, key)
                dropped = self._store.put_object(
                    bucket, key, blob, etag=etag, headers=upload.headers, at=self._seconds()
                )
                dropped += self._store.remove_upload(upload_id)
                sink.commit()
        self._blobs.discard(dropped)
        return etag

    def abort(self, bucket: str, key: str, upload_id: str) -> None:
        """Delete an upload and its parts. Raises `CosError` NoSuchUpload."""
        with self._store.transaction():
            self.get(bucket, key, upload_id)
            dropped = self._store.remove_upload(upload_id)
        self._blobs.discard(dropped)

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())


def _chosen(held: Sequence[Part], listed: Sequence[tuple[int, str]]) -> list[Part]:
    numbers = [number for number, _ in listed]
    if not numbers:
        raise CosError("MalformedXML", "The list of parts is empty.")
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise CosError("InvalidPartOrder", "The parts are not listed in ascending order.")
    by_number = {part.number: part for part in held}
    chosen = []
    for number, etag in listed:
        part = by_number.get(number)
        if part is None or part.md5 != etag:
            raise CosError("InvalidPart", f"Part {number} is not there, or its ETag differs.")
        chosen.append(part)
    if any(part.size < MIN_PART_BYTES for part in chosen[:-1]):
        raise CosError("EntityTooSmall", "A part other than the last is smaller than 1 MB.")
    return chosen


def _combined_etag(parts: Sequence[Part]) -> str:
    digests = b"".join(bytes.fromhex(part.md5) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _concurrent_change() -> CosError:
    return CosError("OperationAborted", "The upload was changed while it was being completed.")
