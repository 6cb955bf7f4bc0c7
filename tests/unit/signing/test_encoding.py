"""Percent-encoding and the rounding of times."""

from datetime import UTC, datetime, timedelta

import pytest

from classgate.errors import SigningError
from classgate.signing.encoding import percent_encode, to_epoch, to_seconds

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def test_every_other_ascii_character_is_encoded() -> None:
    for code in range(128):
        text = f"a{chr(code)}b"
        encoded = text if chr(code) in UNRESERVED else f"a%{code:02X}b"
        assert percent_encode(text) == encoded
        assert percent_encode(text, safe="/") == (text if text == "a/b" else encoded)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [("", ""), ("课 1", "%E8%AF%BE%201"), ("é/", "%C3%A9%2F"), ("100%\n", "100%25%0A")],
)
def test_text_is_encoded_as_utf_8(text: str, encoded: str) -> None:
    assert percent_encode(text) == encoded


def test_half_a_character_cannot_be_encoded() -> None:
    with pytest.raises(SigningError, match="lone surrogate"):
        percent_encode("a\ud800")


def test_times_are_rounded_down() -> None:
    moment = datetime(2023, 11, 14, 22, 13, 20, 999_999, tzinfo=UTC)
    assert to_epoch(moment) == 1_700_000_000
    assert to_epoch(datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)) == 0
    assert to_seconds(timedelta(days=1, seconds=1, microseconds=999_999)) == 86_401


def test_times_outside_32_bits_are_refused() -> None:
    for moment in (
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
    ):
        with pytest.raises(SigningError, match="the time is out of range"):
            to_epoch(moment)
    assert to_epoch(datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC)) == 2**32 - 1
