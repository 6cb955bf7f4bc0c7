"""The rules of GetFederationToken: validates a request and creates the temporary key.

Source of the limits and codes: document 1312/48195. The maximum lifetime is that of a
sub-account's key; root and sub-account keys are not distinguished.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from classgate.emulator.api_errors import ApiError
from classgate.emulator.failed_check import FailedCheck
from classgate.emulator.registry import AccessKey, Registry
from classgate.errors import InvalidRequest, VerificationFailed
from classgate.signing import sts_messages
from classgate.signing.strict_json import read_json_object

DEFAULT_SECONDS = 1800
MAX_DURATION_SECONDS = 129_600
MAX_POLICY_LENGTH = 6144

_ANYONE = ({"qcs": "*"}, {"qcs": ["*"]})
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RESOURCE = re.compile(r"qcs::[a-z]+:[^:]*:uid/(?P<app_id>[0-9]+):.+", re.DOTALL)


class StsBackend:
    """Issues temporary keys of the account."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_federation_token(self, given: dict[str, Any], *, ignores_principal: bool) -> AccessKey:
        """Issue a temporary key for the requested policy. Raises `ApiError`.

        Unknown: how the cloud treats a `principal`. The document forbids it, and the older
        form's own SDK for Node and its samples write `{"qcs": "*"}` or `{"qcs": ["*"]}`; here these
        two are ignored in the older form, and everything else is refused.
        Unknown: which names the cloud accepts. The document says letters, the official SDKs send
        hyphens; here it is 1 to 64 of `A-Za-z0-9_-`.
        """
        _require_name(given.get("Name"))
        lifetime = _lifetime(given.get("DurationSeconds", DEFAULT_SECONDS))
        document = _policy_document(given.get("Policy"))
        try:
            asked = sts_messages.read_federation_token_fields(given)
        except InvalidRequest as error:
            raise _malformed("The policy cannot be read.") from error
        named = _principals(document)
        if named and not (ignores_principal and all(each in _ANYONE for each in named)):
            raise _malformed("The policy must not have a principal.")
        for statement in asked.policy.statements:
            for resource in statement.resources:
                self._require_own_resource(resource)
        return self._registry.add_temporary_key(asked.policy, lifetime)

    def _require_own_resource(self, resource: str) -> None:
        if resource == "*":
            return
        found = _RESOURCE.fullmatch(resource)
        if found is None:
            raise ApiError(
                "InvalidParameter.ResouceError",
                "A resource is not a valid resource name.",
                FailedCheck.POLICY,
            )
        if found["app_id"] != self._registry.cloud_app_id:
            raise ApiError(
                "InvalidParameter.GrantOtherResource",
                "A resource belongs to another account.",
                FailedCheck.POLICY,
            )


def _require_name(name: object) -> None:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ApiError("InvalidParameter.ParamError", "Name is 1 to 64 of A-Z a-z 0-9 _ -.")


def _policy_document(encoded: object) -> dict[str, Any]:
    """Return the JSON object of a policy. Raises `ApiError`.

    Differs: JSON that is not percent-encoded is refused, to find callers that forget the encoding.
    Unknown: at which length the cloud answers PolicyTooLong; here it is 6144 characters.
    """
    if not isinstance(encoded, str):
        raise ApiError("InvalidParameter.ParamError", "Policy is missing.", FailedCheck.POLICY)
    if "{" in encoded:
        raise _malformed("Policy is not percent-encoded.")
    text = unquote_plus(encoded)
    if len(text) > MAX_POLICY_LENGTH:
        raise ApiError(
            "InvalidParameter.PolicyTooLong", "The policy is too long.", FailedCheck.POLICY
        )
    try:
        return read_json_object(text.encode())
    except (VerificationFailed, UnicodeEncodeError) as error:
        raise _malformed("The policy is not a valid JSON object.") from error


def _lifetime(seconds: object) -> timedelta:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:
        raise ApiError("InvalidParameter.ParamError", "DurationSeconds must be a positive integer.")
    if seconds > MAX_DURATION_SECONDS:
        raise ApiError(
            "InvalidParameter.OverTimeError", f"DurationSeconds is at most {MAX_DURATION_SECONDS}."
        )
    return timedelta(seconds=seconds)


def _principals(document: dict[str, Any]) -> list[Any]:
    statements = document["statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return [statement["principal"] for statement in listed if "principal" in statement]


def _malformed(message: str) -> ApiError:
    return ApiError("InvalidParameter.StrategyFormatError", message, FailedCheck.POLICY)
