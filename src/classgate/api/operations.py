"""The operations listener: is it alive, is it ready, and the numbers. Not for the public."""

from litestar import Litestar, MediaType, Response, get
from litestar.datastructures import State
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from classgate.application import Application
from classgate.errors import ClassgateError


@get("/healthz", media_type=MediaType.TEXT)
async def healthz() -> str:
    """The process answers."""
    return "ok\n"


@get("/readyz", media_type=MediaType.TEXT)
async def readyz(state: State) -> Response[str]:
    """The database answers too; otherwise send no traffic here."""
    application: Application = state.application
    try:
        await application.check_ready()
    except ClassgateError as error:
        return Response(f"{error.message}\n", status_code=503, media_type=MediaType.TEXT)
    return Response("ready\n", media_type=MediaType.TEXT)


@get("/metrics")
async def metrics() -> Response[bytes]:
    """Counters and times for Prometheus; no names of people in them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def create_operations(application: Application) -> Litestar:
    """The ASGI application of the operations listener."""
    return Litestar(
        route_handlers=[healthz, readyz, metrics],
        state=State({"application": application}),
        openapi_config=None,
        logging_config=None,
    )
