"""The client's address, used by every entrance to rate-limit guessing."""

import ipaddress
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


MAX_HOPS: Final = 20
"""The maximum number of hops examined, the peer included."""

MAX_HOP_CHARACTERS: Final = 64
"""Longer values are not addresses and are truncated."""


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the rightmost hop that is not a trusted proxy; hops left of it can be forged.

    `peer` is the connected address; `forwarded_for` are the headers of that name, in order. If all
    hops, or the first MAX_HOPS, are trusted proxies, return the last one examined.
    """
    farthest = peer
    for hop in islice(_nearest_first(peer, forwarded_for), MAX_HOPS):
        farthest = hop
        if not _is_in(hop, trusted):
            break
    return farthest


def _nearest_first(peer: str, forwarded_for: Sequence[str]) -> Iterator[str]:
    """Yield the peer, then the header values from right to left, up to the limit."""
    yield peer
    for header in reversed(forwarded_for):
        for hop in reversed(header.rsplit(",", MAX_HOPS)):
            yield hop.strip()[:MAX_HOP_CHARACTERS]


def parse_networks(networks: Sequence[str]) -> tuple[Network, ...]:
    """Parse the addresses and networks of trusted proxies from the settings."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in networks)


def _is_in(text: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)
