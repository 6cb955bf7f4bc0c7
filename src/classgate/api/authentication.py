"""Who is calling, and from where."""

import ipaddress
from typing import Any

from litestar.connection import ASGIConnection

from classgate.accounts.models import Caller
from classgate.application import Application
from classgate.errors import NotAuthenticated

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Connection = ASGIConnection[Any, Any, Any, Any]

_MOST_TOKEN_CHARACTERS = 200


def application_of(connection: Connection) -> Application:
    """The application that this server was made for."""
    application: Application = connection.app.state.application
    return application


async def authenticate(connection: Connection) -> Caller:
    """Whoever shows a good access token; remembered for the handler. NotAuthenticated."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 1 <= len(token) <= _MOST_TOKEN_CHARACTERS:
        raise NotAuthenticated("log in first: send Authorization: Bearer <access_token>")
    caller = await application_of(connection).accounts.authenticate(token)
    connection.state.caller = caller
    return caller


def caller_of(connection: Connection) -> Caller:
    """Who the route's rule let through. RuntimeError for a route whose rule asks nobody."""
    caller = getattr(connection.state, "caller", None)
    if not isinstance(caller, Caller):
        raise RuntimeError("this route's rule does not say who is calling")
    return caller


def address_of(connection: Connection) -> str:
    """The rightmost hop that is not one of our proxies; what stands left of it can be forged."""
    trusted = connection.app.state.trusted_proxies
    client = connection.client
    hops = [client.host if client is not None else ""]
    for header in connection.headers.getall("x-forwarded-for", []):
        hops += [hop.strip() for hop in header.split(",")]
    # The peer is nearest, then the header from right to left.
    nearest_first = [hops[0], *reversed(hops[1:])]
    for hop in nearest_first:
        if not _is_in(hop, trusted):
            return hop
    return nearest_first[-1]


def parse_networks(networks: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks of proxies, as the settings name them."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(text) and any(ipaddress.ip_address(text) in network for network in networks)
