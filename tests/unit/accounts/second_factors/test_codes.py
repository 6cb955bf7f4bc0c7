"""Codes of an authenticator app."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from classgate.accounts.second_factors.codes import find_step, provisioning_uri

# RFC 6238, appendix B: the secret for SHA-1, and the last 6 of the 8 digits.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


def at(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


@pytest.mark.parametrize(("unix", "code"), VECTORS)
def test_code_of_the_standard_is_found(unix: int, code: str) -> None:
    assert find_step(SECRET, code, at(unix), None) == unix // 30


@pytest.mark.parametrize(
    ("drift", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_clock_may_be_off_by_one_step(drift: int, accepted: bool) -> None:
    found = find_step(SECRET, "005924", at(1234567890 + drift), None)
    assert found == (1234567890 // 30 if accepted else None)


def test_code_is_good_once_and_no_earlier_one_after_it() -> None:
    step = 1234567890 // 30
    assert find_step(SECRET, "005924", at(1234567890), step - 1) == step
    assert find_step(SECRET, "005924", at(1234567890), step) is None
    assert find_step(SECRET, "005924", at(1234567890), step + 1) is None


@pytest.mark.parametrize("typed", ["005 924", " 005924 ", "００５９２４"])
def test_code_is_read_as_people_type_it(typed: str) -> None:
    assert find_step(SECRET, typed, at(1234567890), None) is not None


@pytest.mark.parametrize(
    "typed", ["", "5924", "0005924", "005925", "٠٠٥٩٢٤", "00592\ud800", "-05924"]
)
def test_everything_else_is_wrong(typed: str) -> None:
    assert find_step(SECRET, typed, at(1234567890), None) is None


def test_uri_is_what_apps_read() -> None:
    uri = urlsplit(provisioning_uri(SECRET, "head-teacher"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/classgate:head-teacher")
    assert parse_qs(uri.query) == {"secret": [SECRET], "issuer": ["classgate"]}
