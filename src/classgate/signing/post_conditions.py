"""The policy of a COS upload form: parsing it, and checking whether a form satisfies it.

`cos_post_policy` signs the policy and verifies its signature. A policy with an unknown element is
refused, because ignoring a condition would widen it.
Source: the POST Object document of COS (436/14690).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self

from classgate.errors import VerificationFailed
from classgate.signing.strict_json import read_json_object

MAX_POLICY_BYTES: Final = 16_384

_KEY_TIME: Final = "q-key-time"
_AGREED: Final = frozenset({"q-sign-algorithm", "q-ak", "q-sign-time"})
_NOT_CONDITIONS: Final = frozenset({"file", "policy", "q-signature"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


@dataclass(frozen=True)
class FieldCondition:
    """Requires that a field of the form has this value, or begins with it.

    The name is in lower case.
    """

    operator: Literal["eq", "starts-with"]
    field: str
    value: str

    def holds(self, value: str) -> bool:
        """Return whether the value satisfies the condition."""
        return value == self.value if self.operator == "eq" else value.startswith(self.value)


@dataclass(frozen=True)
class PostPolicy:
    """The conditions of an upload with a form, and the last moment in which it is allowed."""

    expires_at: datetime
    conditions: tuple[FieldCondition, ...]
    size_ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def from_wire(cls, text: bytes) -> Self:
        """Parse the JSON text of a policy. VerificationFailed (format).

        `{"name": "value"}` and `["eq", "$name", "value"]` mean the same. The policy must have
        exactly one condition, with `eq`, for each of algorithm, SecretId and time.
        """
        if len(text) > MAX_POLICY_BYTES:
            raise VerificationFailed("format", "the policy is too long")
        document = read_json_object(text)
        expiration, listed = document.get("expiration"), document.get("conditions")
        if document.keys() != {"expiration", "conditions"} or not isinstance(listed, list):
            raise VerificationFailed("format", "a policy must have an expiration and conditions")
        conditions: list[FieldCondition] = []
        ranges: list[tuple[int, int]] = []
        for each in listed:
            if isinstance(each, list) and each[:1] == ["content-length-range"]:
                ranges.append(_read_range(each))
            else:
                conditions.append(_read_condition(each))
        policy = cls(_read_moment(expiration), tuple(conditions), tuple(ranges))
        policy._require_agreed()
        return policy

    def exact_value(self, field: str) -> str | None:
        """Return the only value that a field may have; None if the policy allows several."""
        for condition in self.conditions:
            if condition.field == field and condition.operator == "eq":
                return condition.value
        return None

    def find_unmet(
        self, fields: Mapping[str, str], *, bucket: str, content_length: int
    ) -> str | None:
        """Return the name of the first unsatisfied condition; None if all are satisfied.

        The form must have every field that the policy names, except the bucket. As in COS, it may
        have fields that the policy does not name.

        Args:
            fields: the fields of the form, as received.
            bucket: the full name of the bucket to which the form was sent.
            content_length: the size of the file, in bytes.

        Raises:
            VerificationFailed: (format) two names of fields differ only in case.
        """
        given = {**fold_names(fields), "bucket": bucket}
        for condition in self.conditions:
            # The policy calls it q-sign-time, the form q-key-time.
            field = _KEY_TIME if condition.field == "q-sign-time" else condition.field
            if field not in given or not condition.holds(given[field]):
                return condition.field
        if not all(minimum <= content_length <= maximum for minimum, maximum in self.size_ranges):
            return "content-length-range"
        return None

    def _require_agreed(self) -> None:
        agreed = [each for each in self.conditions if each.field in _AGREED]
        if {each.field for each in agreed} != _AGREED or len(agreed) != len(_AGREED):
            raise VerificationFailed(
                "format", "a policy must name q-sign-algorithm, q-ak and q-sign-time once each"
            )
        if any(each.operator != "eq" for each in agreed):
            raise VerificationFailed(
                "format", "a policy must name q-sign-algorithm, q-ak and q-sign-time with eq"
            )


def fold_names(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with names in lower case. VerificationFailed (format) on a collision."""
    folded = {name.lower(): value for name, value in fields.items()}
    if len(folded) != len(fields):
        raise VerificationFailed("format", "two fields of the form differ only in case")
    return folded


def _read_moment(text: object) -> datetime:
    if not isinstance(text, str) or _MOMENT.fullmatch(text) is None:
        raise VerificationFailed("format", "the expiration must be like 2030-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise VerificationFailed("format", "the expiration is not a valid time") from None


def _read_range(given: list[object]) -> tuple[int, int]:
    match given:
        case [_, int(minimum), int(maximum)] if 0 <= minimum <= maximum:
            # In Python, JSON's true is an int.
            if not isinstance(minimum, bool) and not isinstance(maximum, bool):
                return minimum, maximum
    raise VerificationFailed("format", "a content-length-range must have a minimum and a maximum")


def _read_condition(given: object) -> FieldCondition:
    match given:
        case [("eq" | "starts-with") as operator, str(name), str(value)] if name.startswith("$"):
            return _condition(operator, name, value)
        case dict() if len(given) == 1:
            name, value = next(iter(given.items()))
            if isinstance(value, str):
                return _condition("eq", name, value)
    raise VerificationFailed("format", "a condition of the policy has an unknown form")


def _condition(operator: Literal["eq", "starts-with"], name: str, value: str) -> FieldCondition:
    # Some signers write the dollar in the short form too, and COS accepts it.
    field = name.removeprefix("$").lower()
    if not field or field in _NOT_CONDITIONS:
        raise VerificationFailed("format", "a condition must not name file, policy or q-signature")
    return FieldCondition(operator, field, value)
