"""The policies that bound temporary credentials: written, read, and asked.

A policy made here names one object or one prefix, so it can never allow another. Who may have which
is decided elsewhere; so is sending it. Statements are evaluated as the emulator has to:
deny wins, and whatever is not understood is refused.
Sources: "tencentyun/qcloud-cos-sts-sdk", the GetFederationToken document (1312/48195).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

import msgspec

from classgate.errors import InvalidRequest, SigningError, VerificationFailed
from classgate.signing.policy_conditions import (
    Condition,
    Context,
    condition_holds,
    read_condition,
    unknown_parts,
)
from classgate.signing.policy_resources import ObjectResource, pattern_matches, resource
from classgate.signing.strict_json import read_json_object

__all__ = [
    "UPLOAD_ACTIONS",
    "ObjectResource",
    "Policy",
    "Statement",
    "policy_allows",
    "policy_for_object",
    "policy_for_prefix",
    "resource",
    "unknown_conditions",
]

UPLOAD_ACTIONS: Final = (
    "name/cos:PutObject",
    "name/cos:PostObject",
    "name/cos:InitiateMultipartUpload",
    "name/cos:ListMultipartUploads",
    "name/cos:ListParts",
    "name/cos:UploadPart",
    "name/cos:CompleteMultipartUpload",
    # The samples leave this out; without it a client that gives up leaves its parts behind.
    "name/cos:AbortMultipartUpload",
)
MAX_POLICY_CHARACTERS: Final = 65_536

_ACTION_PREFIX: Final = "name/"
_OBJECT_KEY = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_STATEMENT_MEMBERS = frozenset({"effect", "action", "resource", "condition", "principal"})


@dataclass(frozen=True)
class Statement:
    """Allows or denies these actions on these resources, when the condition holds."""

    effect: Literal["allow", "deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None = None


@dataclass(frozen=True)
class Policy:
    """What temporary credentials may do; nothing that no statement allows."""

    statements: tuple[Statement, ...]

    def to_wire(self) -> str:
        """The JSON text, without a `principal`: GetFederationToken forbids one."""
        document = {"version": "2.0", "statement": [_write(each) for each in self.statements]}
        return msgspec.json.encode(document).decode()

    @classmethod
    def from_wire(cls, text: str) -> Self:
        """Read a policy in any form that the official SDKs write.

        A `principal` is ignored, as Tencent's Node SDK writes one. InvalidRequest for anything
        that is not understood: leaving it out could widen the policy.
        """
        if len(text) > MAX_POLICY_CHARACTERS:
            raise InvalidRequest("the policy is too long")
        try:
            document = read_json_object(text.encode(errors="surrogatepass"))
        except VerificationFailed:
            raise InvalidRequest("the policy is not one sound JSON object") from None
        if document.get("version") != "2.0" or document.keys() - {"version", "statement"}:
            raise InvalidRequest("the policy is not of version 2.0, or has unknown members")
        statements = document.get("statement")
        listed = statements if isinstance(statements, list) else [statements]
        if not listed:
            raise InvalidRequest("the policy has no statement")
        return cls(tuple(_read(each) for each in listed))


def policy_for_object(
    *,
    region: str,
    cloud_app_id: str,
    bucket: str,
    object_key: str,
    actions: tuple[str, ...] = UPLOAD_ACTIONS,
) -> Policy:
    """Allows the actions on exactly one object.

    SigningError unless the key is plain ASCII without a wildcard, an empty part, `.` or `..`.
    """
    _require_plain_key(object_key)
    return _allow(actions, resource(region, cloud_app_id, bucket, object_key))


def policy_for_prefix(
    *,
    region: str,
    cloud_app_id: str,
    bucket: str,
    prefix: str,
    actions: tuple[str, ...] = UPLOAD_ACTIONS,
) -> Policy:
    """Allows the actions on every object under a prefix, which ends with a slash.

    SigningError unless the prefix is plain as a key is.
    """
    if not prefix.endswith("/"):
        raise SigningError("a prefix in a policy ends with a slash")
    _require_plain_key(prefix.removesuffix("/"))
    return _allow(actions, resource(region, cloud_app_id, bucket, f"{prefix}*"))


def policy_allows(
    policy: Policy, *, action: str, resource: ObjectResource, context: Context | None = None
) -> bool:
    """Whether credentials of this policy may do this. Deny wins; silence is no.

    What is not understood counts against: an unknown condition, or a wildcard in the middle of a
    name, never makes an allow apply, and always makes a deny apply.
    """
    known = context or {}
    if any(_applies(each, action, resource, known) for each in policy.statements if _denies(each)):
        return False
    return any(
        _applies(each, action, resource, known) for each in policy.statements if not _denies(each)
    )


def unknown_conditions(
    policy: Policy, *, action: str, resource: ObjectResource, context: Context | None = None
) -> list[str]:
    """Name the conditions without an answer in the statements about this action and resource."""
    known = context or {}
    return [
        part
        for each in policy.statements
        if each.condition is not None and _concerns(each, action, resource, in_doubt=True)
        for part in unknown_parts(each.condition, known)
    ]


def _denies(statement: Statement) -> bool:
    return statement.effect == "deny"


def _applies(statement: Statement, action: str, asked: ObjectResource, context: Context) -> bool:
    in_doubt = _denies(statement)
    return _concerns(statement, action, asked, in_doubt=in_doubt) and (
        statement.condition is None
        or condition_holds(statement.condition, context, in_doubt=in_doubt)
    )


def _concerns(statement: Statement, action: str, asked: ObjectResource, *, in_doubt: bool) -> bool:
    """Return whether a statement is about this action and resource."""
    return any(_action_matches(each, action, in_doubt=in_doubt) for each in statement.actions) and (
        any(pattern_matches(each, asked, in_doubt=in_doubt) for each in statement.resources)
    )


def _action_matches(pattern: str, action: str, *, in_doubt: bool) -> bool:
    # Documents write both `name/cos:PutObject` and `cos:PutObject`.
    pattern, action = pattern.removeprefix(_ACTION_PREFIX), action.removeprefix(_ACTION_PREFIX)
    beginning = pattern.removesuffix("*")
    if not {"*", "?"}.isdisjoint(beginning):
        return in_doubt
    return action.startswith(beginning) if beginning != pattern else action == pattern


def _allow(actions: tuple[str, ...], allowed: str) -> Policy:
    return Policy((Statement("allow", actions, (allowed,)),))


def _require_plain_key(key: str) -> None:
    segments = key.split("/")
    if _OBJECT_KEY.fullmatch(key) is None or not {".", ".."}.isdisjoint(segments):
        raise SigningError(
            "an object key in a policy is plain: letters, digits, '.', '_', '-', '/'"
        )


def _write(statement: Statement) -> Mapping[str, object]:
    written: dict[str, object] = {
        "effect": statement.effect,
        "action": statement.actions,
        "resource": statement.resources,
    }
    if statement.condition is not None:
        written["condition"] = statement.condition
    return written


def _read(given: object) -> Statement:
    if not isinstance(given, dict) or given.keys() - _STATEMENT_MEMBERS:
        raise InvalidRequest("a statement of the policy is not understood")
    effect = given.get("effect")
    if effect != "allow" and effect != "deny":  # noqa: PLR1714 - it may be unhashable
        raise InvalidRequest("the effect of a statement is neither allow nor deny")
    condition = read_condition(given["condition"]) if "condition" in given else None
    return Statement(effect, _texts(given.get("action")), _texts(given.get("resource")), condition)


def _texts(given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else [given]
    if not listed or not all(isinstance(each, str) and each for each in listed):
        raise InvalidRequest("a statement of the policy lacks its actions or resources")
    return tuple(listed)
