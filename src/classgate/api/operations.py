"""The operations listener: is it alive, is it ready, and the numbers. Not for the public."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import Litestar, MediaType, Response, get
from litestar.datastructures import State
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from classgate.api.plain_litestar import PlainLitestar
from classgate.errors import ClassgateError

# The framework adds the character set to every text.
_METRICS_TYPE = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")


@get("/healthz", media_type=MediaType.TEXT)
async def healthz() -> str:
    """The process answers."""
    return "ok\n"


class Ready(msgspec.Struct, omit_defaults=True):
    """Whether to send traffic here; if not, why, for the operator."""

    ready: bool
    reason: str | None = None


@get("/readyz")
async def readyz(state: State) -> Response[Ready]:
    """The database takes writes too; otherwise send no traffic here."""
    check_ready: Callable[[], Awaitable[None]] = state.check_ready
    try:
        await check_ready()
    except ClassgateError as error:
        return Response(Ready(ready=False, reason=error.message), status_code=503)
    return Response(Ready(ready=True))


@get("/metrics")
async def metrics(state: State) -> Response[bytes]:
    """Counters, times and gauges for Prometheus; no names of people in them."""
    refresh: Callable[[], Awaitable[None]] = state.refresh_metrics
    await refresh()
    registry: CollectorRegistry = state.registry
    return Response(generate_latest(registry), media_type=_METRICS_TYPE)


def create_operations(
    check_ready: Callable[[], Awaitable[None]],
    refresh_metrics: Callable[[], Awaitable[None]],
    registry: CollectorRegistry = REGISTRY,
) -> Litestar:
    """Create the ASGI application of the operations listener.

    `check_ready` raises ServiceUnavailable while no traffic should come. `refresh_metrics` sets the
    gauges that are read from the database. `registry` has the metrics to show.
    """
    state = {
        "check_ready": check_ready,
        "refresh_metrics": refresh_metrics,
        "registry": registry,
    }
    return PlainLitestar(
        route_handlers=[healthz, readyz, metrics],
        state=State(state),
        openapi_config=None,
        logging_config=None,
    )
