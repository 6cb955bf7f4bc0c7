"""The slice uploads of the JSON API, as cos-php-sdk-v4 and cos-js-sdk-v4 send them.

A slice is the JSON API's word for a part. Each request needs a signature; a reusable one serves
for all of them.
"""

from typing import Any

from classgate.emulator.cos.backend import CosBackend, ObjectExists
from classgate.emulator.cos.json_api.call import Call, require_digest
from classgate.emulator.cos.json_api.errors import NO_SUCH_FILE, JsonApiError
from classgate.emulator.cos.json_api.slice_backend import SliceUploadBackend
from classgate.emulator.cos.json_api.slice_store import Slice, SliceUpload


class SliceRoutes:
    """Handlers of the slice operations."""

    def __init__(self, backend: SliceUploadBackend, objects: CosBackend) -> None:
        self._backend = backend
        self._objects = objects

    async def init(self, call: Call) -> dict[str, Any]:
        """Handle `op=upload_slice_init`: return the session, or the URLs of an existing file.

        Differs: the sha of each slice in `uploadparts` is ignored; `sha` is checked at the end.
        """
        only_new, sha = call.is_insert_only(), call.text("sha").lower()
        stored = self._objects.find_object(call.bucket, call.key)
        if stored is not None and sha and stored.sha1 == sha:
            self._use(call)
            return call.file_urls()
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
        """Handle `op=upload_slice_data`: store a slice at a multiple of the slice size."""
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
        """Handle `op=upload_slice_list`: return the slices, or the URLs of a complete file.

        Unknown: the members besides those that cos-js-sdk-v4 reads.
        """
        upload = self._backend.find(call.bucket, call.key)
        if upload is None and self._objects.find_object(call.bucket, call.key) is None:
            raise JsonApiError(NO_SUCH_FILE, "the file does not exist")
        self._use(call)
        if upload is None:
            return call.file_urls()
        return {
            "session": upload.session,
            "filesize": upload.size,
            "slice_size": upload.slice_size,
            "sha": upload.sha1,
            "listparts": [_slice_entry(each, upload) for each in self._backend.slices(upload)],
        }

    async def finish(self, call: Call) -> dict[str, Any]:
        """Handle `op=upload_slice_finish`: combine the slices to a file."""
        await self._backend.finish(
            call.bucket,
            call.key,
            call.text("session"),
            call.number("filesize"),
            call.caller.single_use,
        )
        return call.file_urls()

    def _use(self, call: Call) -> None:
        if call.caller.single_use is not None:
            self._objects.use_signature(call.caller.single_use)


def _slice_entry(each: Slice, upload: SliceUpload) -> dict[str, Any]:
    return {
        "offset": each.number * upload.slice_size,
        "datalen": each.size,
        "datasha": each.sha1,
    }
