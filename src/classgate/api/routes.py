"""Every route of the HTTP API, under its prefix, and the application that serves them."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import HttpMethod, Litestar, Request, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.routes import HTTPRoute
from litestar.types import (
    HTTPResponseStartEvent,
    HTTPScope,
    Message,
    Method,
    Receive,
    Scope,
    Send,
)
from litestar.types.internal_types import PathParameterDefinition

import classgate
from classgate.api import (
    account_imports,
    account_list,
    accounts,
    administration,
    callbacks,
    classrooms,
    console_session,
    courseware,
    credential_questions,
    doctor,
    documentation,
    entry,
    explain,
    invitations,
    leases,
    mutes,
    presence,
    refusals,
    roster,
    rules,
    second_factor,
    service_status,
    why,
)
from classgate.api.authentication import SERVICES
from classgate.api.doctor import Doctor
from classgate.api.json_answers import JsonAnswer
from classgate.api.places import end_place, give_back, take_place
from classgate.api.plain_litestar import PlainLitestar
from classgate.api.problems import EXCEPTION_HANDLERS, vary_by_language
from classgate.api.requests import ApiRequest
from classgate.api.schema import MAX_BODY
from classgate.api.services import ApiServices
from classgate.client_address import parse_networks
from classgate.input_bounds import MAX_QUERY_BYTES, MAX_QUERY_PARAMETERS, allows_query
from classgate.refusals import QueryTooLong

_TAGS = {
    "accounts": accounts.HANDLERS,
    "leases": leases.HANDLERS,
    "classrooms": (
        *classrooms.HANDLERS,
        *entry.HANDLERS,
        *roster.HANDLERS,
        *mutes.HANDLERS,
        *presence.HANDLERS,
        *refusals.CLASSROOM_HANDLERS,
    ),
    "courseware": courseware.HANDLERS,
    "administration": (
        *account_list.HANDLERS,
        *account_imports.HANDLERS,
        *administration.HANDLERS,
        *invitations.HANDLERS,
        *refusals.ADMIN_HANDLERS,
        *explain.HANDLERS,
        *credential_questions.HANDLERS,
        *service_status.HANDLERS,
        *doctor.HANDLERS,
    ),
    "console": (*console_session.HANDLERS, *second_factor.HANDLERS),
    "explanations": why.HANDLERS,
}


Step = Callable[[], Awaitable[None]]


async def _do_nothing() -> None:
    """Do nothing: nothing starts or stops with the API."""


def _routers() -> list[Router]:
    routers = []
    for tag, handlers in _TAGS.items():
        routers.append(
            Router("/v1", route_handlers=handlers, tags=[tag], response_class=JsonAnswer)
        )
    return routers


async def _decide(request: Request[Any, Any, Any]) -> None:
    """Ask the route's rule, before the body is read and the handler is called with a place.

    It takes the place of the framework's guards, which copy the handler for each request.
    """
    scope = request.scope
    query = scope["query_string"]
    if query and not allows_query(query):  # the framework remembers the last thousand of any
        raise QueryTooLong(
            f"the query is longer than {MAX_QUERY_BYTES} bytes, or has more than "
            f"{MAX_QUERY_PARAMETERS} parameters"
        )
    if scope["method"] == HttpMethod.OPTIONS:
        return  # answered by the framework, by the methods of the path
    handler: Any = scope["route_handler"]
    rule = rules.rule_of(handler.opt)
    has_body = handler.parsed_data_field is not None or rule is rules.CLOUD
    if rule.is_public:
        await rule(request)  # asks nothing of the database
    else:
        await take_place(request, rule)
        await rule(request)
    if has_body:
        give_back(scope)
        await request.body()
    if has_body or rule.is_public:
        await take_place(request, rule)


class Api(PlainLitestar):
    """The framework, and what each answer needs on its way out.

    Around the framework and not inside as its middleware, of which each one makes it catch
    exceptions once more.
    """

    def __init__(self, services: ApiServices, **options: Any) -> None:
        super().__init__(**options)
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if scope["type"] != ScopeType.HTTP:
            await super().__call__(scope, receive, send)
            return
        scope.setdefault("state", {})[SERVICES] = self.services

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                end_place(scope, message["status"])
                if message["status"] >= 400 or scope["method"] == HttpMethod.OPTIONS:
                    _complete_headers(message, scope)
            await send(message)

        try:
            await super().__call__(scope, receive, send_complete)
        finally:
            give_back(scope)


def create_api(
    services: ApiServices,
    *,
    start: Step = _do_nothing,
    stop: Step = _do_nothing,
    cors_origins: tuple[str, ...] = (),
    trusted_proxies: tuple[str, ...] = (),
    emulator_url: str | None = None,
    checks: Doctor | None = None,
) -> Api:
    """Create the ASGI application of the HTTP API.

    Args:
        services: The services that the handlers call.
        start: Called when the server starts.
        stop: Called when the server stops.
        cors_origins: Origins of web pages that may call the API.
        trusted_proxies: Networks whose `X-Forwarded-For` is believed.
        emulator_url: The emulator that the demo runs beside this API; None in production.
        checks: The checks of `classgate doctor`; without them the call is not there.
    """
    return Api(
        services,
        route_handlers=[*_routers(), *documentation.HANDLERS, *callbacks.HANDLERS],
        exception_handlers=EXCEPTION_HANDLERS,
        request_class=ApiRequest,
        before_request=_decide,
        request_max_body_size=MAX_BODY,
        cors_config=_cors(cors_origins),
        on_startup=[start],
        on_shutdown=[stop],
        state=State(
            {
                "trusted_proxies": parse_networks(trusted_proxies),
                "emulator_url": emulator_url,
                "doctor": checks,
            }
        ),
        openapi_config=_openapi_config(),
        logging_config=None,
        pdb_on_exception=False,
    )


def _complete_headers(message: HTTPResponseStartEvent, scope: HTTPScope) -> None:
    """Complete what the framework says of errors and to OPTIONS."""
    headers = MutableScopeHeaders.from_message(message)
    vary_by_language(headers)
    if "allow" in headers:
        _name_every_method(headers, scope)


def _name_every_method(headers: MutableScopeHeaders, scope: HTTPScope) -> None:
    """Complete `Allow`: to OPTIONS the framework names only the methods of a path's first handler,
    and it never names HEAD, which is answered wherever GET is.
    """
    template = scope.get("path_template")
    methods = {each.strip() for each in headers["allow"].split(",")} | {
        method
        for route in scope["litestar_app"].routes
        if isinstance(route, HTTPRoute) and route.path_format == template
        for method in route.methods
    }
    headers["allow"] = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins), expose_headers=["Retry-After", "X-Request-ID", "Date"]
    )


def _operation_id(
    handler: HTTPRouteHandler, method: Method, _path: list[str | PathParameterDefinition]
) -> str:
    """Return the handler's name in lowerCamelCase, by which a generated client calls it.

    The second method of a handler has its name in it: `updateClassroomByPost`.
    """
    first, *others = handler.handler_name.split("_")
    name = first + "".join(each.title() for each in others)
    is_second = method == HttpMethod.POST and HttpMethod.PATCH in handler.http_methods
    return f"{name}ByPost" if is_second else name


def _openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="classgate",
        version=classgate.__version__,
        description="The gate of an online classroom: who may log in, enter a room, upload "
        "courseware; and the credential for it. Times are Unix seconds.",
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="The `access_token` of a log-in.",
                ),
            }
        ),
        security=[{"bearer": []}],
        tags=[Tag(name=tag) for tag in _TAGS],
        operation_id_creator=_operation_id,
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin()],
        # Litestar's own pages load scripts from elsewhere; ours are in `documentation`.
        openapi_router=Router(
            "/schema", route_handlers=[], opt=rules.only(rules.NOBODY), include_in_schema=False
        ),
    )


def route_handlers(app: Litestar) -> list[HTTPRouteHandler]:
    """Return every handler of the API."""
    return [
        handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler)
    ]
