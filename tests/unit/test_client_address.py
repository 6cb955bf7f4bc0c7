import pytest
from tests.support.hostile_json import count_calls

from classgate.client_address import address_group, client_address, parse_networks

TRUSTED = parse_networks(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


def test_rightmost_hop_that_is_no_proxy_counts() -> None:
    headers = ["203.0.113.9, 198.51.100.7 , 10.0.0.1", "10.0.0.2"]
    assert client_address("127.0.0.1", headers, TRUSTED) == "198.51.100.7"


def test_where_all_are_proxies_the_farthest_counts() -> None:
    assert client_address("127.0.0.1", ["10.0.0.3,10.0.0.1"], TRUSTED) == "10.0.0.3"
    assert client_address("127.0.0.1", [], TRUSTED) == "127.0.0.1"


@pytest.mark.parametrize("peer", ["::ffff:127.0.0.1", "::FFFF:7f00:1", "::ffff:10.0.0.1"])
def test_proxy_at_an_ipv6_socket_is_believed(peer: str) -> None:
    assert client_address(peer, ["198.51.100.7"], TRUSTED) == "198.51.100.7"


def test_client_at_an_ipv6_socket_has_its_ipv4_address() -> None:
    assert client_address("::ffff:198.51.100.7", ["203.0.113.9"], TRUSTED) == "198.51.100.7"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("198.51.100.1:50001", "198.51.100.1"),
        ('"198.51.100.1:50001"', "198.51.100.1"),
        ("198.51.100.1:_hidden", "198.51.100.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ('"[2001:db8::1]"', "2001:db8::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:db8:0:0:0:0:0:1:50001", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:443", "fe80::1"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("[::ffff:1.2.3.4]:443", "1.2.3.4"),
        ("::ffff:0102:0304", "1.2.3.4"),
        ("64:ff9b::1.2.3.4", "1.2.3.4"),
        ("::ffff:0:1.2.3.4", "1.2.3.4"),
        ("\t 198.51.100.1 ", "198.51.100.1"),
    ],
)
def test_hop_is_read_as_proxies_write_it(written: str, address: str) -> None:
    assert client_address("127.0.0.1", [written], TRUSTED) == address
    assert client_address("127.0.0.1", [f"203.0.113.9, {written}, 10.0.0.1:1"], TRUSTED) == address
    assert client_address("127.0.0.1", ["203.0.113.9", written], TRUSTED) == address


@pytest.mark.parametrize("header", ["198.51.100.7,", "198.51.100.7, ,10.0.0.1", ", 198.51.100.7"])
def test_empty_elements_are_ignored(header: str) -> None:
    assert client_address("127.0.0.1", [header], TRUSTED) == "198.51.100.7"
    assert client_address("127.0.0.1", [header, "", " "], TRUSTED) == "198.51.100.7"


@pytest.mark.parametrize(
    "unnamed", ["unknown", "_hidden", "-", "unix:", "198.51.100.1.2", "198.051.100.001", "x" * 101]
)
def test_where_a_proxy_names_no_address_the_proxy_counts(unnamed: str) -> None:
    headers = [f"203.0.113.9, {unnamed}, 10.0.0.1"]
    assert client_address("127.0.0.1", headers, TRUSTED) == "10.0.0.1"


@pytest.mark.parametrize("peer", ["64:ff9b::127.0.0.1", "::ffff:0:10.0.0.1", "::127.0.0.1"])
def test_private_address_from_a_translator_is_not_a_proxy(peer: str) -> None:
    assert client_address(peer, ["198.51.100.7"], TRUSTED) != "198.51.100.7"


@pytest.mark.parametrize("proxies", ["::ffff:127.0.0.1", "::ffff:127.0.0.0/104"])
def test_proxies_may_be_set_as_mapped_addresses(proxies: str) -> None:
    trusted = parse_networks([proxies])
    assert client_address("127.0.0.1", ["198.51.100.7"], trusted) == "198.51.100.7"
    assert client_address("::ffff:127.0.0.1", ["198.51.100.7"], trusted) == "198.51.100.7"


def test_peer_without_an_address_stays_as_it_is() -> None:
    assert client_address("", ["198.51.100.7"], TRUSTED) == ""
    assert client_address("testclient", ["198.51.100.7"], TRUSTED) == "testclient"


def test_twenty_hops_are_looked_at() -> None:
    nearest = ",".join(["10.0.0.1"] * 18)
    assert client_address("127.0.0.1", [f"198.51.100.7,{nearest}"], TRUSTED) == "198.51.100.7"
    assert client_address("127.0.0.1", [f"198.51.100.7,10.0.0.1,{nearest}"], TRUSTED) == "10.0.0.1"


def test_hops_beyond_are_not_taken_apart() -> None:
    def steps(hops: int, headers: int = 1) -> int:
        sent = [",".join(["10.0.0.1"] * hops)] * headers
        return count_calls(lambda: client_address("127.0.0.1", sent, TRUSTED))

    assert steps(7000) == steps(30)
    assert steps(1, 200) == steps(1, 30)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_addresses_of_one_customer_are_one(address: str, group: str) -> None:
    assert address_group(address) == group
