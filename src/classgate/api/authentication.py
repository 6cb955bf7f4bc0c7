"""Who is calling, and from where."""

from typing import Any

from litestar.connection import ASGIConnection

from classgate.accounts.models import Caller, SessionChannel
from classgate.api.console_cookie import find_console_token
from classgate.api.services import ApiServices
from classgate.client_address import client_address
from classgate.refusals import TokenMissing

Connection = ASGIConnection[Any, Any, Any, Any]

_MAX_TOKEN_CHARACTERS = 200


SERVICES = "services"
"""The key of the services in a request's state: nearer than the application's."""


def services_of(connection: Connection) -> ApiServices:
    """Return the services behind this API."""
    services: ApiServices = connection.scope["state"][SERVICES]
    return services


async def authenticate(connection: Connection, *, cached: bool = False) -> Caller:
    """Return the account of the access token, and keep it for the handler. NotAuthenticated.

    `cached`: from the cache of recent requests, which is good enough for heartbeats only.
    AdminNetwork: an admin uses the console from outside of the networks of the settings.
    """
    token, channel = _find_token(connection)
    if not 1 <= len(token) <= _MAX_TOKEN_CHARACTERS:
        raise TokenMissing
    accounts = services_of(connection).accounts
    authenticate_by = accounts.authenticate_cached if cached else accounts.authenticate
    caller = await authenticate_by(token, channel)
    if channel is SessionChannel.CONSOLE:
        access = services_of(connection).console_access
        access.require_network(caller.account, address_of(connection))
    connection.scope["user"] = caller
    return caller


def _find_token(connection: Connection) -> tuple[str, SessionChannel]:
    """Return the token of the header, or of the console's cookie. NotFromConsole, TokenMissing."""
    authorization = authorization_of(connection)
    if authorization:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenMissing
        return token, SessionChannel.API
    if not services_of(connection).console_access.enabled:
        return "", SessionChannel.CONSOLE  # a cookie from before it was disabled is none
    return find_console_token(connection) or "", SessionChannel.CONSOLE


def authorization_of(connection: Connection) -> str:
    """Return the header's value, or nothing. The framework would parse all headers for one."""
    for name, value in connection.scope["headers"]:
        if name == b"authorization":
            return value.decode("latin-1")
    return ""


def caller_of(connection: Connection) -> Caller:
    """Return the caller that the route's rule authenticated. RuntimeError: it does not."""
    caller = connection.scope.get("user")
    if not isinstance(caller, Caller):
        raise RuntimeError("this route's rule does not say who is calling")
    return caller


def address_of(connection: Connection) -> str:
    """Return the address of the client, past trusted proxies."""
    client = connection.client
    return client_address(
        client.host if client is not None else "",
        connection.headers.getall("x-forwarded-for", []),
        connection.app.state.trusted_proxies,
    )
