"""Who is calling, and from where."""

from typing import Any

from litestar.connection import ASGIConnection

from classgate.accounts.models import Caller
from classgate.app.application import Application
from classgate.client_address import client_address
from classgate.refusals import TokenMissing

Connection = ASGIConnection[Any, Any, Any, Any]

_MAX_TOKEN_CHARACTERS = 200


def application_of(connection: Connection) -> Application:
    """The application that this server was made for."""
    application: Application = connection.app.state.application
    return application


async def authenticate(connection: Connection, *, cached: bool = False) -> Caller:
    """Whoever shows a good access token; remembered for the handler. NotAuthenticated.

    `recalled`: by what was read a moment ago, which is good enough for heartbeats alone.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 1 <= len(token) <= _MAX_TOKEN_CHARACTERS:
        raise TokenMissing
    accounts = application_of(connection).accounts
    caller = await (accounts.authenticate_cached(token) if cached else accounts.authenticate(token))
    connection.state.caller = caller
    return caller


def caller_of(connection: Connection) -> Caller:
    """Who the route's rule let through. RuntimeError for a route whose rule asks nobody."""
    caller = getattr(connection.state, "caller", None)
    if not isinstance(caller, Caller):
        raise RuntimeError("this route's rule does not say who is calling")
    return caller


def address_of(connection: Connection) -> str:
    """From where the request comes, past our own proxies."""
    client = connection.client
    return client_address(
        client.host if client is not None else "",
        connection.headers.getall("x-forwarded-for", []),
        connection.app.state.trusted_proxies,
    )
