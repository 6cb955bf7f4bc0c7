"""The legacy API as an ASGI application: `POST /index.php?svc=…&cmd=…`.

The status is always HTTP 200: Android treats others as an empty answer, web clients as a network
failure. The Content-Type is ignored: clients send four kinds.
"""

import hmac
import re
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from prometheus_client import Counter

from classgate.client_address import Network, client_address
from classgate.clock import Clock
from classgate.input_bounds import allows_query
from classgate.legacy.calls import Call, LegacyApiSettings
from classgate.legacy.commands import commands_of
from classgate.legacy.dispatcher import Dispatcher
from classgate.legacy.error_codes import BODY_UNREADABLE, FIELD_WRONG, UNKNOWN_COMMAND
from classgate.legacy.fields import Fields
from classgate.legacy.protocol import MAX_BODY, Answer, AnyAnswer, BodyUnreadable, read_body
from classgate.legacy.services import LegacyApiServices
from classgate.metrics import LEGACY_REFUSALS
from classgate.reasons import Reason

# All answers are HTTP 200, so the request metrics do not show errors.
ANSWERS = Counter("classgate_legacy_answers_total", "Answers to legacy clients", ["route", "code"])


@cache
def _answers(route: str, code: int) -> Counter:
    """Return the counter of one answer; routes and codes are few."""
    return ANSWERS.labels(route, str(code))


_MAX_READ_BYTES = 2 * 1024 * 1024  # of an oversized body, so that its sender gets the answer
# The script, or its folder; both may be nested.
_PATH = re.compile(r"((?:/[A-Za-z0-9._~-]{1,100}){0,4})/(index\.php)?")


def create_legacy_api(
    services: LegacyApiServices,
    settings: LegacyApiSettings,
    trusted_proxies: tuple[Network, ...],
    clock: Clock,
) -> ASGIApp:
    """Create the ASGI application, for requests that `is_legacy` accepts."""
    return _LegacyApi(services, settings, trusted_proxies, clock).serve


def is_legacy(scope: Scope) -> bool:
    """Return whether a request is for the legacy API: by path, and for nested folders by query."""
    if scope["type"] != ScopeType.HTTP:
        return False
    found = _PATH.fullmatch(scope["path"])
    if found is None:
        return False
    query = scope["query_string"]
    if found[2] is not None or b"svc=" in query or b"cmd=" in query:
        return True
    return scope["path"] == "/" and scope["method"] == "POST"


class _LegacyApi:
    def __init__(
        self,
        services: LegacyApiServices,
        settings: LegacyApiSettings,
        trusted_proxies: tuple[Network, ...],
        clock: Clock,
    ) -> None:
        self._dispatcher = Dispatcher(services.accounts, services.refusals, services.queues)
        self._commands = commands_of(services)
        self._settings = settings
        self._trusted_proxies = trusted_proxies
        self._clock = clock

    async def serve(self, scope: Any, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope, receive)
        _answers(scope.get("path_template", "unknown"), answer.code).inc()
        content = answer.encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"access-control-allow-origin", b"*"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    async def _answer(self, scope: HTTPScope, receive: Receive) -> AnyAnswer:
        query = _read_query(scope["query_string"])
        name = (query.get("svc", ""), query.get("cmd", ""))
        command = self._commands.get(name)
        if command is None:
            LEGACY_REFUSALS.count(Reason.ROUTE_NOT_FOUND)
            return Answer(UNKNOWN_COMMAND, "there is no such command")
        route = f"legacy {'/'.join(name)}"
        scope["path_template"] = route  # the route label of the metrics
        content = await _read_content(receive) if scope["method"] == "POST" else b""
        if content is None:
            LEGACY_REFUSALS.count(Reason.BODY_TOO_LARGE)
            return command.refuse(FIELD_WRONG, "the body is too large, or did not arrive whole")
        try:
            values = read_body(content)
        except BodyUnreadable:
            LEGACY_REFUSALS.count(Reason.BODY_UNREADABLE)
            return Answer(BODY_UNREADABLE, "the body is not the expected JSON")
        call = Call(
            settings=self._settings,
            route=route,
            fields=Fields(values),
            read_address=partial(_read_address, scope, self._trusted_proxies),
            body=content,
            query=query,
            has_path_secret=_has_path_secret(scope["path"], self._settings.path_secret),
            now=self._clock(),
        )
        return await self._dispatcher.dispatch(command, call)


_FORWARDED = b"x-forwarded-for"


def _read_address(scope: HTTPScope, trusted_proxies: tuple[Network, ...]) -> str:
    """Return the address of the client, past trusted proxies."""
    headers = [value.decode("latin-1") for key, value in scope["headers"] if key == _FORWARDED]
    peer = scope["client"][0] if scope["client"] else ""
    return client_address(peer, headers, trusted_proxies)


def _read_query(query: bytes) -> Mapping[str, str]:
    """Parse the query; the last of duplicate names counts, and an oversized query counts as
    empty.
    """
    return _read_short_query(query) if len(query) <= _SHORT_QUERY else _parse_query(query)


_SHORT_QUERY = 60  # bytes: `svc` and `cmd`, which most clients send alone


@lru_cache(256)
def _read_short_query(query: bytes) -> Mapping[str, str]:
    return _parse_query(query)


def _parse_query(query: bytes) -> Mapping[str, str]:
    if not allows_query(query):
        return {}
    return MappingProxyType(dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))


async def _read_content(receive: Receive) -> bytes | None:
    """Read the whole body; None: too large, or the client disconnected."""
    content, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size <= MAX_BODY:
            content += piece
        if not message.get("more_body", False) or size > _MAX_READ_BYTES:
            return bytes(content) if size <= MAX_BODY else None


def _has_path_secret(path: str, secret: str | None) -> bool:
    """Return whether a path segment is the secret; compared as a whole, in constant time."""
    if secret is None:
        return False
    parts = [part.encode() for part in path.split("/")]
    return sum(hmac.compare_digest(part, secret.encode()) for part in parts) > 0
