"""From where somebody calls: what every door has to know to slow down guessing."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The rightmost hop that is not one of our proxies; what stands left of it can be forged.

    `peer` is who is connected; `forwarded_for` are the headers of that name, in order.
    """
    hops = [hop.strip() for header in forwarded_for for hop in header.split(",")]
    # The peer is nearest, then the header from right to left.
    nearest_first = [peer, *reversed(hops)]
    for hop in nearest_first:
        if not _is_in(hop, trusted):
            return hop
    return nearest_first[-1]


def parse_networks(networks: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks of proxies, as the settings name them."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in networks)


def _is_in(text: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)
