"""Objects over the XML API: put, get, head, delete."""

from collections.abc import Iterable

from classgate.emulator.cos.authentication import Caller
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.byte_ranges import read_range
from classgate.emulator.cos.object_headers import (
    download_headers,
    object_headers,
    upload_headers,
    validators,
)
from classgate.emulator.cos.operations import Target
from classgate.emulator.cos.preconditions import is_not_modified
from classgate.emulator.http import Request, Response


def is_overwrite_forbidden(headers: Iterable[tuple[str, str]]) -> bool:
    """Return whether an existing object must not be overwritten."""
    return any(
        name == "x-cos-forbid-overwrite" and value.lower() == "true" for name, value in headers
    )


class ObjectRoutes:
    """Handlers of the object operations."""

    def __init__(self, backend: CosBackend) -> None:
        self._backend = backend

    async def put(self, request: Request, target: Target, _: Caller) -> Response:
        """Store the body as the object.

        With `x-cos-forbid-overwrite: true`, an existing object is answered with FileAlreadyExists.
        Differs: a storage class and tags are returned and have no effect.
        """
        headers = object_headers(request, target.key)
        blob = await self._backend.put_object(
            target.bucket,
            target.key,
            request.chunks(),
            headers=headers,
            content_md5=request.header("content-md5"),
            forbid_overwrite=is_overwrite_forbidden(request.headers),
        )
        return Response(headers=upload_headers(blob, headers))

    async def head(self, request: Request, target: Target, _: Caller) -> Response:
        """Return the headers of the object, or 304."""
        stored = self._backend.get_object(target.bucket, target.key)
        if is_not_modified(request, stored):
            return Response(304, validators(stored), length=stored.size)
        return Response(headers=download_headers(stored, request), length=stored.size)

    async def get(self, request: Request, target: Target, _: Caller) -> Response:
        """Return the content or one range of it, or 304.

        Differs: `If-Range` is ignored.
        """
        stored = self._backend.get_object(target.bucket, target.key)
        if is_not_modified(request, stored):
            return Response(304, validators(stored), length=stored.size)
        headers = download_headers(stored, request)
        part = read_range(request.header("range"), stored.size)
        if part is None:
            return Response(headers=headers, file=self._backend.open(stored), length=stored.size)
        file = self._backend.open(stored)
        file.seek(part.first)
        headers.append(("content-range", part.content_range))
        return Response(206, headers, file=file, length=part.length)

    async def delete(self, _request: Request, target: Target, _: Caller) -> Response:
        """Delete the object; the response is the same when it does not exist."""
        self._backend.delete_object(target.bucket, target.key)
        return Response(204)
