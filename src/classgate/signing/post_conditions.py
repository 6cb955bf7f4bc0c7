"""The policy inside a COS upload form: what it says, and whether a form keeps to it.

Signing the policy and checking its signature is `cos_post_policy`'s. A policy that is not
understood to its last word is refused, because leaving a condition out would widen it.
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
    """One field of the form has this value, or begins with it. The name is in lower case."""

    operator: Literal["eq", "starts-with"]
    field: str
    value: str

    def holds(self, value: str) -> bool:
        """Whether the field may have this value."""
        return value == self.value if self.operator == "eq" else value.startswith(self.value)


@dataclass(frozen=True)
class PostPolicy:
    """What a form with this policy may upload, and until when, the last moment included."""

    expires_at: datetime
    conditions: tuple[FieldCondition, ...]
    size_ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def from_wire(cls, text: bytes) -> Self:
        """Read the JSON text of a policy. VerificationFailed (format).

        `{"name": "value"}` and `["eq", "$name", "value"]` mean the same. The algorithm, the
        SecretId and the time of the signature have to be there, each once and exact.
        """
        if len(text) > MAX_POLICY_BYTES:
            raise VerificationFailed("format", "the policy is too long")
        document = read_json_object(text)
        expiration, listed = document.get("expiration"), document.get("conditions")
        if document.keys() != {"expiration", "conditions"} or not isinstance(listed, list):
            raise VerificationFailed("format", "a policy has an expiration and conditions")
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

    def exact(self, field: str) -> str | None:
        """The one value that a field may have, or None when the policy leaves a choice."""
        for condition in self.conditions:
            if condition.field == field and condition.operator == "eq":
                return condition.value
        return None

    def find_unmet(
        self, fields: Mapping[str, str], *, bucket: str, content_length: int
    ) -> str | None:
        """The name of the first condition that an upload is against; None when all are met.

        `fields` are the form's as they were sent, `bucket` the full name of the bucket that was
        addressed. Every field that the policy names must be in the form, but for the bucket. As in
        COS, the form may have fields that the policy does not name. VerificationFailed (format)
        when two of its names differ only in case.
        """
        given = {**fold_names(fields), "bucket": bucket}
        for condition in self.conditions:
            # The policy says q-sign-time for what the form calls q-key-time.
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
                "format", "a policy names q-sign-algorithm, q-ak and q-sign-time, each once"
            )
        if any(each.operator != "eq" for each in agreed):
            raise VerificationFailed("format", "a policy names what signs it exactly")


def fold_names(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields by names in lower case. VerificationFailed (format) when two fall together."""
    folded = {name.lower(): value for name, value in fields.items()}
    if len(folded) != len(fields):
        raise VerificationFailed("format", "two fields of the form differ only in case")
    return folded


def _read_moment(text: object) -> datetime:
    if not isinstance(text, str) or _MOMENT.fullmatch(text) is None:
        raise VerificationFailed("format", "the expiration is not of the form 2030-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise VerificationFailed("format", "the expiration is no moment of the calendar") from None


def _read_range(given: list[object]) -> tuple[int, int]:
    match given:
        case [_, int(minimum), int(maximum)] if 0 <= minimum <= maximum:
            # JSON's true would pass for 1.
            if not isinstance(minimum, bool) and not isinstance(maximum, bool):
                return minimum, maximum
    raise VerificationFailed("format", "a content-length-range has a minimum and a maximum size")


def _read_condition(given: object) -> FieldCondition:
    match given:
        case [("eq" | "starts-with") as operator, str(name), str(value)] if name.startswith("$"):
            return _condition(operator, name, value)
        case dict() if len(given) == 1:
            name, value = next(iter(given.items()))
            if isinstance(value, str):
                return _condition("eq", name, value)
    raise VerificationFailed("format", "a condition of the policy is not understood")


def _condition(operator: Literal["eq", "starts-with"], name: str, value: str) -> FieldCondition:
    # Some signers write the dollar in the short form too, and COS takes it.
    field = name.removeprefix("$").lower()
    if not field or field in _NOT_CONDITIONS:
        raise VerificationFailed("format", "a policy cannot bind the file, itself or its signature")
    return FieldCondition(operator, field, value)
