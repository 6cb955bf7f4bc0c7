"""The slice operations of the JSON API, as cos-php-sdk-v4 and cos-js-sdk-v4 send them.

Each request shows a signature; a reusable one does for all of them.
"""

from typing import Any

from classgate.emulator.cos.backend import CosBackend, ObjectExists
from classgate.emulator.cos.json_call import Call, require_digest
from classgate.emulator.cos.json_errors import NO_SUCH_FILE, JsonApiError
from classgate.emulator.cos.slice_store import Slice, SliceUpload
from classgate.emulator.cos.slice_uploads import SliceUploadBackend


class SliceRoutes:
    """One method for each operation."""

    def __init__(self, backend: SliceUploadBackend, objects: CosBackend) -> None:
        self._backend = backend
        self._objects = objects

    async def init(self, call: Call) -> dict[str, Any]:
        """`op=upload_slice_init`: the session, or the file's addresses when it is there already.

        Differs: the sha of each slice in `uploadparts` is not looked at; `sha` is, at the end.
        """
        only_new, sha = call.is_insert_only(), call.text("sha").lower()
        stored = self._objects.find_object(call.bucket, call.key)
        if stored is not None and sha and stored.sha1 == sha:
            self._use(call)
            return call.names()
        if stored is not None and only_new:
            raise ObjectExists
        upload = self._backend.begin(
            call.bucket,
            call.key,
            size=call.number("filesize"),
            slice_size=call.number("slice_size"),
            sha1=sha,
            attributes=call.text("biz_attr"),
            only_new=only_new,
        )
        self._use(call)
        return {"session": upload.session, "slice_size": upload.slice_size, "serial_upload": 0}

    async def data(self, call: Call) -> dict[str, Any]:
        """`op=upload_slice_data`: one slice, at an offset that is a multiple of the slice size."""
        blob = await call.content()
        require_digest(call.text("datamd5"), blob.md5)
        upload = self._backend.put(
            call.bucket, call.key, call.text("session"), call.number("offset"), call.sink, blob
        )
        self._use(call)
        return {
            "session": upload.session,
            "offset": call.number("offset"),
            "datalen": blob.size,
            "datamd5": blob.md5,
            "serial_upload": 0,
        }

    async def list_slices(self, call: Call) -> dict[str, Any]:
        """`op=upload_slice_list`: what has arrived, or the addresses of a file that is whole.

        Unknown: the members beside those that cos-js-sdk-v4 reads.
        """
        upload = self._backend.find(call.bucket, call.key)
        if upload is None and self._objects.find_object(call.bucket, call.key) is None:
            raise JsonApiError(NO_SUCH_FILE, "the file does not exist")
        self._use(call)
        if upload is None:
            return call.names()
        return {
            "session": upload.session,
            "filesize": upload.size,
            "slice_size": upload.slice_size,
            "sha": upload.sha1,
            "listparts": [_written(each, upload) for each in self._backend.slices(upload)],
        }

    async def finish(self, call: Call) -> dict[str, Any]:
        """`op=upload_slice_finish`: make the file of the slices."""
        await self._backend.finish(
            call.bucket,
            call.key,
            call.text("session"),
            call.number("filesize"),
            call.permit.single_use,
        )
        return call.names()

    def _use(self, call: Call) -> None:
        if call.permit.single_use is not None:
            self._objects.use_signature(call.permit.single_use)


def _written(each: Slice, upload: SliceUpload) -> dict[str, Any]:
    return {
        "offset": each.number * upload.slice_size,
        "datalen": each.size,
        "datasha": each.sha1,
    }
