"""The policies that limit temporary credentials: writing, parsing and evaluating them.

A policy made here names one object or one prefix, so it cannot allow another. The evaluation is for
the emulator: deny wins, and unknown elements refuse access.
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
    # The samples omit this; a client that aborts an upload then cannot remove its parts.
    "name/cos:AbortMultipartUpload",
)
MAX_POLICY_CHARACTERS: Final = 65_536

_ACTION_PREFIX: Final = "name/"
_OBJECT_KEY = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_STATEMENT_MEMBERS = frozenset({"effect", "action", "resource", "condition", "principal"})


@dataclass(frozen=True)
class Statement:
    """Allows or denies these actions on these resources if the condition holds."""

    effect: Literal["allow", "deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None = None


@dataclass(frozen=True)
class Policy:
    """The permissions of temporary credentials; what no statement allows is refused."""

    statements: tuple[Statement, ...]

    def to_wire(self) -> str:
        """Return the JSON text, without a `principal`, which GetFederationToken forbids."""
        document = {"version": "2.0", "statement": [_write(each) for each in self.statements]}
        return msgspec.json.encode(document).decode()

    @classmethod
    def from_wire(cls, text: str) -> Self:
        """Parse a policy in any form that the official SDKs write.

        A `principal` is ignored, because Tencent's Node SDK writes one. InvalidRequest for any
        unknown element, because ignoring it could widen the policy.
        """
        if len(text) > MAX_POLICY_CHARACTERS:
            raise InvalidRequest("the policy is too long")
        try:
            document = read_json_object(text.encode(errors="surrogatepass"))
        except VerificationFailed:
            raise InvalidRequest("the policy is not one valid JSON object") from None
        if document.get("version") != "2.0" or document.keys() - {"version", "statement"}:
            raise InvalidRequest("the policy must have version 2.0 and no unknown members")
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
    """Return a policy that allows the actions on exactly one object.

    Args:
        region: the bucket's region.
        cloud_app_id: the APPID.
        bucket: the bucket with its APPID.
        object_key: the object, without a leading slash.
        actions: the allowed actions.

    Raises:
        SigningError: the key contains other characters than `A-Za-z0-9._-/`, an empty segment,
            `.` or `..`; or the bucket is not the account's.
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
    """Return a policy that allows the actions on every object below a prefix.

    The prefix ends with a slash. The other arguments and errors are those of `policy_for_object`.
    """
    if not prefix.endswith("/"):
        raise SigningError("a prefix in a policy must end with a slash")
    _require_plain_key(prefix.removesuffix("/"))
    return _allow(actions, resource(region, cloud_app_id, bucket, f"{prefix}*"))


def policy_allows(
    policy: Policy, *, action: str, resource: ObjectResource, context: Context | None = None
) -> bool:
    """Return whether the policy allows the action. Deny wins; the default is deny.

    An unknown condition, or a wildcard in the middle of a name, never makes an allow apply, and
    always makes a deny apply.
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
            "an object key in a policy must consist of letters, digits, '.', '_', '-' and '/'"
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
        raise InvalidRequest("a statement of the policy has an unknown form")
    effect = given.get("effect")
    if effect != "allow" and effect != "deny":  # noqa: PLR1714 - it may be unhashable
        raise InvalidRequest("the effect of a statement must be allow or deny")
    condition = read_condition(given["condition"]) if "condition" in given else None
    return Statement(effect, _texts(given.get("action")), _texts(given.get("resource")), condition)


def _texts(given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else [given]
    if not listed or not all(isinstance(each, str) and each for each in listed):
        raise InvalidRequest("a statement of the policy lacks its actions or resources")
    return tuple(listed)
