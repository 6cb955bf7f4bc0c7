"""Authenticates and authorizes requests of the XML API.

The signature is in the header, in the query, or in the parameter `sign`. The codes follow the error
table (document 436/7730).
"""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime

from classgate.emulator.clock import Clock
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.operations import Target
from classgate.emulator.http import Request
from classgate.emulator.registry import AccessKey, Registry
from classgate.errors import VerificationFailed
from classgate.signing import cos_policy, cos_presigned, cos_request

_TOKEN = "x-cos-security-token"
# The whole Authorization header as one parameter, as in URLs made with cos-nodejs-sdk-v5's getAuth.
_SIGN_PARAMETER = "sign"
REFUSALS = {
    "access_key": ("AccessDenied", "The policy is for another SecretId or time."),
    # Clients correct their clock when they read exactly this message (cos-js-sdk-v5).
    "expired": ("AccessDenied", "Request has expired"),
    "not_yet_valid": ("RequestTimeTooSkewed", "The signature is not valid yet."),
    "signature": ("SignatureDoesNotMatch", "The signature does not match this request."),
    "format": ("AccessDenied", "The authorization cannot be parsed."),
}


_LISTS = frozenset({"GetBucket", "ListMultipartUploads"})
_EACH_KEY_APART = frozenset({"DeleteMultipleObjects"})


@dataclass(frozen=True)
class Caller:
    """The key that signed a request, and the query parameters that the signature covers."""

    key: AccessKey
    signed_parameters: frozenset[str]


class Authenticator:
    """Verifies signatures."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    def authenticate(self, request: Request) -> Caller:
        """Return who signed the request. Raises `CosError`.

        Unknown: which fault the cloud reports when there are several. Differs: a signature of the
        JSON API in `sign` is refused here; the cloud accepts it for reading objects.
        """
        received = cos_request.CosRequest(
            request.method, request.path, request.parameters, request.headers
        )
        authorization = _read(request, received)
        key = self.find_key(authorization.secret_id)
        self._verify(received, authorization, key)
        self.require_token(request.header(_TOKEN) or request.parameter(_TOKEN) or "", key)
        return Caller(key, frozenset(authorization.url_param_list))

    def find_key(self, secret_id: str) -> AccessKey:
        """Return an access key. Raises `CosError` InvalidAccessKeyId."""
        key = self._registry.find_key(secret_id)
        if key is None:
            raise CosError("InvalidAccessKeyId", "The SecretId does not exist.")
        return key

    def now(self) -> datetime:
        return self._clock.now()

    def _verify(
        self,
        received: cos_request.CosRequest,
        authorization: cos_request.Authorization,
        key: AccessKey,
    ) -> None:
        """Raise `CosError` unless the signature is valid.

        Differs: the host may be signed with its port or without; official clients disagree.
        """
        refusal = None
        for variant in _host_variants(received):
            try:
                cos_request.verify(
                    variant, authorization, secret_key=key.secret_key, at=self._clock.now()
                )
            except VerificationFailed as error:
                refusal = error.failed_check
            else:
                return
            if refusal != "signature":
                break
        raise CosError(*REFUSALS[refusal or "signature"])

    def require_token(self, session_token: str, key: AccessKey) -> None:
        """Raise `CosError` unless the token is that of the key and the key has not expired.

        Unknown: the code for a token that is missing or belongs to another key.
        """
        if not hmac.compare_digest(session_token.encode(), (key.session_token or "").encode()):
            raise CosError("InvalidSecurity", "The session token is not that of the SecretId.")
        if key.has_expired(self._clock.now()):
            raise CosError("ExpiredToken", "The temporary key has expired.")


def authorize(caller: Caller, request: Request, operation: str, target: Target) -> None:
    """Raise `CosError` AccessDenied unless the policy of the caller allows the operation.

    Unknown: which resource the cloud checks for a list of objects or uploads. Here it is the
    prefix, so that a policy for one key allows a list with exactly that key as prefix.
    """
    if operation in _EACH_KEY_APART:
        return
    if operation in _LISTS:
        target = replace(target, key=request.parameter("prefix") or "")
    if not is_allowed(caller, request, operation, target):
        raise CosError("AccessDenied", "The policy does not allow this.")


def is_allowed(caller: Caller, request: Request, operation: str, target: Target) -> bool:
    """Return whether the policy of the caller allows an operation on one object."""
    if caller.key.policy is None:
        return True
    return cos_policy.policy_allows(
        caller.key.policy,
        action=f"name/cos:{operation}",
        resource=cos_policy.ObjectResource(
            target.region, target.bucket.rpartition("-")[2], target.bucket, target.key
        ),
        context=_context(request),
    )


def _read(request: Request, received: cos_request.CosRequest) -> cos_request.Authorization:
    text = request.header("authorization")
    try:
        if text:
            return cos_request.read_authorization(text)
        if cos_presigned.is_presigned(received):
            return cos_presigned.read_presigned(received)
        if signed := request.parameter(_SIGN_PARAMETER):
            return cos_request.read_authorization(signed)
    except VerificationFailed as error:
        raise CosError(*REFUSALS["format"]) from error
    raise CosError("AccessDenied", "The request is not signed, and the bucket is private.")


def _host_variants(received: cos_request.CosRequest) -> list[cos_request.CosRequest]:
    portless = [
        (name, value.rpartition(":")[0] if name == "host" and ":" in value else value)
        for name, value in received.headers
    ]
    return [received, replace(received, headers=portless)]


def _context(request: Request) -> dict[str, str | int]:
    """Return the condition keys of the request."""
    context: dict[str, str | int] = {"qcs:ip": request.client}
    content_type, length = request.header("content-type"), request.header("content-length")
    if content_type is not None:
        context["cos:content-type"] = content_type
    if length is not None and length.isascii() and length.isdigit() and len(length) < 20:
        context["cos:content-length"] = int(length)
    return context
