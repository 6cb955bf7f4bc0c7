"""The ASGI application: the entrances, behind middleware that handles every request.

Each request gets an id, which is answered, logged and recorded in the audit. Requests are counted,
and logged without query, body or headers.
"""

import os
import time
from collections.abc import Awaitable
from functools import cache

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from pydantic import SecretStr

from classgate.api.operations import create_operations
from classgate.api.routes import create_api
from classgate.app.application import Application
from classgate.app.setting_values import bucket_url_of
from classgate.client_address import parse_networks
from classgate.console.bundle_files import load_bundle
from classgate.console.pages import with_console
from classgate.legacy.asgi import create_legacy_api, is_legacy
from classgate.legacy.calls import LegacyApiSettings
from classgate.logs import current_request_id, log_request
from classgate.server.doctor_on_demand import doctor_on_demand
from classgate.server.head_requests import with_head
from classgate.settings.loading import Settings

REQUESTS = Counter("classgate_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("classgate_request_seconds", "Time to answer, in seconds", ["method", "route"])

# Nearly every answer contains a credential or personal data.
_HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_HEARTBEATS = {"/v1/classrooms/{classroom_id}/heartbeat", "legacy live/heartbeat"}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def create_app(
    application: Application, settings: Settings, emulator_url: str | None = None
) -> ASGIApp:
    """Build the ASGI application of the public listener, with every enabled entrance.

    `emulator_url`: the emulator of the demo, which the console lets check entry credentials.
    """
    http = settings.http
    checks = doctor_on_demand(settings, application.clock)

    async def stop() -> None:
        await checks.stop()
        await application.stop()

    api: ASGIApp = create_api(
        application.api_services,
        start=application.start,
        stop=stop,
        cors_origins=http.cors_origins,
        trusted_proxies=http.trusted_proxies,
        emulator_url=emulator_url,
        checks=checks,
    )
    gate = with_request_id(with_legacy_api(api, application, settings))
    if not settings.console.enabled:
        return gate
    bucket = bucket_url_of(settings)
    hosts = [bucket] if emulator_url in {None, bucket} else [bucket, str(emulator_url)]
    return with_console(gate, load_bundle(), hosts)


def with_legacy_api(api: ASGIApp, application: Application, settings: Settings) -> ASGIApp:
    """Build the API and, if enabled, the legacy API."""
    if not settings.legacy.enabled:
        return api
    proxies = parse_networks(settings.http.trusted_proxies)
    legacy = create_legacy_api(
        application.legacy_api_services, _legacy_settings(settings), proxies, application.clock
    )

    def serve(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (legacy if is_legacy(scope) else api)(scope, receive, send)

    return serve


def _legacy_settings(settings: Settings) -> LegacyApiSettings:
    legacy, callbacks = settings.legacy, settings.callbacks

    def shown(secret: SecretStr | None) -> str | None:
        return None if secret is None else secret.get_secret_value()

    return LegacyApiSettings(
        sdk_app_id=settings.im.sdk_app_id,
        lenient=legacy.lenient,
        cos_region=legacy.cos_region,
        preview_tag=legacy.preview_tag,
        path_secret=shown(callbacks.path_secret),
        live_key=shown(callbacks.live_key),
        im_token=shown(callbacks.im_token),
    )


def create_operations_app(
    application: Application, registry: CollectorRegistry = REGISTRY
) -> ASGIApp:
    """Build the ASGI application of the operations listener."""
    return with_head(
        create_operations(application.readiness.check, application.school_metrics.refresh, registry)
    )


def with_request_id(app: ASGIApp) -> ASGIApp:
    """Assign a request id, count and log the request; forbid caching of answers. HEAD is GET
    without a body.
    """
    app_of_head = with_head(app)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request_id = f"r{os.urandom(12).hex()}"
        current_request_id.set(request_id)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = (b"x-request-id", request_id.encode())
                message = {**message, "headers": [*message.get("headers", []), own, *_HEADERS]}
            await send(message)

        try:
            serving = app_of_head if scope["method"] == "HEAD" else app
            await serving(scope, receive, send_with_id)
        finally:
            _count(scope, status, time.perf_counter() - started)

    return serve


@cache
def _requests(method: str, route: str, status: int) -> Counter:
    """Return the counter of one kind of answer; there are as many as routes and statuses."""
    return REQUESTS.labels(method, route, str(status))


@cache
def _seconds(method: str, route: str) -> Histogram:
    return SECONDS.labels(method, route)


def _count(scope: Scope, status: int, seconds: float) -> None:
    # The route's pattern, not its path: paths contain ids and are unbounded.
    route = str(scope.get("path_template") or "unknown")
    method = str(scope.get("method", ""))
    method = method if method in _METHODS else "other"
    _requests(method, route, status).inc()
    _seconds(method, route).observe(seconds)
    # A lesson of 500 sends a hundred heartbeats a second.
    is_routine = route in _HEARTBEATS and status < 400
    log_request(method, route, status, round(seconds * 1000, 1), is_routine=is_routine)
