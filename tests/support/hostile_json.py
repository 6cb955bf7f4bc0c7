"""Bodies of 64 KiB that cost a decoder, or whoever looks at what it made, as much as can be."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

SIZE = 64 * 1024


def _fill(unit: bytes, head: bytes, tail: bytes) -> bytes:
    return head + b",".join([unit] * ((SIZE - 12) // (len(unit) + 1))) + tail


def _in_object(unit: bytes) -> bytes:
    return _fill(unit, b'{"a":[', b"]}")


TOO_MANY_VALUES = {
    "nested lists": _fill(b"[[[[[[[[[[]]]]]]]]]]", b"[", b"]"),
    "nested lists in an object": _in_object(b"[[[[[[[[]]]]]]]]"),
    "numbers": _fill(b"1", b"[", b"]"),
    "numbers in an object": _in_object(b"1"),
    "floats": _in_object(b"1.5e300"),
    "long numbers": _in_object(b"1" * 30),
    "empty lists": _in_object(b"[]"),
    "empty objects": _in_object(b"{}"),
    "empty texts": _in_object(b'""'),
    "texts of escapes": _in_object(rb'"\u4e2d\"\\"'),
    "objects": _in_object(b'{"":0}'),
    "one name again and again": _fill(b'"a":1', b"{", b"}"),
    "many names": b"{" + b",".join(b'"%x":1' % number for number in range(6500)) + b"}",
}
TOO_DEEP = {
    "lists": b"[" * (SIZE // 2) + b"]" * (SIZE // 2),
    "objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "lists without an end": b"[" * SIZE,
}
LONG = {
    "a long text": b'{"a":"' + b"x" * (SIZE - 10) + b'"}',
    "a text of escapes": b'{"a":"' + rb"\u0041" * 10_900 + b'"}',
    "a text of Chinese": b'{"a":"' + "中".encode() * 21_000 + b'"}',
    "a long float": b'{"a":0.' + b"1" * (SIZE - 10) + b"}",
    "a long name": b'{"' + b"x" * (SIZE - 10) + b'":1}',
    "blanks": b"{" + b" " * (SIZE - 10) + b"}",
}


class Calls:
    """Functions called, by Python code or by name in C: the work that a body causes, as a number
    that is the same on every machine."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> None:
        self.count += event in {"call", "c_call"}


def count_calls(work: Callable[[], Any]) -> int:
    """How many calls it makes, refused or not."""
    calls = Calls()
    before = sys.getprofile()
    sys.setprofile(calls)
    try:
        work()
    except Exception:  # noqa: S110 — what it says is another test's
        pass
    finally:
        sys.setprofile(before)
    return calls.count
