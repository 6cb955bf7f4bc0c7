"""The place of a request among those in progress, see `request_queues`.

It is taken before the rule is asked, and given back when the answer begins, which a client may be
slow to take. No request has a place while it waits for its body.
"""

from typing import Any

from litestar import HttpMethod
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from classgate.api import rules
from classgate.api.authentication import Connection, authorization_of, services_of
from classgate.api.rules import RouteRule
from classgate.metrics import RequestClass
from classgate.request_queues import RequestQueues

_PLACE = "place"
_IN_CLASS = (rules.HEARTBEAT, rules.ENTER)
"""Whoever is answered without an error is in the class."""


async def take_place(connection: Connection, rule: RouteRule) -> None:
    """Wait for a place; one who is in a class by this process needs none for a heartbeat.

    Overloaded.
    """
    callers, token = services_of(connection).queues.callers, authorization_of(connection)
    kind = rule.request_class
    if connection.scope.get("method") == HttpMethod.GET:  # HEAD is GET here
        kind = RequestClass.LIST
    elif kind is RequestClass.RUNNING:
        if not callers.is_known(token, rules.find_classroom_id(connection)):
            kind = RequestClass.ENTRY
        elif rule is rules.HEARTBEAT:
            return
    await take_place_of(connection, kind)


async def take_place_of(connection: Connection, kind: RequestClass) -> None:
    """Wait for a place of this class, instead of the one that the request has. Overloaded."""
    give_back(connection.scope)
    queues = services_of(connection).queues
    await queues.take_place(kind)
    connection.scope["state"][_PLACE] = (queues, kind)


def give_back(scope: Any) -> None:
    """Give back the place, if the request has one."""
    place: tuple[RequestQueues, RequestClass] | None = scope["state"].pop(_PLACE, None)
    if place is not None:
        queues, kind = place
        queues.give_back(kind)


def with_places(app: ASGIApp) -> ASGIApp:
    """Give back the place of each request, and remember who was served in a class."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return

        async def send_without_place(message: Message) -> None:
            if message["type"] == "http.response.start":
                give_back(scope)
                _remember(scope, message["status"])
            await send(message)

        try:
            await app(scope, receive, send_without_place)
        finally:
            give_back(scope)

    return serve


def _remember(scope: Any, status: int) -> None:
    rule = rules.find_rule(scope["route_handler"].opt)
    if rule not in _IN_CLASS:
        return
    connection = Connection(scope)
    callers, token = services_of(connection).queues.callers, authorization_of(connection)
    if status < 400:
        callers.record(token, rules.classroom_id_of(connection))
    elif status < 500:
        callers.forget(token)
