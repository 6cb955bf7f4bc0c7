"""Faults are reported in words for an operator, and repeat nothing of a secret."""

import secrets

import pytest
from tests.support.minimal_settings import load

from classgate.errors import ConfigurationError

# As the system hands on a byte that is no UTF-8 in the environment.
NOT_TEXT = f"{secrets.token_hex(20)}\udcff"


def faults(**changed: str | None) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        load(**changed)
    return refused.value.faults


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("HTTP__HOST", "http://0.0.0.0", "http.host: must be an address or a host name"),
        ("OPERATIONS__HOST", "a b", "operations.host: must be an address or a host name"),
        ("HTTP__PORT", "eighty", "http.port: must be a whole number"),
        ("HTTP__PORT", "70000", "http.port: must be 65535 or less"),
        ("HTTP__PORT", "-1", "http.port: must be 0 or more"),
        ("LOG__LEVEL", "loud", "log.level: must be one of 'debug', 'info', 'warning' or 'error'"),
        ("COS__REGION", "Guangzhou", "cos.region: has the wrong form; see docs/reference"),
        (
            "CLOUD__STS_ENDPOINT",
            "sts.example:65536",
            "cloud.sts_endpoint: the port must be",
        ),
        (
            "CLOUD__COS_ENDPOINT",
            "{bucket}.example:0",
            "cloud.cos_endpoint: the port must be",
        ),
        ("AUDIT__KEY", NOT_TEXT, "audit.key: is not valid UTF-8"),
        ("CLOUD__SECRET_KEY", NOT_TEXT, "cloud.secret_key: is not valid UTF-8"),
        ("IM__PRIVATE_KEY", NOT_TEXT, "im.private_key: is not valid UTF-8"),
    ],
    ids=lambda each: each if each.isascii() else "not text",
)
def test_fault_is_reported_in_plain_words(setting: str, value: str, words: str) -> None:
    reported = faults(**{setting: value})
    assert any(fault.startswith(words) for fault in reported), reported
    everything = " ".join(reported)
    for raw in ("Input should", "String should", "codec", "\udcff", "udcff"):
        assert raw not in everything


@pytest.mark.parametrize("port", ["1", "65535"])
def test_every_port_is_taken(port: str) -> None:
    endpoint = f"sts.example:{port}"
    assert load(CLOUD__STS_ENDPOINT=endpoint).cloud.sts_endpoint == endpoint


def test_two_listeners_have_two_ports() -> None:
    both = {"HTTP__PORT": "8000", "OPERATIONS__PORT": "8000"}
    (fault,) = faults(**both)
    assert fault == "operations.port: must differ from http.port, which is 8000 too"
    assert load(HTTP__PORT="0", OPERATIONS__PORT="0").http.port == 0
