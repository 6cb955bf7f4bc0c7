from tests.support.hostile_json import count_calls

from classgate.client_address import client_address, parse_networks

TRUSTED = parse_networks(["127.0.0.1", "10.0.0.0/8"])


def test_rightmost_hop_that_is_no_proxy_counts() -> None:
    headers = ["203.0.113.9, 198.51.100.7 , 10.0.0.1", "10.0.0.2"]
    assert client_address("127.0.0.1", headers, TRUSTED) == "198.51.100.7"


def test_where_all_are_proxies_the_farthest_counts() -> None:
    assert client_address("127.0.0.1", ["10.0.0.3,10.0.0.1"], TRUSTED) == "10.0.0.3"
    assert client_address("127.0.0.1", [], TRUSTED) == "127.0.0.1"


def test_twenty_hops_are_looked_at() -> None:
    nearest = ",".join(["10.0.0.1"] * 18)
    assert client_address("127.0.0.1", [f"198.51.100.7,{nearest}"], TRUSTED) == "198.51.100.7"
    assert client_address("127.0.0.1", [f"198.51.100.7,10.0.0.1,{nearest}"], TRUSTED) == "10.0.0.1"


def test_hop_is_cut_after_64_characters() -> None:
    assert client_address("127.0.0.1", ["x" * 64], TRUSTED) == "x" * 64
    assert client_address("127.0.0.1", ["x" * 64 + "y"], TRUSTED) == "x" * 64


def test_hops_beyond_are_not_taken_apart() -> None:
    def steps(hops: int, headers: int = 1) -> int:
        sent = [",".join(["10.0.0.1"] * hops)] * headers
        return count_calls(lambda: client_address("127.0.0.1", sent, TRUSTED))

    assert steps(7000) == steps(30)
    assert steps(1, 200) == steps(1, 30)
