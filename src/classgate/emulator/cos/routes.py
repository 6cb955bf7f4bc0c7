"""The XML API (v5) over HTTP: authenticates, authorizes and dispatches each request."""

import logging
import secrets
from collections.abc import Awaitable, Callable

from classgate.emulator.call_log import CallLog
from classgate.emulator.clock import Clock
from classgate.emulator.cos import xml
from classgate.emulator.cos.acl_routes import AclRoutes
from classgate.emulator.cos.authentication import Authenticator, Caller, authorize
from classgate.emulator.cos.bucket_routes import BucketRoutes
from classgate.emulator.cos.copy_routes import CopyRoutes
from classgate.emulator.cos.cors import cross_origin_headers, preflight
from classgate.emulator.cos.errors import FAULTS, CosError
from classgate.emulator.cos.multipart_routes import MultipartRoutes
from classgate.emulator.cos.object_routes import ObjectRoutes
from classgate.emulator.cos.operations import (
    CREATE_BUCKET,
    POST_FORM,
    PREFLIGHT,
    Target,
    operation_of,
    target_of,
)
from classgate.emulator.cos.post_routes import PostRoutes
from classgate.emulator.cos.tagging_routes import TaggingRoutes
from classgate.emulator.failed_check import with_failed_check
from classgate.emulator.faults import FaultInjector
from classgate.emulator.http import Request, Response, dated
from classgate.emulator.registry import Registry

_log = logging.getLogger(__name__)

Handler = Callable[[Request, Target, Caller], Awaitable[Response]]


class CosRoutes:
    """Handler of the requests to a bucket, and of those that no other service handles."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        faults: FaultInjector,
        authenticator: Authenticator,
        forms: PostRoutes,
        bucket: BucketRoutes,
        objects: ObjectRoutes,
        uploads: MultipartRoutes,
        copies: CopyRoutes,
        acls: AclRoutes,
        tags: TaggingRoutes,
        calls: CallLog,
    ) -> None:
        self._calls = calls
        self._registry = registry
        self._clock = clock
        self._faults = faults
        self._authenticator = authenticator
        self._forms = forms
        self._handlers: dict[str, Handler] = {
            "HeadBucket": bucket.head,
            CREATE_BUCKET: bucket.create,
            "GetBucketCORS": bucket.get_cors,
            "GetBucket": bucket.list_objects,
            "DeleteMultipleObjects": bucket.delete_objects,
            "PutObject": objects.put,
            "GetObject": objects.get,
            "HeadObject": objects.head,
            "DeleteObject": objects.delete,
            "InitiateMultipartUpload": uploads.initiate,
            "UploadPart": uploads.put_part,
            "CompleteMultipartUpload": uploads.complete,
            "AbortMultipartUpload": uploads.abort,
            "ListParts": uploads.list_parts,
            "ListMultipartUploads": uploads.list_uploads,
            "PutObjectCopy": copies.put_copy,
            "UploadPartCopy": copies.put_part_copy,
            "PutObjectACL": acls.put_object_acl,
            "GetObjectACL": acls.get_object_acl,
            "PutBucketACL": acls.put_bucket_acl,
            "GetBucketACL": acls.get_bucket_acl,
            "PutObjectTagging": tags.put_object_tags,
            "GetObjectTagging": tags.get_object_tags,
            "DeleteObjectTagging": tags.delete_object_tags,
            "PutBucketTagging": tags.put_bucket_tags,
            "GetBucketTagging": tags.get_bucket_tags,
            "DeleteBucketTagging": tags.delete_bucket_tags,
        }

    async def handle(self, request: Request) -> Response:
        """Return the response, errors included."""
        request_id = secrets.token_urlsafe(24)
        try:
            response = await self._answer(request)
        except CosError as error:
            response = with_failed_check(_refusal(error, request, request_id), error.check)
        except OSError:
            _log.exception("the storage failed")
            response = _refusal(
                CosError("InternalError", "The storage failed."), request, request_id
            )
        response.headers += [
            ("x-cos-request-id", request_id),
            ("server", "tencent-cos"),
            *cross_origin_headers(request),
        ]
        return dated(response, self._clock.now())

    async def _answer(self, request: Request) -> Response:
        target = target_of(request, self._registry.bucket, self._registry.region)
        operation = operation_of(request, target)
        parameters = {"Bucket": target.bucket, "Key": target.key}
        try:
            response = await self._perform(request, target, operation)
        except CosError as error:
            self._calls.record("cos", operation, parameters, error.code)
            raise
        self._calls.record("cos", operation, parameters, 0)
        return response

    async def _perform(self, request: Request, target: Target, operation: str) -> Response:
        if fault := await self._faults.take("cos", operation):
            raise CosError(*FAULTS[fault])
        if not self._registry.has_bucket(target.bucket, target.region):
            if operation == CREATE_BUCKET:
                raise CosError(
                    "NotImplemented", "The emulator has one bucket and creates no other."
                )
            raise CosError("NoSuchBucket", "The specified bucket does not exist.")
        if operation == PREFLIGHT:
            return preflight(request)
        if operation == POST_FORM:
            return await self._forms.post(request, target)
        caller = self._authenticator.authenticate(request)
        authorize(caller, request, operation, target)
        return await self._handlers[operation](request, target, caller)


def _refusal(error: CosError, request: Request, request_id: str) -> Response:
    if request.method == "HEAD":
        return Response(error.status)
    document = xml.write(
        "Error",
        [
            ("Code", error.code),
            ("Message", error.message),
            *error.details,
            ("Resource", request.host + request.raw_path.decode("latin-1")),
            ("RequestId", request_id),
            ("TraceId", request_id),
        ],
    )
    return Response(error.status, [("content-type", "application/xml")], document)
