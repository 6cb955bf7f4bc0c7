"""The rules of slice uploads: begin, store slices, finish.

Sources: "tencentyun/cos-php-sdk-v4", "tencentyun/cos-js-sdk-v4".
"""

import secrets

from classgate.emulator.cos.backend import MAX_BODY_BYTES, CosBackend
from classgate.emulator.cos.blobs import Blob, BlobDirectory, BlobWriter
from classgate.emulator.cos.json_api.errors import (
    BAD_PARAMETER,
    NOT_FINISHED,
    WRONG_SHA,
    JsonApiError,
)
from classgate.emulator.cos.json_api.slice_store import Slice, SliceStore, SliceUpload

SLICE_SIZES = (512 << 10, 1 << 20, 2 << 20, 3 << 20)
_DEFAULT_SIZE = 1 << 20


class SliceUploadBackend:
    """Slice uploads."""

    def __init__(self, store: SliceStore, blobs: BlobDirectory, objects: CosBackend) -> None:
        self._store = store
        self._blobs = blobs
        self._objects = objects

    def begin(
        self,
        bucket: str,
        key: str,
        *,
        size: int,
        slice_size: int,
        sha1: str,
        attributes: str,
        only_new: bool,
    ) -> SliceUpload:
        """Start an upload. An unsupported slice size becomes 1 MiB.

        Unknown: what happens to an unfinished upload of the same object. Here it continues when
        size, slice size and sha are the same; otherwise its slices are deleted.
        """
        if not 0 < size <= MAX_BODY_BYTES:
            raise JsonApiError(BAD_PARAMETER, "filesize is out of range")
        upload = SliceUpload(
            secrets.token_hex(32),
            size,
            slice_size if slice_size in SLICE_SIZES else _DEFAULT_SIZE,
            sha1,
            attributes,
            only_new,
        )
        dropped = []
        with self._store.transaction():
            before = self._store.find(bucket, key)
            if before is not None and _same_content(before, upload):
                return before
            if before is not None:
                dropped = self._store.remove(before)
            self._store.add(bucket, key, upload)
        self._blobs.discard(dropped)
        return upload

    def find(self, bucket: str, key: str) -> SliceUpload | None:
        """Return the unfinished upload of an object."""
        return self._store.find(bucket, key)

    def slices(self, upload: SliceUpload) -> list[Slice]:
        return self._store.slices(upload)

    def get(self, bucket: str, key: str, session: str) -> SliceUpload:
        """Return an upload. Raises `JsonApiError`.

        Unknown: the code for a session that does not exist.
        """
        upload = self._store.find(bucket, key)
        if upload is None or upload.session != session:
            raise JsonApiError(BAD_PARAMETER, "the session does not exist for this file")
        return upload

    def put(
        self, bucket: str, key: str, session: str, offset: int, sink: BlobWriter, blob: Blob
    ) -> SliceUpload:
        """Store or replace a slice. Raises `JsonApiError`."""
        with self._store.transaction():
            upload = self.get(bucket, key, session)
            if offset % upload.slice_size or not 0 <= offset < upload.size:
                raise JsonApiError(BAD_PARAMETER, "the offset is not a multiple of the slice size")
            if blob.size != min(upload.slice_size, upload.size - offset):
                raise JsonApiError(BAD_PARAMETER, "the slice has the wrong size")
            dropped = self._store.put(upload, offset // upload.slice_size, blob)
            sink.commit()
        self._blobs.discard(dropped)
        return upload

    async def finish(
        self, bucket: str, key: str, session: str, size: int, single_use: bytes | None
    ) -> None:
        """Combine the slices to a file. Raises `JsonApiError` and the errors of `publish`."""
        upload = self.get(bucket, key, session)
        slices = self._store.slices(upload)
        if size != upload.size or sum(each.size for each in slices) != upload.size:
            raise JsonApiError(NOT_FINISHED, "slices are missing")
        async with self._blobs.receive() as sink:
            try:
                for each in slices:
                    await sink.append(self._blobs.path(each.blob), each.crc64)
            except FileNotFoundError as error:
                raise _concurrent_change() from error
            blob = await sink.complete()
            if upload.sha1 and blob.sha1 != upload.sha1:
                raise JsonApiError(WRONG_SHA, "sha is not that of the content")
            if self.get(bucket, key, session) and self._store.slices(upload) != slices:
                raise _concurrent_change()
            self._objects.publish(
                sink,
                blob,
                bucket,
                key,
                headers={"content-type": "application/octet-stream"},
                attributes=upload.attributes,
                only_new=upload.only_new,
                single_use=single_use,
            )
            self._drop(upload)

    def _drop(self, upload: SliceUpload) -> None:
        with self._store.transaction():
            dropped = self._store.remove(upload)
        self._blobs.discard(dropped)


def _same_content(one: SliceUpload, other: SliceUpload) -> bool:
    return (one.size, one.slice_size, one.sha1) == (other.size, other.slice_size, other.sha1)


def _concurrent_change() -> JsonApiError:
    return JsonApiError(NOT_FINISHED, "the upload was changed while it was being finished")
