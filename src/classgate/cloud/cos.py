"""The object store over the COS XML API, with the service's own key.

Everything here is idempotent and is retried when the store does not answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from classgate.clock import Clock
from classgate.cloud.bucket import BucketClient, CosCredentials, Pairs, refusal_code
from classgate.cloud.clock_check import clock_error
from classgate.cloud.content_disposition import attachment
from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.cloud.ports import StoredObject, UnfinishedUpload
from classgate.cloud.resilient_client import ResilientClient
from classgate.cloud.upload_listing import ListingPage, MalformedListing, parse_listing
from classgate.errors import CloudError, CloudRejected, CloudUnavailable
from classgate.signing.cos_presigned import issue_presigned_url
from classgate.signing.cos_request import CosRequest, KeyTime

log = structlog.get_logger("classgate.cloud.cos")

_SERVICE = "COS"
# A slightly fast clock must not make a signature that is not valid yet.
_START_IN_PAST = timedelta(seconds=60)
_CLOCK = "RequestTimeTooSkewed"
_PAGE = "200"
_MAX_PAGES = 20


@dataclass(frozen=True)
class CosEndpoint:
    """The endpoint of the bucket and the key."""

    scheme: str
    host: str
    secret_id: str
    secret_key: str

    def __repr__(self) -> str:
        return f"CosEndpoint({self.scheme}://{self.host})"


class CosClient:
    """An `ObjectStore`."""

    def __init__(
        self, address: CosEndpoint, http: CloudHttpClient, clock: Clock, calls: ResilientClient
    ) -> None:
        self._address = address
        self._bucket = BucketClient(address.scheme, address.host, http, clock)
        self._key = CosCredentials(address.secret_id, address.secret_key)
        self._clock = clock
        self._calls = calls

    async def find_object(self, object_key: str) -> StoredObject | None:
        """HEAD Object. CloudRejected, CloudUnavailable."""
        reply = await self._send("HEAD", object_key, good=(200, 404))
        if reply.status == 404:
            return None
        size = reply.headers.get("Content-Length", "")
        if not (size.isascii() and size.isdigit()):
            raise CloudUnavailable(_SERVICE)
        return StoredObject(int(size))

    async def delete_object(self, object_key: str) -> None:
        """DELETE Object. CloudRejected, CloudUnavailable."""
        await self._send("DELETE", object_key, good=(200, 204), gone="NoSuchKey")

    async def abort_upload(self, upload: UnfinishedUpload) -> None:
        """Abort Multipart Upload. CloudRejected, CloudUnavailable."""
        await self._send(
            "DELETE",
            upload.object_key,
            parameters=[("uploadId", upload.upload_id)],
            good=(200, 204),
            gone="NoSuchUpload",
        )

    async def list_unfinished(self, prefix: str) -> Sequence[UnfinishedUpload]:
        """List Multipart Uploads, page by page. CloudRejected, CloudUnavailable."""
        found: list[UnfinishedUpload] = []
        marker: tuple[str, str] | None = ("", "")
        for _ in range(_MAX_PAGES):
            if marker is None:
                break
            page = await self._list_page(prefix, marker)
            found += page.uploads
            marker = page.next_marker
        return found

    async def _list_page(self, prefix: str, marker: tuple[str, str]) -> ListingPage:
        parameters = [
            ("uploads", ""),
            ("prefix", prefix),
            ("encoding-type", "url"),
            ("max-uploads", _PAGE),
        ]
        if marker[0]:
            parameters += [("key-marker", marker[0]), ("upload-id-marker", marker[1])]
        reply = await self._send("GET", "", parameters=parameters, good=(200,))
        try:
            return parse_listing(reply.body)
        except MalformedListing as error:
            log.warning("cos answer not understood", status=reply.status)
            raise CloudUnavailable(_SERVICE) from error

    async def _send(
        self,
        method: str,
        object_key: str,
        *,
        parameters: Pairs = (),
        good: tuple[int, ...],
        gone: str = "",
    ) -> HttpResponse:
        """Send a request; return an answer with an accepted status, or with code `gone`.
        CloudError.
        """

        async def once() -> HttpResponse:
            reply = await self._bucket.request(
                method, object_key, key=self._key, parameters=parameters
            )
            code = refusal_code(reply)
            if reply.status in good or (reply.status == 404 and code == gone):
                return reply
            raise self._refusal(reply, code)

        return await self._calls.call(once)

    def _refusal(self, reply: HttpResponse, code: str) -> CloudError:
        log.warning("cos refused", status=reply.status, cloud_code=code)
        if reply.status == 429 or reply.status >= 500:
            return CloudUnavailable(_SERVICE)
        # The answer to a HEAD has no code; compare the clocks instead.
        now = self._clock()
        ahead = reply.clock_ahead(now)
        is_far_off = ahead is not None and abs(ahead) > _START_IN_PAST
        if code == _CLOCK or (code == "HTTP 403" and is_far_off):
            return clock_error(_SERVICE, code, reply, now)
        return CloudRejected(_SERVICE, code)

    def presign_download(
        self, object_key: str, file_name: str, at: datetime, expires_at: datetime
    ) -> str:
        """Return a presigned GET that answers as an attachment, whatever the file."""
        return issue_presigned_url(
            self._address.scheme,
            self._address.host,
            CosRequest(
                "GET",
                f"/{object_key}",
                parameters=[("response-content-disposition", attachment(file_name))],
            ),
            secret_id=self._address.secret_id,
            secret_key=self._address.secret_key,
            key_time=KeyTime(at - _START_IN_PAST, expires_at),
        )
