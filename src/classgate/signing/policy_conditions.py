"""The conditions of a policy statement.

Only the operators of the official samples are known; `in_doubt` decides for all others.
Source: "tencentyun/qcloud-cos-sts-sdk" (README, scope and condition samples).
"""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Final

from classgate.errors import InvalidRequest

Value = str | int
Condition = Mapping[str, Mapping[str, object]]
Context = Mapping[str, Value]
"""The properties of a request: `qcs:ip`, `cos:content-type`, `cos:content-length`."""

_Test = Callable[[str, str], bool]
_IF_EXIST = "_if_exist"
_NUMBER = re.compile(r"[0-9]{1,30}")


def read_condition(given: object) -> Condition:
    """Return the condition if it has the form of one. InvalidRequest otherwise."""
    if not isinstance(given, dict) or not all(isinstance(each, dict) for each in given.values()):
        raise InvalidRequest("a condition of the policy has an unknown form")
    return given


def condition_holds(condition: Condition, context: Context, *, in_doubt: bool) -> bool:
    """Return whether every part of a condition holds for a request.

    `in_doubt` is the result for an unknown operator, a malformed value, or a property that is not
    in the context.
    """
    return all(
        _part_holds(operator, key, wanted, context, in_doubt)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _part_holds(operator: str, key: str, wanted: object, context: Context, in_doubt: bool) -> bool:
    test = _TESTS.get(operator.removesuffix(_IF_EXIST))
    if test is None:
        return in_doubt
    if key not in context:
        return True if operator.endswith(_IF_EXIST) else in_doubt
    # Evaluated separately: an unknown value must not hide a known one.
    return any(_test(test, context[key], each, in_doubt) for each in _listed(wanted))


def _listed(wanted: object) -> list[object]:
    return wanted if isinstance(wanted, list) else [wanted]


def _test(test: _Test, value: Value, wanted: object, in_doubt: bool) -> bool:
    if isinstance(wanted, bool) or not isinstance(wanted, (str, int)):
        return in_doubt
    try:
        return test(str(value), str(wanted))
    except ValueError:
        return in_doubt


def _in_network(value: str, network: str) -> bool:
    return ip_address(value) in ip_network(network, strict=False)


def _like(value: str, pattern: str) -> bool:
    # Square brackets have a meaning in fnmatch, but not in the cloud.
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


def _at_most(value: str, limit: str) -> bool:
    return _whole_number(value) <= _whole_number(limit)


def _whole_number(text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError
    return int(text)


_TESTS: Final[dict[str, _Test]] = {
    "ip_equal": _in_network,
    "string_like": _like,
    "string_equal": _equal,
    "numeric_less_than_equal": _at_most,
}
