"""The tags of the bucket and of objects over the XML API.

Source: the documents PUT Object tagging (436/35709) and PUT Bucket tagging (436/34838).
"""

from urllib.parse import parse_qsl, urlencode

from classgate.emulator.cos import xml
from classgate.emulator.cos.authentication import Caller
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.documents import document, read_body
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.object_headers import TAGS
from classgate.emulator.cos.operations import Target
from classgate.emulator.http import Request, Response

_MAX_OBJECT_TAGS = 10
_MAX_BUCKET_TAGS = 50
_MAX_KEY, _MAX_VALUE = 127, 255


class TaggingRoutes:
    """Handlers of the tagging operations.

    Unknown: the answer for an object without tags; here it is that for a bucket, NoSuchTagSet,
    which the SDK for Node reads for both.
    """

    def __init__(self, backend: CosBackend) -> None:
        self._backend = backend

    async def put_object_tags(self, request: Request, target: Target, _: Caller) -> Response:
        """Replace the tags of an object."""
        tags = await _read(request, _MAX_OBJECT_TAGS)
        stored = self._backend.get_object(target.bucket, target.key)
        self._backend.replace_headers(target.bucket, target.key, stored.headers | {TAGS: tags})
        return Response(204)

    async def get_object_tags(self, _request: Request, target: Target, _: Caller) -> Response:
        """Return the tags of an object."""
        return _answer(self._backend.get_object(target.bucket, target.key).headers.get(TAGS))

    async def delete_object_tags(self, _request: Request, target: Target, _: Caller) -> Response:
        """Remove the tags of an object."""
        headers = self._backend.get_object(target.bucket, target.key).headers
        kept = {name: value for name, value in headers.items() if name != TAGS}
        self._backend.replace_headers(target.bucket, target.key, kept)
        return Response(204)

    async def put_bucket_tags(self, request: Request, target: Target, _: Caller) -> Response:
        """Replace the tags of the bucket."""
        tags = await _read(request, _MAX_BUCKET_TAGS)
        self._backend.put_bucket_setting(target.bucket, TAGS, tags)
        return Response(204)

    async def get_bucket_tags(self, _request: Request, target: Target, _: Caller) -> Response:
        """Return the tags of the bucket."""
        return _answer(self._backend.find_bucket_setting(target.bucket, TAGS))

    async def delete_bucket_tags(self, _request: Request, target: Target, _: Caller) -> Response:
        """Remove the tags of the bucket."""
        self._backend.delete_bucket_setting(target.bucket, TAGS)
        return Response(204)


async def _read(request: Request, limit: int) -> str:
    """Return the tags of the body as `key=value&…`. Raises `CosError`."""
    try:
        tags = xml.read_tags(await read_body(request, "a Tagging"))
    except xml.MalformedXml as error:
        raise CosError("MalformedXML", "The body is not a Tagging.") from error
    if len(dict(tags)) != len(tags):
        raise CosError("InvalidTag", "Two tags have the same key.")
    if len(tags) > limit:
        raise CosError("InvalidTag", f"There are at most {limit} tags.")
    if any(not 0 < len(key) <= _MAX_KEY or len(value) > _MAX_VALUE for key, value in tags):
        raise CosError(
            "InvalidTag", f"A key has 1 to {_MAX_KEY} characters, a value at most {_MAX_VALUE}."
        )
    return urlencode(tags)


def _answer(tags: str | None) -> Response:
    if not tags:
        raise CosError("NoSuchTagSet", "There are no tags.")
    listed = [
        ("Tag", [("Key", key), ("Value", value)])
        for key, value in parse_qsl(tags, keep_blank_values=True)
    ]
    return document("Tagging", [("TagSet", listed)])
