"""An application becomes ASGI: the doors, behind what every request passes.

Each request gets an id, which is answered, logged and written into the audit; is counted; and is
logged without its query, its body or its headers.
"""

import secrets
import time

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from classgate.api.operations import create_operations
from classgate.api.routes import create_api
from classgate.application import Application
from classgate.audit.models import current_request_id

log = structlog.get_logger("classgate.http")

REQUESTS = Counter("classgate_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("classgate_request_seconds", "Time to answer, in seconds", ["method", "route"])

# Nearly every answer holds a credential or somebody's data.
_HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def create_app(
    application: Application,
    *,
    cors_origins: tuple[str, ...] = (),
    trusted_proxies: tuple[str, ...] = (),
) -> ASGIApp:
    """The public listener's ASGI application."""
    api = create_api(application, cors_origins=cors_origins, trusted_proxies=trusted_proxies)
    return with_request_id(api)


def create_operations_app(application: Application) -> ASGIApp:
    """The operations listener's ASGI application."""
    return create_operations(application)


def with_request_id(app: ASGIApp) -> ASGIApp:
    """Give each request an id, count it and log it; let nobody keep the answers."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request_id = f"r{secrets.token_hex(12)}"
        current_request_id.set(request_id)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
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
            await app(scope, receive, send_with_id)
        finally:
            _count(scope, status, time.perf_counter() - started)

    return serve


def _count(scope: Scope, status: int, seconds: float) -> None:
    # The route's pattern, not its path: a path holds ids, and there is no end to them.
    route = str(scope.get("path_template") or "unknown")
    method = str(scope.get("method", ""))
    method = method if method in _METHODS else "other"
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)
    log.info(
        "request",
        method=method,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )
