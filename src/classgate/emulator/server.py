"""The ASGI application of the emulator: dispatches each request to a service.

A host of COS is the XML API's, whatever the path. On any other host, such as 127.0.0.1:
`/_emulator/…` is the checks and the control calls, `/files/v2/…` the JSON API, `/v2/index.php` VOD,
`POST /v4/<service>/<command>` the REST API of IM, a signed `POST /` the cloud API, and everything
else the XML API over the configured bucket.

A client that uses the emulator as its HTTP proxy sends the whole URL, which then names the host.

Serve it as `server_config` says.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from classgate.emulator.call_budget import CallBudget
from classgate.emulator.call_log import CallLog
from classgate.emulator.clock import Clock, system_now
from classgate.emulator.control import ControlRoutes
from classgate.emulator.cos import cors
from classgate.emulator.cos.acl_routes import AclRoutes
from classgate.emulator.cos.authentication import Authenticator
from classgate.emulator.cos.backend import CosBackend
from classgate.emulator.cos.blobs import BlobDirectory
from classgate.emulator.cos.bucket_routes import BucketRoutes
from classgate.emulator.cos.copy_routes import CopyRoutes
from classgate.emulator.cos.hosts import find_bucket_host, is_other_storage_service
from classgate.emulator.cos.json_api.routes import PREFIX as JSON_API
from classgate.emulator.cos.json_api.routes import JsonApiRoutes
from classgate.emulator.cos.json_api.slice_backend import SliceUploadBackend
from classgate.emulator.cos.json_api.slice_routes import SliceRoutes
from classgate.emulator.cos.json_api.slice_store import SliceStore
from classgate.emulator.cos.multipart import MultipartBackend
from classgate.emulator.cos.multipart_routes import MultipartRoutes
from classgate.emulator.cos.object_routes import ObjectRoutes
from classgate.emulator.cos.post_routes import PostRoutes
from classgate.emulator.cos.routes import CosRoutes
from classgate.emulator.cos.store import ObjectStore
from classgate.emulator.cos.tagging_routes import TaggingRoutes
from classgate.emulator.database import Database
from classgate.emulator.faults import FaultInjector
from classgate.emulator.http import (
    ClientGone,
    MalformedRequest,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    json_response,
)  # fmt: skip
from classgate.emulator.im.account_commands import AccountCommands
from classgate.emulator.im.accounts import Accounts
from classgate.emulator.im.application import ImApplication
from classgate.emulator.im.backend import ImBackend
from classgate.emulator.im.group_commands import GroupCommands
from classgate.emulator.im.rest_routes import ImRestRoutes
from classgate.emulator.im.rest_routes import is_call as is_im_call
from classgate.emulator.im.routes import ImRoutes
from classgate.emulator.observation import ObservationRoutes
from classgate.emulator.registry import EmulatorSettings, Registry
from classgate.emulator.sts.routes import StsRoutes, is_call
from classgate.emulator.trtc.events import EventSender, EventTarget
from classgate.emulator.trtc.room_routes import RoomRoutes
from classgate.emulator.trtc.rooms import Rooms
from classgate.emulator.trtc.routes import TrtcRoutes
from classgate.emulator.trtc.routes import is_call as is_trtc_call
from classgate.emulator.vod.routes import VodRoutes
from classgate.emulator.vod.routes import is_call as is_video_call
from classgate.signing.keys import EcdsaPublicKey, SdkSecretKey

__all__ = ["EmulatorApplication", "EmulatorSettings", "create_app", "server_config"]

MAX_HEADERS_BYTES = 1 << 16

_CALLS_OF_PAGES = {b"login", b"enter-room"}  # from the console of the demo
_MAX_DRAINED_BYTES = 64 << 20
_CONTROL_PREFIX = b"/_emulator/"
_log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


def create_app(
    settings: EmulatorSettings, now: Callable[[], datetime] = system_now
) -> "EmulatorApplication":
    """Create an emulator that stores its data in `settings.data_dir`, or in a temporary directory.

    Raises:
        InvalidSigningKey: A key of the application cannot be read.
    """
    return EmulatorApplication(settings, Clock(now))


def server_config(
    app: "EmulatorApplication", host: str = "127.0.0.1", port: int = 0
) -> uvicorn.Config:
    """Return the uvicorn configuration that official clients need."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # httptools writes every header's name in lower case, and cos-python-sdk-v5 looks for "ETag"
        # in a plain dict.
        http="h11",
        h11_max_incomplete_event_size=4 * MAX_HEADERS_BYTES,
        # The emulator writes the date of its own clock.
        date_header=False,
        server_header=False,
        proxy_headers=False,
        # Clients keep connections open between calls.
        timeout_keep_alive=75,
        ws="none",
        log_config=None,
        access_log=False,
    )


