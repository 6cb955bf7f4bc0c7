"""The JSON API (v4) over HTTP: `/files/v2/<appid>/<bucket>/<path>`. It shares the objects.

A single-use signature is marked as used in the transaction of its operation: it works exactly
once, and only a successful request uses it.
"""

import base64
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from classgate.emulator.call_log import CallLog
from classgate.emulator.clock import Clock
from classgate.emulator.cos.backend import CosBackend, ObjectExists
from classgate.emulator.cos.blobs import BlobWriter
from classgate.emulator.cos.json_api import errors as codes
from classgate.emulator.cos.json_api.authentication import JsonApiAuthenticator, Resource
from classgate.emulator.cos.json_api.call import FILE_FIELDS, Call, require_digest
from classgate.emulator.cos.json_api.errors import FAULTS, JsonApiError
from classgate.emulator.cos.json_api.slice_routes import SliceRoutes
from classgate.emulator.cos.multipart_form import is_form, read_form
from classgate.emulator.cos.operations import MAX_KEY_BYTES
from classgate.emulator.cos.store import SignatureUsed, StoredObject
from classgate.emulator.failed_check import FailedCheck, with_failed_check
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
    """Handler of the calls: upload, slice upload, stat and delete."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        faults: FaultInjector,
        backend: CosBackend,
        slices: SliceRoutes,
        calls: CallLog,
    ) -> None:
        self._calls = calls
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
        """Return the response, errors included."""
        try:
            data = await self._answer(request)
            response = _reply(0, "SUCCESS", data)
        except JsonApiError as error:
            refusal = _reply(error.code, error.message, {}, error.status)
            response = with_failed_check(refusal, error.check)
        except MalformedRequest:
            response = _reply(codes.BAD_PARAMETER, "the request cannot be parsed", {}, 400)
        except SignatureUsed:
            refusal = _reply(
                codes.WRONG_SIGNATURE, "this single-use signature has been used", {}, 403
            )
            response = with_failed_check(refusal, FailedCheck.SINGLE_USE)
        except ObjectExists:
            response = _reply(codes.FILE_EXISTS, "the file exists", {}, 409)
        except OSError:
            _log.exception("the storage failed")
            response = _reply(codes.INTERNAL, "the storage failed", {}, 500)
        code = parse_json_object(response.body).get("code", 0)
        self._calls.record("cos", "JsonApi", {"Path": request.raw_path.decode("latin-1")}, code)
        return dated(response, self._clock.now())

    async def _answer(self, request: Request) -> dict[str, Any]:
        """Return the data of a successful call. Raises what `handle` catches.

        Unknown: whether a failed request uses up a single-use signature at the cloud, and the code
        for a used one; here it does not, and the code is -97.
        """
        resource = _resource(request)
        if fault := await self._faults.take("cos", "JsonApi"):
            raise JsonApiError(*FAULTS[fault])
        caller = self._authenticator.authenticate(request, resource)
        bucket = self._registry.find_bucket(resource.cloud_app_id, resource.bucket_name)
        if bucket is None:
            raise JsonApiError(codes.NO_SUCH_BUCKET, "the bucket does not exist")
        if caller.single_use is not None and self._backend.is_signature_used(caller.single_use):
            raise SignatureUsed
        if request.method not in ("GET", "POST"):
            raise JsonApiError(codes.BAD_PARAMETER, "the method must be GET or POST")
        async with self._backend.receive() as sink:
            fields = await _fields(request, sink)
            operation = self._operations.get((request.method, str(fields.get("op"))))
            if operation is None:
                raise JsonApiError(codes.BAD_PARAMETER, "the emulator does not implement this op")
            region = self._registry.region
            return await operation(Call(request, resource, bucket, region, caller, fields, sink))

    async def _upload(self, call: Call) -> dict[str, Any]:
        """Handle `op=upload`.

        Without `insertOnly` an existing file is kept, as with `insertOnly=1`; uploading the same
        content again succeeds. Differs: folders are refused as a wrong parameter.
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
            single_use=call.caller.single_use,
        )
        return call.file_urls()

    async def _stat(self, call: Call) -> dict[str, Any]:
        """Handle `op=stat`.

        Differs: folders do not exist; members such as authority and preview_url are left out.
        """
        stored = self._get(call)
        if call.caller.single_use is not None:
            self._backend.use_signature(call.caller.single_use)
        return call.file_urls() | {
            "biz_attr": stored.attributes,
            "ctime": stored.created_at,
            "mtime": stored.changed_at,
            "filesize": stored.size,
            "filelen": stored.size,
            "sha": stored.sha1,
        }

    async def _delete(self, call: Call) -> dict[str, Any]:
        """Handle `op=delete`, which needs a single-use signature."""
        if call.caller.single_use is None:
            raise JsonApiError(
                codes.WRONG_SIGNATURE,
                "delete needs a single-use signature",
                FailedCheck.SINGLE_USE,
            )
        self._get(call)
        self._backend.delete_object(call.bucket, call.key, call.caller.single_use)
        return {}

    def _get(self, call: Call) -> StoredObject:
        stored = self._backend.find_object(call.bucket, call.key)
        if stored is None:
            raise JsonApiError(codes.NO_SUCH_FILE, "the file does not exist")
        return stored


def _resource(request: Request) -> Resource:
    """Return the file that the path names. Raises `MalformedRequest` or `JsonApiError`."""
    app_id, _, rest = request.path.removeprefix(PREFIX.decode()).partition("/")
    bucket_name, _, key = rest.partition("/")
    if not app_id or not bucket_name or not key or len(key.encode()) > MAX_KEY_BYTES:
        raise JsonApiError(codes.BAD_PARAMETER, "the address is /files/v2/<appid>/<bucket>/<path>")
    return Resource(app_id, bucket_name, key)


async def _fields(request: Request, sink: BlobWriter) -> dict[str, Any]:
    """Return the fields of the query or the body.

    The PHP SDK sends JSON or forms, the JavaScript SDK forms.

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
