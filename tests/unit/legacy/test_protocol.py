import json

import pytest
from tests.support.hostile_json import LONG, TOO_DEEP, TOO_MANY_VALUES, count_calls

from classgate.legacy.protocol import BodyUnreadable, read_body


def members(count: int) -> bytes:
    return json.dumps({f"m{number}": number for number in range(count)}).encode()


def test_body_has_at_most_500_values() -> None:
    assert len(read_body(members(249))) == 249  # the object, 249 names and as many numbers
    with pytest.raises(BodyUnreadable):
        read_body(members(250))


def test_body_has_at_most_11_levels_around_a_value() -> None:
    assert read_body(b'{"a":' + b"[" * 10 + b"1" + b"]" * 10 + b"}")
    assert read_body(b'{"a":' + b"[" * 11 + b"]" * 11 + b"}")
    for count, inside in ((11, b"1"), (12, b"")):
        with pytest.raises(BodyUnreadable):
            read_body(b'{"a":' + b"[" * count + inside + b"]" * count + b"}")


def test_body_has_at_most_64_kib() -> None:
    assert read_body(b"{" + b" " * (64 * 1024 - 2) + b"}") == {}
    with pytest.raises(BodyUnreadable):
        read_body(b"{" + b" " * (64 * 1024 - 1) + b"}")


@pytest.mark.parametrize("body", [*TOO_MANY_VALUES.values(), *TOO_DEEP.values()])
def test_hostile_body_is_refused_before_it_is_decoded(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        read_body(body)
    assert count_calls(lambda: read_body(body)) <= 1050


def test_largest_list_that_is_admitted_is_not_walked() -> None:
    body = b"[" + b",".join([b'["x"]'] * 249) + b"]"
    assert read_body(body) == {}
    assert count_calls(lambda: read_body(body)) <= 800  # 499 values and 250 ends are counted


@pytest.mark.parametrize("body", LONG.values())
def test_long_values_cost_no_step_each(body: bytes) -> None:
    assert read_body(body) is not None
    assert count_calls(lambda: read_body(body)) <= 60


@pytest.mark.parametrize(
    "body",
    [
        rb'{"a":"\ud800"}',
        rb'{"\udfff":1}',
        rb'{"a":[["\uDBFF\ud83d"]]}',
        rb'["\udC00"]',
        rb'"\ud800"',
        b'{"a":"\xed\xa0\x80"}',
    ],
)
def test_half_of_a_character_is_refused(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        read_body(body)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'{"a":"\ud83d\ude00"}', "😀"),
        (rb'{"a":"\\ud800"}', r"\ud800"),
        (b'{"a":"\xf0\x9f\x98\x80"}', "😀"),
    ],
)
def test_whole_characters_are_read(body: bytes, text: str) -> None:
    assert read_body(body) == {"a": text}
