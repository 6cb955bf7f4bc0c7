"""The client's address, used by every entrance to rate-limit guessing.

One client has one spelling: without port, brackets, quotes and zone, and an IPv4 address that an
IPv6 socket or a translator wraps is unwrapped.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


MAX_HOPS: Final = 20
"""The maximum number of hops examined, the peer included."""

MAX_HOP_CHARACTERS: Final = 100
"""Longer values are not addresses."""

_MAX_REMEMBERED: Final = 1024
"""Addresses whose parsing is remembered: a log-in asks for the same one several times."""

# An address with a port: `198.51.100.1:50001`, `[2001:db8::1]:443`, and without brackets where all
# eight groups are written. A port may be obfuscated, as in RFC 7239.
_WITH_PORT = re.compile(r"(.+):(?:[0-9]{1,5}|_[A-Za-z0-9._-]+)")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")  # an IPv4 peer of an IPv6 socket
# IPv4 clients of an IPv6 network: SIIT (RFC 2765) and NAT64 (RFC 6052).
_TRANSLATED = (ipaddress.IPv6Network("::ffff:0:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the rightmost hop that is not a trusted proxy; hops left of it can be forged.

    `peer` is the connected address; `forwarded_for` are the headers of that name, in order. If all
    hops, or the first MAX_HOPS, are trusted proxies, return the last one examined. Where a trusted
    proxy names no address (`unknown`, a pseudonym), return that proxy.
    """
    farthest = peer
    for hop in islice(_nearest_first(peer, forwarded_for), MAX_HOPS):
        if not hop:  # an empty list element, which RFC 9110 (5.6.1) ignores
            continue
        address = parse_address(hop)
        if address is None:
            break
        farthest = str(address)
        if not any(address in network for network in trusted):
            break
    return farthest


@lru_cache(_MAX_REMEMBERED)
def address_group(address: str) -> str:
    """Return the key of an address; an IPv6 customer has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def parse_address(text: str) -> Address | None:
    """Parse a hop as proxies write it; None for what is not an address."""
    text = text.strip().strip('"').strip()
    if len(text) > MAX_HOP_CHARACTERS:
        return None
    found = _parse_bare(text)
    if found is None and (match := _WITH_PORT.fullmatch(text)):
        found = _parse_bare(match[1])
    return found


def parse_networks(networks: Sequence[str]) -> tuple[Network, ...]:
    """Parse the addresses and networks of trusted proxies from the settings. ValueError."""
    return tuple(_unwrap_network(ipaddress.ip_network(each, strict=False)) for each in networks)


def _nearest_first(peer: str, forwarded_for: Sequence[str]) -> Iterator[str]:
    """Yield the peer, then the header values from right to left, up to the limit."""
    yield peer or "unknown"  # as of a Unix socket
    for header in reversed(forwarded_for):
        for hop in reversed(header.rsplit(",", MAX_HOPS)):
            yield hop.strip()


@lru_cache(_MAX_REMEMBERED)  # the text is short
def _parse_bare(text: str) -> Address | None:
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    # The zone names a network card of one machine, and a client can choose what it likes.
    text, _, _ = text.partition("%")
    try:
        return _unwrap(ipaddress.ip_address(text))
    except ValueError:
        return None


def _unwrap(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    # RFC 6052 (3.1): a translator hands on public addresses only, so 127.0.0.1 is forged.
    is_translated = inner.is_global and any(address in network for network in _TRANSLATED)
    return inner if is_translated or address in _MAPPED else address


def _unwrap_network(network: Network) -> Network:
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        inner = ipaddress.IPv4Address(int(network.network_address) & 0xFFFFFFFF)
        return ipaddress.IPv4Network((inner, network.prefixlen - 96))
    return network
