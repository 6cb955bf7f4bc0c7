"""The older form of STS calls: a signed HTML form, as Tencent's COS STS SDKs send it.

`cloud_api_v1` has the signature, `sts_messages` the answers; this module writes and parses the
fields. The policy is percent-encoded inside its field, and the form encodes it again.
Sources: the GetFederationToken and AssumeRole documents (1312/48195, 1312/48197),
"tencentyun/qcloud-cos-sts-sdk" (python/sts/sts.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote_plus, urlencode

from classgate.errors import InvalidRequest, SigningError
from classgate.signing.cloud_api_v1 import ParameterCall, SignatureMethod, sign_parameters
from classgate.signing.cos_policy import Policy
from classgate.signing.encoding import percent_encode, to_seconds
from classgate.signing.forms import parse_form_strictly
from classgate.signing.sts_messages import (
    ACTION,
    DEFAULT_LIFETIME,
    MAX_NAME_CHARACTERS,
    VERSION,
    FederationTokenRequest,
)

HOST: Final = "sts.tencentcloudapi.com"
CONTENT_TYPE: Final = "application/x-www-form-urlencoded"
ASSUME_ROLE: Final = "AssumeRole"
MAX_FORM_FIELDS: Final = 64

# The document allows letters only; the SDKs send hyphens.
_NAME = re.compile(rf"[A-Za-z-]{{1,{MAX_NAME_CHARACTERS}}}")
_SESSION_NAME = re.compile(r"[A-Za-z0-9_=,.@-]{1,128}")
_ROLE_ARN = re.compile(r"qcs::cam::uin/[0-9]{1,20}:role(Name)?/[A-Za-z0-9_+=,.@-]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class AssumeRoleRequest:
    """The parameters of AssumeRole. Without a policy, the keys have all permissions of the role."""

    role_arn: str
    session_name: str
    policy: Policy | None
    lifetime: timedelta


def issue_federation_token_form(
    request: FederationTokenRequest,
    *,
    region: str,
    secret_id: str,
    secret_key: str,
    issued_at: datetime,
    nonce: int,
    method: SignatureMethod | None = None,
    host: str = HOST,
) -> dict[str, str]:
    """Return the signed fields of a GetFederationToken call.

    Args:
        request: the name, the policy and the lifetime in whole seconds.
        region: the region of the call.
        secret_id: the SecretId.
        secret_key: its SecretKey.
        issued_at: the time of the signature, rounded down to a second.
        nonce: a random number of at most 64 bits.
        method: the signature method; None omits it, which means HmacSHA1.
        host: the host, which is signed too.

    Raises:
        SigningError: the name or another value is not valid.
    """
    if _NAME.fullmatch(request.name) is None:
        raise SigningError("the name of a federation token must have letters and hyphens only")
    own = {"Name": request.name, "Policy": percent_encode(request.policy.to_wire())}
    return sign_parameters(
        _call(ACTION, own, request.lifetime, region, host),
        secret_id=secret_id,
        secret_key=secret_key,
        issued_at=issued_at,
        nonce=nonce,
        method=method,
    )


def issue_assume_role_form(
    request: AssumeRoleRequest,
    *,
    region: str,
    secret_id: str,
    secret_key: str,
    issued_at: datetime,
    nonce: int,
    method: SignatureMethod | None = None,
    host: str = HOST,
) -> dict[str, str]:
    """Return the signed fields of an AssumeRole call.

    The arguments are those of `issue_federation_token_form`. SigningError for an invalid role or
    session name.
    """
    _require_role(request)
    own = {"RoleArn": request.role_arn, "RoleSessionName": request.session_name}
    if request.policy is not None:
        own["Policy"] = percent_encode(request.policy.to_wire())
    return sign_parameters(
        _call(ASSUME_ROLE, own, request.lifetime, region, host),
        secret_id=secret_id,
        secret_key=secret_key,
        issued_at=issued_at,
        nonce=nonce,
        method=method,
    )


def encode_form(fields: Mapping[str, str]) -> bytes:
    """Return the body of the call: the form-encoded fields."""
    return urlencode(fields).encode()


def parse_form(body: bytes) -> dict[str, str]:
    """Parse a form-encoded body. VerificationFailed (format), also for a duplicate field.

    Parsers disagree on which duplicate counts, and only one was signed. The caller limits the size.
    """
    return dict(parse_form_strictly(body, max_fields=MAX_FORM_FIELDS, what="the body"))


def read_assume_role_fields(given: Mapping[str, str]) -> AssumeRoleRequest:
    """Parse the fields of an AssumeRole call. InvalidRequest.

    For GetFederationToken, see `sts_messages.read_federation_token_fields`.
    """
    seconds = given.get("DurationSeconds", str(DEFAULT_LIFETIME // timedelta(seconds=1)))
    if _SECONDS.fullmatch(seconds) is None:
        raise InvalidRequest("DurationSeconds is not a number")
    policy = given.get("Policy")
    request = AssumeRoleRequest(
        given.get("RoleArn", ""),
        given.get("RoleSessionName", ""),
        None if policy is None else Policy.from_wire(unquote_plus(policy)),
        timedelta(seconds=int(seconds)),
    )
    _require_role(request)
    return request


def _require_role(request: AssumeRoleRequest) -> None:
    if _ROLE_ARN.fullmatch(request.role_arn) is None:
        raise SigningError("RoleArn is not the ARN of a role")
    if _SESSION_NAME.fullmatch(request.session_name) is None:
        raise SigningError("RoleSessionName is not valid")


def _call(
    action: str, own: Mapping[str, str], lifetime: timedelta, region: str, host: str
) -> ParameterCall:
    return ParameterCall(
        host,
        {
            "Action": action,
            "Version": VERSION,
            "Region": region,
            "DurationSeconds": str(to_seconds(lifetime)),
            **own,
        },
    )
