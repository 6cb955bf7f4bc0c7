"""From where somebody calls: what every door has to know to slow down guessing."""

import ipaddress
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


MAX_HOPS: Final = 20
"""How many are looked at, the peer included. Proxies of one's own are a few."""

MAX_HOP_CHARACTERS: Final = 64
"""What is longer is no address, and is cut."""


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The rightmost hop that is not one of our proxies; what stands left of it can be forged.

    `peer` is who is connected; `forwarded_for` are the headers of that name, in order. Where all
    are proxies, or the first MAX_HOPS, it is the last one of these.
    """
    farthest = peer
    for hop in islice(_nearest_first(peer, forwarded_for), MAX_HOPS):
        farthest = hop
        if not _is_in(hop, trusted):
            break
    return farthest


def _nearest_first(peer: str, forwarded_for: Sequence[str]) -> Iterator[str]:
    """The peer, then the headers from right to left, of which no more is taken apart."""
    yield peer
    for header in reversed(forwarded_for):
        for hop in reversed(header.rsplit(",", MAX_HOPS)):
            yield hop.strip()[:MAX_HOP_CHARACTERS]


def parse_networks(networks: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks of proxies, as the settings name them."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in networks)


def _is_in(text: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)
