"""The place of a request among those in progress, see `request_queues`.

It is taken before the rule is asked, and given back when the answer begins, which a client may be
slow to take. No request has a place while it waits for its body.
"""

from dataclasses import dataclass, field
from typing import Any

from litestar import HttpMethod

from classgate.api import rules
from classgate.api.authentication import Connection, authorization_of, services_of
from classgate.api.rules import RouteRule
from classgate.metrics import RequestClass
from classgate.request_queues import RequestQueues

_PLACE = "place"
_IN_CLASS = (rules.HEARTBEAT, rules.ENTER)
"""Whoever is answered without an error is in the class."""


@dataclass(slots=True)
class _Place:
    """What a request asks for, and the class of its place as long as it has one."""

    queues: RequestQueues
    rule: RouteRule
    token: str = field(repr=False)
    classroom_id: int | None
    taken: RequestClass | None = None

    def find_class(self, method: str) -> RequestClass | None:
        """Return the class of the request; None: it needs no place."""
        kind = self.rule.request_class
        if method == HttpMethod.GET:  # HEAD is GET here
            return RequestClass.LIST
        if kind is not RequestClass.RUNNING:
            return kind
        if not self.queues.callers.is_known(self.token, self.classroom_id):
            return RequestClass.ENTRY
        return None if self.rule is rules.HEARTBEAT else kind

    def give_back(self) -> None:
        if self.taken is not None:
            self.queues.give_back(self.taken)
            self.taken = None


async def take_place(connection: Connection, rule: RouteRule) -> None:
    """Wait for a place; one who is in a class by this process needs none for a heartbeat.

    Overloaded.
    """
    scope: Any = connection.scope
    place: _Place | None = scope["state"].get(_PLACE)
    if place is None:
        place = _Place(
            services_of(connection).queues,
            rule,
            authorization_of(connection),
            rules.find_classroom_id(connection),
        )
        scope["state"][_PLACE] = place
    kind = place.find_class(scope["method"])
    if kind is not None:
        await place.queues.take_place(kind)
        place.taken = kind


async def change_place(scope: Any, kind: RequestClass) -> None:
    """Wait for a place of this class, instead of the one that the request has. Overloaded."""
    place: _Place = scope["state"][_PLACE]
    place.give_back()
    await place.queues.take_place(kind)
    place.taken = kind


def give_back(scope: Any) -> None:
    """Give back the place, if the request has one."""
    place: _Place | None = scope["state"].get(_PLACE)
    if place is not None:
        place.give_back()


def end_place(scope: Any, status: int) -> None:
    """Give back the place with the answer, and remember who was served in a class."""
    place: _Place | None = scope["state"].get(_PLACE)
    if place is None:
        return
    place.give_back()
    if place.rule in _IN_CLASS:
        if status < 400 and place.classroom_id is not None:
            place.queues.callers.record(place.token, place.classroom_id)
        elif 400 <= status < 500:
            place.queues.callers.forget(place.token)
