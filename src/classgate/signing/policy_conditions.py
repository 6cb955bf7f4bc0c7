"""Evaluates the conditions of a policy statement, as COS documents them.

A condition that is not known here has no answer; the caller decides what that means.
Sources: the documents Conditions (436/71306) and Condition Keys (436/71307) of COS.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Final

from classgate.errors import InvalidRequest

Value = str | int
Condition = Mapping[str, Mapping[str, object]]
Context = Mapping[str, Value]
"""The condition keys of a request and their values."""

_IF_EXIST = "_if_exist"
_NUMBER = re.compile(r"[0-9]{1,30}")
# Keys of headers and parameters that a request may leave out.
_OPTIONAL_KEY = re.compile(
    r"cos:(content-length|content-type|prefix|versionid|tls-version|x-cos-[a-z0-9-]+"
    r"|response-(content-type|content-language|content-disposition|content-encoding"
    r"|cache-control|expires))"
)


def read_condition(given: object) -> Condition:
    """Return the condition if it has the form of one. InvalidRequest otherwise."""
    if not isinstance(given, dict) or not all(isinstance(each, dict) for each in given.values()):
        raise InvalidRequest("a condition of the policy has an unknown form")
    return given


def condition_holds(condition: Condition, context: Context, *, in_doubt: bool) -> bool:
    """Return whether every part of a condition holds for a request.

    `in_doubt` is the answer for a part that has none: an unknown operator or key, or a malformed
    value.
    """
    return all(
        in_doubt if part.holds is None else part.holds for part in _parts(condition, context)
    )


def unknown_parts(condition: Condition, context: Context) -> list[str]:
    """Name the parts of a condition that have no answer, for instance `ip_equal qcs:vpc`."""
    return [part.name for part in _parts(condition, context) if part.holds is None]


@dataclass(frozen=True)
class _Part:
    """One operator with one key. `holds` is None when it is unknown."""

    name: str
    holds: bool | None


def _parts(condition: Condition, context: Context) -> Iterator[_Part]:
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            yield _Part(f"{operator} {key}", _holds(operator, key, wanted, context))


def _holds(operator: str, key: str, wanted: object, context: Context) -> bool | None:
    known = _OPERATORS.get(operator.removesuffix(_IF_EXIST))
    if known is None:
        return None
    if key not in context:
        absent = _OPTIONAL_KEY.fullmatch(key) is not None
        return operator.endswith(_IF_EXIST) if absent else None
    listed = wanted if isinstance(wanted, list) else [wanted]
    answers = [_compare(known.test, context[key], each) for each in listed]
    matches = True if True in answers else None if None in answers else False
    return matches if matches is None or not known.negated else not matches


def _compare(test: "_Test", value: Value, wanted: object) -> bool | None:
    """Return the answer for one value, or None when it is malformed."""
    if isinstance(wanted, bool) and test is _equal_boolean:
        wanted = str(wanted).lower()
    if isinstance(wanted, bool) or not isinstance(wanted, (str, int)):
        return None
    try:
        return test(str(value), str(wanted))
    except ValueError:
        return None


def _in_network(value: str, network: str) -> bool:
    return ip_address(value) in ip_network(network, strict=False)


def _like(value: str, pattern: str) -> bool:
    # Square brackets have a meaning in fnmatch, but not in the cloud.
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


def _equal_boolean(value: str, wanted: str) -> bool:
    if wanted not in ("true", "false"):
        raise ValueError
    return value == wanted


def _numeric(compare: Callable[[int, int], bool]) -> "_Test":
    return lambda value, limit: compare(_whole_number(value), _whole_number(limit))


def _whole_number(text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError
    return int(text)


_Test = Callable[[str, str], bool]


@dataclass(frozen=True)
class _Operator:
    """A test of two values. A negated operator holds when no value passes the test."""

    test: _Test
    negated: bool = False


_equal_numbers = _numeric(int.__eq__)
_OPERATORS: Final = {
    "string_equal": _Operator(_equal),
    "string_not_equal": _Operator(_equal, negated=True),
    "string_like": _Operator(_like),
    "ip_equal": _Operator(_in_network),
    "ip_not_equal": _Operator(_in_network, negated=True),
    "numeric_equal": _Operator(_equal_numbers),
    "numeric_not_equal": _Operator(_equal_numbers, negated=True),
    "numeric_greater_than": _Operator(_numeric(int.__gt__)),
    "numeric_greater_than_equal": _Operator(_numeric(int.__ge__)),
    "numeric_less_than": _Operator(_numeric(int.__lt__)),
    "numeric_less_than_equal": _Operator(_numeric(int.__le__)),
    "bool_equal": _Operator(_equal_boolean),
}
