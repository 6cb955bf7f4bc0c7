"""An authenticated call of the JSON API, with its fields."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from classgate.emulator.cos.blobs import Blob, BlobWriter
from classgate.emulator.cos.json_api.authentication import JsonApiCaller, Resource
from classgate.emulator.cos.json_api.errors import BAD_PARAMETER, WRONG_SHA, JsonApiError
from classgate.emulator.http import Request

FILE_FIELDS = ("filecontent", "fileContent")


@dataclass(frozen=True)
class Call:
    """An authenticated call."""

    request: Request
    resource: Resource
    bucket: str
    region: str
    caller: JsonApiCaller
    fields: dict[str, Any]
    sink: BlobWriter

    @property
    def key(self) -> str:
        return self.resource.key

    def text(self, name: str) -> str:
        """Return a field as text, or "". JSON may contain numbers."""
        return str(self.fields.get(name, ""))

    def number(self, name: str) -> int:
        """Return a field as a number. Raises `JsonApiError`."""
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise JsonApiError(BAD_PARAMETER, f"{name} is not a number")
        return int(text)

    def is_insert_only(self) -> bool:
        """Return whether `insertOnly` is set, the default. Raises `JsonApiError`.

        The JavaScript SDK sends `undefined` when the caller does not choose.
        """
        value = self.text("insertOnly") or "1"
        if value not in ("0", "1", "undefined"):
            raise JsonApiError(BAD_PARAMETER, "insertOnly is 0 or 1")
        return value != "0"

    async def content(self) -> Blob:
        """Return the uploaded file. Raises `JsonApiError` without one."""
        if not any(name in self.fields for name in FILE_FIELDS):
            raise JsonApiError(BAD_PARAMETER, "filecontent is missing")
        return await self.sink.complete()

    def file_urls(self) -> dict[str, Any]:
        """Return the URLs of the file.

        Differs: the cloud's hosts in access_url and source_url are not served by the emulator.
        """
        path = quote("/" + self.key, safe="/-_.~")
        app_id, bucket_name = self.resource.cloud_app_id, self.resource.bucket_name
        address = self.request.raw_path.decode("latin-1")
        return {
            "access_url": f"http://{self.bucket}.file.myqcloud.com{path}",
            "source_url": f"http://{self.bucket}.cos.{self.region}.myqcloud.com{path}",
            "resource_path": f"/{app_id}/{bucket_name}{path}",
            "url": f"{self.request.scheme}://{self.request.host}{address}",
        }


def require_digest(shown: str, digest: str) -> None:
    """Raise `JsonApiError` if a digest was sent and does not match."""
    if shown and shown.lower() != digest:
        raise JsonApiError(WRONG_SHA, "a digest is not that of the content")
