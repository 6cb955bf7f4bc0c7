import pytest
from tests.support.hostile_json import LONG, TOO_DEEP, TOO_MANY_VALUES, count_calls

from classgate.input_bounds import JsonBounds, allows_query

BOUNDS = JsonBounds(size=64 * 1024, values=10, levels=3)


@pytest.mark.parametrize(
    ("most", "too_much"),
    [
        (b"[1,2,3,4,5,6,7,8,9]", b"[1,2,3,4,5,6,7,8,9,10]"),
        (b'{"a":1,"b":2,"c":3,"d":4}', b'{"a":1,"b":2,"c":3,"d":4,"e":5}'),
        (b'["","","","","","","","",""]', b'["","","","","","","","","",""]'),
        (b"[[],[],[],[],[],[],[],[],[]]", b"[[],[],[],[],[],[],[],[],[],[]]"),
        (b"[{},{},{},{},{},{},{},{},{}]", b"[{},{},{},{},{},{},{},{},{},{}]"),
        (b"[null,true,false,-1,1e9,0,0,0,0]", b"[null,true,false,-1,1e9,0,0,0,0,0]"),
        (b"[[1]]", b"[[[1]]]"),
        (b"[[[]]]", b"[[[[]]]]"),
        (b'{"a":{"b":1}}', b'{"a":{"b":{"c":1}}}'),
        (b'{"a":{"b":{}}}', b'{"a":{"b":{"c":{}}}}'),
        (b"[[],[[]],[]]", b"[[],[[[]]],[]]"),
    ],
)
def test_last_that_is_admitted_and_first_that_is_not(most: bytes, too_much: bytes) -> None:
    assert BOUNDS.allows(most)
    assert not BOUNDS.allows(too_much)


def test_size_is_bounded_in_bytes() -> None:
    text = '["中"]'.encode()
    assert JsonBounds(size=7, values=10).allows(text)
    assert not JsonBounds(size=6, values=10).allows(text)


@pytest.mark.parametrize(
    "text",
    [
        b'["[[[[[[[[[[", "{{{{{{{{{{", ",,,,,,,,,,,,,,,,,"]',
        rb'["\"[[[[[[,,,,,,,,,,,,,,,", "\\", 1]',
        rb'["\\\"[[[[[[,,,,,,,,,,,,,,,"]',
        b'["a\n[[[[[[,,,,,,,,,,,,,,,"]',
    ],
)
def test_what_stands_in_a_text_does_not_count(text: bytes) -> None:
    assert BOUNDS.allows(text)


@pytest.mark.parametrize(
    "text",
    [
        rb'["\\", [[[[1]]]]]',  # the text ends here: what follows is no part of it
        rb'["\\\\", [[[[1]]]]]',
        rb'["\u005c", [[[[1]]]]]',
        b" [\n[\r[\t[ 1 ] ] ] ]",
    ],
)
def test_what_stands_behind_a_text_counts(text: bytes) -> None:
    assert not BOUNDS.allows(text)


@pytest.mark.parametrize(
    "text", [b'"' + rb"\"" * 32_000, rb"\"" * 32_000, b'["' + b"\\" * 60_000, b'"' * 60_000]
)
def test_text_without_an_end_is_read_once(text: bytes) -> None:
    # Were it read again from each quote, this would take minutes.
    assert count_calls(lambda: JsonBounds(size=64 * 1024, values=100).allows(text)) < 250


@pytest.mark.parametrize("body", [*TOO_MANY_VALUES.values(), *TOO_DEEP.values()])
def test_hostile_body_is_refused_after_as_many_steps_as_there_may_be_values(body: bytes) -> None:
    bounds = JsonBounds(size=64 * 1024, values=500)
    assert not bounds.allows(body)
    assert count_calls(lambda: bounds.allows(body)) <= 2 * 500 + 20


@pytest.mark.parametrize("body", LONG.values())
def test_long_body_of_few_values_is_admitted_without_being_taken_apart(body: bytes) -> None:
    bounds = JsonBounds(size=64 * 1024, values=500)
    assert bounds.allows(body)
    assert count_calls(lambda: bounds.allows(body)) <= 20


def test_query_is_bounded() -> None:
    assert allows_query(b"a=" + b"x" * 4094)
    assert not allows_query(b"a=" + b"x" * 4095)
    assert allows_query(b"&".join([b"a=1"] * 32))
    assert not allows_query(b"&".join([b"a=1"] * 33))
