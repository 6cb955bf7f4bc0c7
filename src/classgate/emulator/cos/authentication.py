"""Who calls the XML API, and may they: signed in the header, in the query, or in its `sign`.

Which code goes with which fault: the error table (document 436/7730), as far as it says.
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
# The Authorization header as one parameter: how clients of cos-nodejs-sdk-v5's getAuth make URLs.
_WHOLE = "sign"
REFUSALS = {
    "access_key": ("AccessDenied", "The policy is for another SecretId or time."),
    # Clients correct their clock when they read exactly this message (cos-js-sdk-v5).
    "expired": ("AccessDenied", "Request has expired"),
    "not_yet_valid": ("RequestTimeTooSkewed", "The signature is not valid yet."),
    "signature": ("SignatureDoesNotMatch", "The signature is not that of this request."),
    "format": ("AccessDenied", "The authorization cannot be read."),
}


_LISTS = frozenset({"GetBucket", "ListMultipartUploads"})
_EACH_KEY_APART = frozenset({"DeleteMultipleObjects"})


@dataclass(frozen=True)
class Caller:
    """Whose signature it is, and which query parameters it covers."""

    key: AccessKey
    signed_parameters: frozenset[str]


class Authenticator:
    """Verifies signatures."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    def authenticate(self, request: Request) -> Caller:
        """Who signed the request. Raises `CosError`.

        Unknown: which fault the cloud names when there are several. Differs: a signature of the
        JSON API in `sign` is refused here, and opens objects at the cloud.
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
        """Raises `CosError` InvalidAccessKeyId."""
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
        """Raises `CosError`.

        Differs: the host counts as signed with its port or without; official clients disagree.
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

    def require_token(self, shown: str, key: AccessKey) -> None:
        """The session token, from wherever it stood, signed or not: that of the key.

        Unknown: the code for a token that is missing or another key's.
        """
        if not hmac.compare_digest(shown.encode(), (key.session_token or "").encode()):
            raise CosError("InvalidSecurity", "The session token is not that of the SecretId.")
        if key.has_expired(self._clock.now()):
            raise CosError("ExpiredToken", "The temporary key has expired.")


def authorize(caller: Caller, request: Request, operation: str, target: Target) -> None:
    """Whether the caller's policy allows it. Raises `CosError` AccessDenied.

    Unknown: what the cloud takes for the resource of a list, of objects or of uploads. Here it is
    the prefix that is listed, so that a policy for one key lists with just that key as prefix.
    """
    if operation in _EACH_KEY_APART:
        return
    if operation in _LISTS:
        target = replace(target, key=request.parameter("prefix") or "")
    if not is_allowed(caller, request, operation, target):
        raise CosError("AccessDenied", "The policy does not allow this.")


def is_allowed(caller: Caller, request: Request, operation: str, target: Target) -> bool:
    """Whether the caller's policy allows this with the one object."""
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
        if signed := request.parameter(_WHOLE):
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
    """What a policy's conditions may ask about."""
    context: dict[str, str | int] = {"qcs:ip": request.client}
    content_type, length = request.header("content-type"), request.header("content-length")
    if content_type is not None:
        context["cos:content-type"] = content_type
    if length is not None and length.isascii() and length.isdigit() and len(length) < 20:
        context["cos:content-length"] = int(length)
    return context
