"""Multipart uploads over the XML API."""

from classgate.emulator.cos import xml
from classgate.emulator.cos.authentication import Caller
from classgate.emulator.cos.documents import (
    MAX_PAGE_SIZE,
    document,
    encoding_type,
    read_number,
    wants_encoded_keys,
)
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.multipart import LAST_PART_NUMBER, MultipartBackend
from classgate.emulator.cos.object_headers import object_headers, upload_headers
from classgate.emulator.cos.object_routes import is_overwrite_forbidden
from classgate.emulator.cos.operations import Target
from classgate.emulator.cos.store import Part, Upload
from classgate.emulator.cos.unsupported import ENCRYPTION
from classgate.emulator.http import BodyTooLarge, Request, Response

_MAX_DOCUMENT_BYTES = 2 << 20


class MultipartRoutes:
    """Handlers of the multipart operations."""

    def __init__(self, backend: MultipartBackend) -> None:
        self._backend = backend

    async def initiate(self, request: Request, target: Target, _: Caller) -> Response:
        """Start an upload."""
        headers = object_headers(request, target.key)
        upload_id = self._backend.initiate(target.bucket, target.key, headers)
        return _encrypted(
            headers,
            "InitiateMultipartUploadResult",
            [("Bucket", target.bucket), ("Key", target.key), ("UploadId", upload_id)],
        )

    async def put_part(self, request: Request, target: Target, _: Caller) -> Response:
        """Store a part."""
        upload = self._backend.get(target.bucket, target.key, _upload_id(request))
        number = read_number(request, "partNumber", None, 1, LAST_PART_NUMBER)
        blob = await self._backend.put_part(
            target.bucket,
            target.key,
            _upload_id(request),
            number,
            request.chunks(),
            request.header("content-md5"),
        )
        return Response(headers=upload_headers(blob, upload.headers))

    async def complete(self, request: Request, target: Target, _: Caller) -> Response:
        """Combine the listed parts; `x-cos-forbid-overwrite` works as for a simple upload.

        Differs: the cloud may answer 200 first and send blanks while it works; here the response
        comes when the object is complete.
        """
        try:
            listed = xml.read_parts(await request.body(_MAX_DOCUMENT_BYTES))
        except (BodyTooLarge, xml.MalformedXml) as error:
            raise CosError("MalformedXML", "The body is not a list of parts.") from error
        upload = self._backend.get(target.bucket, target.key, _upload_id(request))
        etag = await self._backend.complete(
            target.bucket,
            target.key,
            _upload_id(request),
            listed,
            forbid_overwrite=is_overwrite_forbidden(request.headers),
        )
        return _encrypted(
            upload.headers,
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
        """Delete an upload and its parts."""
        self._backend.abort(target.bucket, target.key, _upload_id(request))
        return Response(204)

    async def list_parts(self, request: Request, target: Target, _: Caller) -> Response:
        """List the stored parts.

        Differs: Owner and Initiator are left out.
        """
        upload = self._backend.get(target.bucket, target.key, _upload_id(request))
        after = read_number(request, "part-number-marker", 0, 0, LAST_PART_NUMBER)
        limit = read_number(request, "max-parts", MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE)
        found = self._backend.parts(upload, after, limit + 1)
        page = found[:limit]
        return document(
            "ListPartsResult",
            [
                ("Bucket", target.bucket),
                *encoding_type(request),
                ("Key", xml.format_key(target.key, encoded=wants_encoded_keys(request))),
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
        """List the unfinished uploads whose key starts with `prefix`.

        Differs: Owner and Initiator are left out; a delimiter is refused as NotImplemented.
        """
        if request.parameter("delimiter"):
            raise CosError("NotImplemented", "The emulator does not group uploads.")
        prefix = request.parameter("prefix") or ""
        after = (request.parameter("key-marker") or "", request.parameter("upload-id-marker") or "")
        limit = read_number(request, "max-uploads", MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE)
        found = self._backend.list(target.bucket, prefix, after, limit + 1)
        page = found[:limit]
        encoded = wants_encoded_keys(request)
        truncated = len(found) > limit
        next_key, next_id = (page[-1].key, page[-1].upload_id) if truncated else ("", "")
        return document(
            "ListMultipartUploadsResult",
            [
                ("Bucket", target.bucket),
                *encoding_type(request),
                ("KeyMarker", xml.format_key(after[0], encoded=encoded)),
                ("UploadIdMarker", after[1]),
                ("MaxUploads", limit),
                ("Prefix", xml.format_key(prefix, encoded=encoded)),
                ("Delimiter", ""),
                ("NextKeyMarker", xml.format_key(next_key, encoded=encoded)),
                ("NextUploadIdMarker", next_id),
                ("IsTruncated", "true" if truncated else "false"),
                *(("Upload", _upload(upload, encoded=encoded)) for upload in page),
            ],
        )


def _encrypted(headers: dict[str, str], root: str, children: xml.Children) -> Response:
    """Return a document with the header of the encryption that the upload asked for."""
    response = document(root, children)
    if ENCRYPTION in headers:
        response.headers.append((ENCRYPTION, headers[ENCRYPTION]))
    return response


def _part(part: Part) -> xml.Children:
    return [
        ("PartNumber", part.number),
        ("LastModified", xml.format_time(part.changed_at)),
        ("ETag", f'"{part.md5}"'),
        ("Size", part.size),
    ]


def _upload(upload: Upload, *, encoded: bool) -> xml.Children:
    return [
        ("Key", xml.format_key(upload.key, encoded=encoded)),
        ("UploadId", upload.upload_id),
        ("StorageClass", "STANDARD"),
        ("Initiated", xml.format_time(upload.started_at)),
    ]


def _upload_id(request: Request) -> str:
    return request.parameter("uploadId") or ""
