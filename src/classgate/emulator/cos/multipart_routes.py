"""Multipart uploads over the XML API, as the official SDKs' `upload_file` makes them."""

from classgate.emulator.cos import xml
from classgate.emulator.cos.authentication import Caller
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.multipart import LAST_PART_NUMBER, MultipartBackend
from classgate.emulator.cos.object_routes import described_blob, described_by, forbids_overwrite
from classgate.emulator.cos.operations import Target
from classgate.emulator.cos.pages import (
    MAX_PAGE_SIZE,
    document,
    encoding,
    is_encoded,
    number_parameter,
)
from classgate.emulator.cos.store import Part, Upload
from classgate.emulator.http import BodyTooLarge, Request, Response

_MAX_DOCUMENT_BYTES = 2 << 20


class MultipartRoutes:
    """One method for each operation."""

    def __init__(self, backend: MultipartBackend) -> None:
        self._backend = backend

    async def initiate(self, request: Request, target: Target, _: Caller) -> Response:
        """Start an upload."""
        upload_id = self._backend.initiate(
            target.bucket, target.key, described_by(request, target.key)
        )
        return document(
            "InitiateMultipartUploadResult",
            [("Bucket", target.bucket), ("Key", target.key), ("UploadId", upload_id)],
        )

    async def put_part(self, request: Request, target: Target, _: Caller) -> Response:
        """Store one part."""
        number = number_parameter(request, "partNumber", None, 1, LAST_PART_NUMBER)
        blob = await self._backend.put_part(
            target.bucket,
            target.key,
            _upload_id(request),
            number,
            request.chunks(),
            request.header("content-md5"),
        )
        return Response(headers=described_blob(blob))

    async def complete(self, request: Request, target: Target, _: Caller) -> Response:
        """Put the listed parts together; `x-cos-forbid-overwrite` as for a simple upload.

        Differs: the cloud may answer 200 first and send blanks while it works; here the answer
        comes when the object is there.
        """
        try:
            listed = xml.read_parts(await request.body(_MAX_DOCUMENT_BYTES))
        except (BodyTooLarge, xml.MalformedXml) as error:
            raise CosError("MalformedXML", "The body is not a list of parts.") from error
        etag = await self._backend.complete(
            target.bucket,
            target.key,
            _upload_id(request),
            listed,
            forbid_overwrite=forbids_overwrite(request),
        )
        return document(
            "CompleteMultipartUploadResult",
            [
                (
                    "Location",
                    f"{request.scheme}://{request.host}{request.raw_path.decode('latin-1')}",
                ),
                ("Bucket", target.bucket),
                ("Key", target.key),
                ("ETag", f'"{etag}"'),
            ],
        )

    async def abort(self, request: Request, target: Target, _: Caller) -> Response:
        """Drop an upload with its parts."""
        self._backend.abort(target.bucket, target.key, _upload_id(request))
        return Response(204)

    async def list_parts(self, request: Request, target: Target, _: Caller) -> Response:
        """The parts that have arrived.

        Differs: Owner and Initiator are left out.
        """
        upload = self._backend.get(target.bucket, target.key, _upload_id(request))
        after = number_parameter(request, "part-number-marker", 0, 0, LAST_PART_NUMBER)
        limit = number_parameter(request, "max-parts", MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE)
        found = self._backend.parts(upload, after, limit + 1)
        page = found[:limit]
        return document(
            "ListPartsResult",
            [
                ("Bucket", target.bucket),
                *encoding(request),
                ("Key", xml.written_key(target.key, encoded=is_encoded(request))),
                ("UploadId", upload.upload_id),
                ("StorageClass", "STANDARD"),
                ("PartNumberMarker", after),
                ("NextPartNumberMarker", page[-1].number if page else after),
                ("MaxParts", limit),
                ("IsTruncated", "true" if len(found) > limit else "false"),
                *(("Part", _part(part)) for part in page),
            ],
        )

    async def list_uploads(self, request: Request, target: Target, _: Caller) -> Response:
        """The uploads under way whose key starts with `prefix`.

        Differs: Owner and Initiator are left out; a delimiter is refused as NotImplemented.
        """
        if request.parameter("delimiter"):
            raise CosError("NotImplemented", "The emulator does not group uploads.")
        prefix = request.parameter("prefix") or ""
        after = (request.parameter("key-marker") or "", request.parameter("upload-id-marker") or "")
        limit = number_parameter(request, "max-uploads", MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE)
        found = self._backend.list(target.bucket, prefix, after, limit + 1)
        page = found[:limit]
        encoded = is_encoded(request)
        truncated = len(found) > limit
        next_key, next_id = (page[-1].key, page[-1].upload_id) if truncated else ("", "")
        return document(
            "ListMultipartUploadsResult",
            [
                ("Bucket", target.bucket),
                *encoding(request),
                ("KeyMarker", xml.written_key(after[0], encoded=encoded)),
                ("UploadIdMarker", after[1]),
                ("MaxUploads", limit),
                ("Prefix", xml.written_key(prefix, encoded=encoded)),
                ("Delimiter", ""),
                ("NextKeyMarker", xml.written_key(next_key, encoded=encoded)),
                ("NextUploadIdMarker", next_id),
                ("IsTruncated", "true" if truncated else "false"),
                *(("Upload", _upload(upload, encoded=encoded)) for upload in page),
            ],
        )


def _part(part: Part) -> xml.Children:
    return [
        ("PartNumber", part.number),
        ("LastModified", xml.written_time(part.changed_at)),
        ("ETag", f'"{part.md5}"'),
        ("Size", part.size),
    ]


def _upload(upload: Upload, *, encoded: bool) -> xml.Children:
    return [
        ("Key", xml.written_key(upload.key, encoded=encoded)),
        ("UploadId", upload.upload_id),
        ("StorageClass", "STANDARD"),
        ("Initiated", xml.written_time(upload.started_at)),
    ]


def _upload_id(request: Request) -> str:
    return request.parameter("uploadId") or ""
