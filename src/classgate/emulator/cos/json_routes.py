"""The JSON API (v4) over HTTP: `/files/v2/<appid>/<bucket>/<path>`, over the XML API's objects.

The signature is read and verified in `json_signature`. A single-use one is used up in the same step
as what it was for, so that it works exactly once, and only for a request that succeeded.
"""

import base64
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from classgate.emulator.clock import Clock
from classgate.emulator.cos import json_errors as codes
from classgate.emulator.cos.backend import CosBackend, ObjectExists
from classgate.emulator.cos.blobs import BlobWriter
from classgate.emulator.cos.form import is_form, read_form
from classgate.emulator.cos.json_call import FILE_FIELDS, Call, require_digest
from classgate.emulator.cos.json_errors import FAULTS, JsonApiError
from classgate.emulator.cos.json_signature import JsonApiAuthenticator, Resource
from classgate.emulator.cos.json_slices import SliceRoutes
from classgate.emulator.cos.operations import MAX_KEY_BYTES
from classgate.emulator.cos.store import SignatureUsed, StoredObject
from classgate.emulator.faults import FaultInjector
from classgate.emulator.http import (
    MalformedRequest,
    Request,
    Response,
    dated,
    json_response,
    parse_json_object,
)
from classgate.emulator.registry import Registry

PREFIX = b"/files/v2/"

_MAX_BODY_BYTES = 1 << 20
_log = logging.getLogger(__name__)


Handler = Callable[[Call], Awaitable[dict[str, Any]]]


class JsonApiRoutes:
    """Upload, whole or in slices, stat and delete."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        faults: FaultInjector,
        backend: CosBackend,
        slices: SliceRoutes,
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._faults = faults
        self._backend = backend
        self._authenticator = JsonApiAuthenticator(registry, clock)
        self._operations: dict[tuple[str, str], Handler] = {
            ("GET", "stat"): self._stat,
            ("POST", "upload"): self._upload,
            ("POST", "delete"): self._delete,
            ("POST", "upload_slice_init"): slices.init,
            ("POST", "upload_slice_data"): slices.data,
            ("POST", "upload_slice_list"): slices.list_slices,
            ("POST", "upload_slice_finish"): slices.finish,
        }

    async def handle(self, request: Request) -> Response:
        """The answer, errors included, in the cloud's shape."""
        try:
            data = await self._answer(request)
            response = _reply(0, "SUCCESS", data)
        except JsonApiError as error:
            response = _reply(error.code, error.message, {}, error.status)
        except MalformedRequest:
            response = _reply(codes.BAD_PARAMETER, "the request cannot be read", {}, 400)
        except SignatureUsed:
            response = _reply(
                codes.WRONG_SIGNATURE, "this single-use signature has been used", {}, 403
            )
        except ObjectExists:
            response = _reply(codes.FILE_EXISTS, "the file exists", {}, 409)
        except OSError:
            _log.exception("the store could not be read or written")
            response = _reply(codes.INTERNAL, "the store failed", {}, 500)
        return dated(response, self._clock.now())

    async def _answer(self, request: Request) -> dict[str, Any]:
        """The data of a success. Raises what `handle` knows.

        Unknown: whether the cloud uses up a single-use signature for a request that then fails, and
        its code for one that was used; here it does not, and the code is -97.
        """
        resource = _resource(request)
        if fault := await self._faults.next_for("cos", "JsonApi"):
            raise JsonApiError(*FAULTS[fault])
        permit = self._authenticator.authenticate(request, resource)
        bucket = self._registry.full_bucket_name(resource.cloud_app_id, resource.bucket_name)
        if bucket is None:
            raise JsonApiError(codes.NO_SUCH_BUCKET, "the bucket does not exist")
        if permit.single_use is not None and self._backend.is_used(permit.single_use):
            raise SignatureUsed
        if request.method not in ("GET", "POST"):
            raise JsonApiError(codes.BAD_PARAMETER, "the method is GET or POST")
        async with self._backend.receive() as sink:
            fields = await _fields(request, sink)
            operation = self._operations.get((request.method, str(fields.get("op"))))
            if operation is None:
                raise JsonApiError(codes.BAD_PARAMETER, "the emulator has no such op")
            region = self._registry.region
            return await operation(Call(request, resource, bucket, region, permit, fields, sink))

    async def _upload(self, call: Call) -> dict[str, Any]:
        """`op=upload`. Without `insertOnly` an existing file stays, as with `insertOnly=1`;
        sending the same content again is a success.

        Differs: folders are refused as a wrong parameter.
        """
        blob = await call.content()
        require_digest(call.text("sha"), blob.sha1)
        self._backend.publish(
            call.sink,
            blob,
            call.bucket,
            call.key,
            headers={"content-type": "application/octet-stream"},
            attributes=call.text("biz_attr"),
            only_new=call.is_insert_only(),
            single_use=call.permit.single_use,
        )
        return call.names()

    async def _stat(self, call: Call) -> dict[str, Any]:
        """`op=stat`.

        Differs: folders do not exist; members such as authority and preview_url are left out.
        """
        stored = self._get(call)
        if call.permit.single_use is not None:
            self._backend.use_signature(call.permit.single_use)
        return call.names() | {
            "biz_attr": stored.attributes,
            "ctime": stored.created_at,
            "mtime": stored.changed_at,
            "filesize": stored.size,
            "filelen": stored.size,
            "sha": stored.sha1,
        }

    async def _delete(self, call: Call) -> dict[str, Any]:
        """`op=delete`, which takes a single-use signature only."""
        if call.permit.single_use is None:
            raise JsonApiError(codes.WRONG_SIGNATURE, "delete wants a single-use signature")
        self._get(call)
        self._backend.delete_object(call.bucket, call.key, call.permit.single_use)
        return {}

    def _get(self, call: Call) -> StoredObject:
        stored = self._backend.find_object(call.bucket, call.key)
        if stored is None:
            raise JsonApiError(codes.NO_SUCH_FILE, "the file does not exist")
        return stored


def _resource(request: Request) -> Resource:
    """Which file the address names. Raises `MalformedRequest` or `JsonApiError`."""
    app_id, _, rest = request.path.removeprefix(PREFIX.decode()).partition("/")
    bucket_name, _, key = rest.partition("/")
    if not app_id or not bucket_name or not key or len(key.encode()) > MAX_KEY_BYTES:
        raise JsonApiError(codes.BAD_PARAMETER, "the address is /files/v2/<appid>/<bucket>/<path>")
    return Resource(app_id, bucket_name, key)


async def _fields(request: Request, sink: BlobWriter) -> dict[str, Any]:
    """What the query or the body says: the PHP SDK sends JSON or a form, the JavaScript SDK forms.

    Raises `MalformedRequest`.
    """
    if request.method == "GET":
        return dict(request.parameters)
    if is_form(request):
        return dict(await read_form(request, sink, FILE_FIELDS))
    body = await request.body(_MAX_BODY_BYTES)
    if (request.header("content-type") or "").startswith("application/x-www-form-urlencoded"):
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError as error:
            raise MalformedRequest from error
    return parse_json_object(body)


def _reply(code: int, message: str, data: dict[str, Any], status: int = 200) -> Response:
    request_id = base64.b64encode(secrets.token_bytes(24)).decode()
    return json_response(
        {"code": code, "message": message, "request_id": request_id, "data": data}, status
    )
