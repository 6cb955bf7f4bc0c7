"""The bucket over the XML API: head, CORS, list of objects, batch deletion."""

from classgate.emulator.cos import cors, xml
from classgate.emulator.cos.authentication import Caller, find_refusal
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.documents import (
    MAX_PAGE_SIZE,
    document,
    encoding_type,
    read_body,
    read_number,
    wants_encoded_keys,
)
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.listing import Page
from classgate.emulator.cos.object_headers import STORAGE_CLASS
from classgate.emulator.cos.operations import Target
from classgate.emulator.cos.store import StoredObject
from classgate.emulator.http import Request, Response

_MAX_DOCUMENT_BYTES = 2 << 20
_MAX_KEYS = 1000


class BucketRoutes:
    """Handlers of the bucket operations."""

    def __init__(self, backend: CosBackend) -> None:
        self._backend = backend

    async def head(self, _request: Request, _target: Target, _: Caller) -> Response:
        """Confirm that the bucket exists."""
        return Response()

    async def create(self, _request: Request, _target: Target, _: Caller) -> Response:
        """Refuse to create the bucket, which exists."""
        raise CosError("BucketAlreadyOwnedByYou", "The bucket exists, and you own it.")

    async def get_cors(self, _request: Request, _target: Target, _: Caller) -> Response:
        """Return the CORS rule.

        Differs: there is one fixed rule, for any origin; PUT and DELETE of it are refused.
        """
        return document("CORSConfiguration", [("CORSRule", cors.rule())])

    async def list_objects(self, request: Request, target: Target, _: Caller) -> Response:
        """List one page of the objects whose key starts with `prefix`, grouped at `delimiter`.

        Differs: Owner is left out.
        """
        wanted = {name: request.parameter(name) or "" for name in ("prefix", "delimiter", "marker")}
        limit = read_number(request, "max-keys", MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE)
        page = self._backend.list_objects(target.bucket, limit=limit, **wanted)
        encoded = wants_encoded_keys(request)
        truncated = page.next_marker is not None
        return document(
            "ListBucketResult",
            [
                ("Name", target.bucket),
                *encoding_type(request),
                ("Prefix", xml.format_key(wanted["prefix"], encoded=encoded)),
                ("Marker", xml.format_key(wanted["marker"], encoded=encoded)),
                ("MaxKeys", limit),
                ("Delimiter", xml.format_key(wanted["delimiter"], encoded=encoded)),
                ("IsTruncated", "true" if truncated else "false"),
                *([("NextMarker", _next(page, encoded=encoded))] if truncated else []),
                *(("Contents", _object(each, encoded=encoded)) for each in page.objects),
                *(
                    ("CommonPrefixes", [("Prefix", xml.format_key(each, encoded=encoded))])
                    for each in page.common_prefixes
                ),
            ],
        )

    async def delete_objects(self, request: Request, target: Target, caller: Caller) -> Response:
        """Delete up to 1000 objects; each needs the permission `name/cos:DeleteObject`.

        Source: document 436/47233. Unknown: the code for more than 1000 keys. Differs: there is no
        versioning; a key with a version is answered with NotImplemented.
        """
        body = await read_body(
            request, "a list of keys", limit=_MAX_DOCUMENT_BYTES, digest_required=True
        )
        try:
            keys, quiet = xml.read_deletion(body)
        except xml.MalformedXml as error:
            raise CosError("MalformedXML", "The body is not a list of keys.") from error
        if len(keys) > _MAX_KEYS:
            raise CosError("MalformedXML", f"The list has more than {_MAX_KEYS} keys.")
        outcome: list[tuple[str, xml.Children]] = []
        for key, version in keys:
            one = Target(target.bucket, target.region, key)
            refusal = find_refusal(caller, request, "DeleteObject", one)
            if refusal is None and version:
                refusal = CosError("NotImplemented", "The emulator does not implement versions.")
            if refusal is not None:
                outcome.append(("Error", _refused(key, refusal)))
                continue
            self._backend.delete_object(target.bucket, key)
            if not quiet:
                outcome.append(("Deleted", [("Key", key)]))
        return document("DeleteResult", outcome)


def _object(stored: StoredObject, *, encoded: bool) -> xml.Children:
    return [
        ("Key", xml.format_key(stored.key, encoded=encoded)),
        ("LastModified", xml.format_time(stored.changed_at)),
        ("ETag", f'"{stored.etag}"'),
        ("Size", stored.size),
        ("StorageClass", stored.headers.get(STORAGE_CLASS, "STANDARD")),
    ]


def _next(page: Page, *, encoded: bool) -> str:
    return xml.format_key(page.next_marker or "", encoded=encoded)


def _refused(key: str, refusal: CosError) -> xml.Children:
    return [("Key", key), ("Code", refusal.code), ("Message", refusal.message)]