class EmulatorApplication:
    """The ASGI callable. Call `close`, or let the lifespan of the server call it."""

    def __init__(self, settings: EmulatorSettings, clock: Clock) -> None:
        self._budget = CallBudget(clock, enforced=settings.enforces_rates)
        self._application = ImApplication(settings.im_admin, settings.im_plan, clock, self._budget)
        backend = _im_backend(settings, clock, self._application.accounts)
        self._temporary = None if settings.data_dir else TemporaryDirectory("-emulator")
        folder = settings.data_dir or Path(self._temporary.name if self._temporary else "")
        folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(folder / "emulator.sqlite3")
        self._blobs = BlobDirectory(folder)
        self._store = ObjectStore(self._database)
        self._blobs.delete_unreferenced(self._store.all_blobs())
        self._calls = CallLog(clock)
        target = EventTarget(settings.rtc_callback_url, settings.rtc_callback_key)
        self._events = EventSender(settings.sdk_app_id, target, clock)
        self._rooms = Rooms(clock, self._events)
        self._build_services(settings, clock, backend)

    def _build_services(self, settings: EmulatorSettings, clock: Clock, backend: ImBackend) -> None:
        faults = FaultInjector()
        registry = Registry(settings, self._database, clock)
        objects = CosBackend(self._store, self._blobs, clock)
        uploads = MultipartBackend(self._store, self._blobs, clock)
        control = ControlRoutes(clock, faults, self._application, self._budget, self._clear)
        authenticator = Authenticator(registry, clock)
        self._cos = CosRoutes(
            registry,
            clock,
            faults,
            authenticator,
            PostRoutes(authenticator, objects),
            BucketRoutes(objects),
            ObjectRoutes(objects),
            MultipartRoutes(uploads),
            CopyRoutes(objects, uploads),
            AclRoutes(objects),
            TaggingRoutes(objects),
            self._calls,
        )
        slices = SliceUploadBackend(SliceStore(self._database), self._blobs, objects)
        json_api = JsonApiRoutes(
            registry, clock, faults, objects, SliceRoutes(slices, objects), self._calls
        )
        sts = StsRoutes(registry, clock, faults, self._calls)
        self._vod = VodRoutes(registry, clock, faults, self._calls)
        application = self._application
        im = ImRestRoutes(
            backend,
            application.admin,
            AccountCommands(application.accounts, application.plan),
            GroupCommands(
                application.groups, application.accounts, application.admin, application.plan
            ),
            clock=clock,
            faults=faults,
            budget=self._budget,
            calls=self._calls,
        )
        trtc = TrtcRoutes(
            registry,
            self._rooms,
            settings.sdk_app_id,
            is_international=settings.rtc_is_international,
            clock=clock,
            faults=faults,
            budget=self._budget,
            calls=self._calls,
        )
        checks = ImRoutes(backend, application.accounts)
        rooms = RoomRoutes(backend, self._rooms, self._events)
        observation = ObservationRoutes(self._calls, application.groups)
        self._services: tuple[tuple[Callable[[Request], bool], Handler], ...] = (
            (_is_json_api_call, json_api.handle),
            (is_im_call, im.handle),
            (is_video_call, self._vod.handle),
            (is_trtc_call, trtc.handle),
            (is_call, sts.handle),
        )
        self._control_calls: dict[bytes, tuple[str, Handler]] = {
            b"login": ("POST", checks.login),
            b"enter-room": ("POST", rooms.enter_room),
            b"switch-role": ("POST", rooms.switch_role),
            b"leave-room": ("POST", rooms.leave_room),
            b"clock": ("POST", control.set_clock),
            b"reset": ("POST", control.reset),
            b"faults": ("POST", control.inject_faults),
            b"plan": ("POST", control.set_plan),
            b"rates": ("POST", control.set_rates),
            b"calls": ("GET", observation.calls),
            b"groups": ("GET", observation.groups),
            b"messages": ("GET", observation.messages),
            b"rooms": ("GET", rooms.rooms),
            b"events": ("GET", rooms.events),
            b"callbacks": ("POST", rooms.set_callbacks),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http":
            request = Request(scope, receive)
            response = await self._answer(request)
            if response is not None:
                await request.drain(_MAX_DRAINED_BYTES)
                await response.send(send, with_body=request.method != "HEAD")

    def close(self) -> None:
        """Close the database and remove a temporary directory."""
        self._database.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    async def _answer(self, request: Request) -> Response | None:
        """Return the response, or None when the client has closed the connection."""
        if sum(len(name) + len(value) for name, value in request.headers) > MAX_HEADERS_BYTES:
            return Response(431)
        try:
            if request.method == "CONNECT":
                return json_response({"error": "the emulator cannot tunnel TLS; use http://"}, 501)
            return await self._service(request)
        except ClientGone:
            return None
        except Exception:
            _log.exception("unhandled error in the emulator")
            return json_response({"error": "internal error of the emulator; see its log"}, 500)

    async def _service(self, request: Request) -> Response:
        if find_bucket_host(request.host) or is_other_storage_service(request.host):
            return await self._cos.handle(request)
        if request.raw_path.startswith(_CONTROL_PREFIX):
            return await self._call_control(request)
        for is_meant, handle in self._services:
            if is_meant(request):
                return await handle(request)
        return await self._cos.handle(request)

    async def _call_control(self, request: Request) -> Response:
        name = request.raw_path.removeprefix(_CONTROL_PREFIX)
        if name not in _CALLS_OF_PAGES:
            return await self._control(request, name)
        is_preflight = request.method == "OPTIONS" and cors.is_preflight(request)
        answer = cors.preflight(request) if is_preflight else await self._control(request, name)
        answer.headers += cors.cross_origin_headers(request)
        return answer

    async def _control(self, request: Request, name: bytes) -> Response:
        found = self._control_calls.get(name)
        if found is None:
            return json_response({"error": "unknown control call"}, 404)
        method, handler = found
        if request.method != method:
            return json_response({"error": f"this control call uses {method}"}, 405)
        try:
            return await handler(request)
        except MalformedRequest:
            return json_response(
                {"error": "the body is not a JSON object with the members of this call"}, 400
            )

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._events.close()
                self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _clear(self) -> None:
        self._vod.clear()
        self._application.clear()
        self._rooms.clear()
        self._events.clear()
        self._budget.reset()
        self._calls.clear()
        self._database.clear()
        self._blobs.delete_unreferenced(self._store.all_blobs())


def _is_json_api_call(request: Request) -> bool:
    return request.raw_path.startswith(JSON_API)


def _im_backend(settings: EmulatorSettings, clock: Clock, accounts: Accounts) -> ImBackend:
    secret_key, public_key = settings.sdk_secret_key, settings.public_key_pem
    return ImBackend(
        settings.sdk_app_id,
        None if secret_key is None else SdkSecretKey(secret_key),
        None if public_key is None else EcdsaPublicKey.from_pem(public_key),
        clock,
        accounts,
    )
