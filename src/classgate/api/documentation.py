"""`/openapi.json`, the pages for people, and the front page."""

from collections.abc import Callable
from typing import Any

from litestar import HttpMethod, MediaType, Request, Response, get, route
from litestar.serialization import encode_json

from classgate.api import documentation_pages as pages
from classgate.api import rules
from classgate.api.openapi import describe
from classgate.errors import RouteNotFound

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
}

AnyRequest = Request[Any, Any, Any]


@route(
    "/",
    http_method=[HttpMethod.GET, HttpMethod.POST],
    opt=rules.only(rules.ANYONE),
    include_in_schema=False,
    status_code=200,
)
async def front(request: AnyRequest) -> Response[bytes]:
    """Say what this is. RouteNotFound for a client that prefers JSON, since this is no call, and
    for POST: a call of the legacy API, where that is not enabled.
    """
    if request.method == HttpMethod.POST:
        raise RouteNotFound
    if request.accept.best_match([MediaType.HTML, MediaType.JSON]) != MediaType.HTML:
        raise RouteNotFound
    return _show(_made_once(request, "front", pages.front_page))


@get("/openapi.json", opt=rules.only(rules.ANYONE), include_in_schema=False)
async def openapi(request: AnyRequest) -> Response[bytes]:
    """The description of the API for programs (OpenAPI 3.1)."""

    def make() -> bytes:
        return encode_json(describe(request.app))

    return Response(_made_once(request, "openapi", make), media_type=MediaType.JSON)


@get("/docs", opt=rules.only(rules.ANYONE), include_in_schema=False)
async def docs(request: AnyRequest) -> Response[bytes]:
    """The same for people."""
    return _show(_made_once(request, "docs", lambda: pages.api_page(request.app)))


@get("/docs/errors", opt=rules.only(rules.ANYONE), include_in_schema=False)
async def errors(request: AnyRequest) -> Response[bytes]:
    """Every error code, where a problem's `type` points to."""
    return _show(_made_once(request, "errors", pages.errors_page))


def _made_once(request: AnyRequest, name: str, make: Callable[[], bytes]) -> bytes:
    """Make a page once: it is public, and making it costs as much as a hundred calls."""
    state = request.app.state
    if name not in state:
        state[name] = make()
    made: bytes = state[name]
    return made


def _show(page: bytes) -> Response[bytes]:
    return Response(page, media_type=MediaType.HTML, headers=_HEADERS)


HANDLERS = (front, openapi, docs, errors)
