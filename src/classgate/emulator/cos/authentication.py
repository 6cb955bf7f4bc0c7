"""Authenticates and authorizes requests of the XML API.

The signature is in the header, in the query, in the parameter `sign`, or in a form. The codes
follow the error table (document 436/7730).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from classgate.emulator.clock import Clock
from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.operations import Target
from classgate.emulator.cos.policy_context import condition_keys
from classgate.emulator.failed_check import FailedCheck, failed_check_of
from classgate.emulator.http import Request
from classgate.emulator.registry import AccessKey, Registry
from classgate.errors import VerificationFailed
from classgate.signing import cos_policy, cos_post_policy, cos_presigned, cos_request

START_LEEWAY: Final = timedelta(seconds=5)

_TOKEN = "x-cos-security-token"
# The whole Authorization header as one parameter, as in URLs made with cos-nodejs-sdk-v5's getAuth.
_SIGN_PARAMETER = "sign"
# The same as a field of a form, as cos-wx-sdk-v5 sends it.
_SIGN_FIELD = "signature"
_REFUSALS = {
    "access_key": ("AccessDenied", "The policy is for another SecretId or time."),
    # Clients correct their clock when they read exactly this message (cos-js-sdk-v5).
    "expired": ("AccessDenied", "Request has expired"),
    "not_yet_valid": ("RequestTimeTooSkewed", "The signature is not valid yet."),
    "signature": ("SignatureDoesNotMatch", "The Signature you specified is invalid."),
    "format": ("AccessDenied", "The authorization cannot be parsed."),
}
_LISTS = frozenset({"GetBucket", "ListMultipartUploads"})
_EACH_KEY_APART = frozenset({"DeleteMultipleObjects"})


@dataclass(frozen=True)
class Caller:
    """The key that signed a request. A form has its fields and, if one was signed, its policy."""

    key: AccessKey
    form: cos_post_policy.PostForm | None = None
    fields: Mapping[str, str] | None = None


class Authenticator:
    """Verifies signatures.

    Unknown: by how much a signature may start in the future at the cloud. Here it is 5 seconds,
    because servers that hand out keys round their start time up.
    """

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    def authenticate(self, request: Request) -> Caller:
        """Return who signed the request. Raises `CosError`.

        Unknown: which fault the cloud reports when there are several. Differs: a signature of the
        JSON API in `sign` is refused here; the cloud accepts it for reading objects.
        Unknown: whether the cloud accepts a sub-resource, such as `acl`, that the signature does
        not cover; here it does.
        """
        received = _received(request)
        authorization = _read(request, received)
        key = self._verify(received, authorization)
        self._require_token(request.header(_TOKEN) or request.parameter(_TOKEN) or "", key)
        return Caller(key)

    def authenticate_form(self, request: Request, fields: Mapping[str, str]) -> Caller:
        """Return who signed a form. Raises `CosError`.

        A form is signed by its policy. Without one, its field `Signature` holds the authorization
        of a POST to `/`, which covers headers of the request and no field.

        Unknown: which of the two counts when a form has both; here it is the policy.
        """
        if "policy" not in fields and _SIGN_FIELD in fields:
            try:
                authorization = cos_request.read_authorization(fields[_SIGN_FIELD])
            except VerificationFailed as error:
                raise _unreadable() from error
            caller = Caller(self._verify(_received(request), authorization), fields=fields)
        else:
            caller = self._verify_policy(fields)
        self._require_token(fields.get(_TOKEN) or request.header(_TOKEN) or "", caller.key)
        return caller

    def _find_key(self, secret_id: str) -> AccessKey:
        """Return an access key. Raises `CosError` InvalidAccessKeyId."""
        key = self._registry.find_key(secret_id)
        if key is None:
            raise CosError(
                "InvalidAccessKeyId", "The SecretId does not exist.", check=FailedCheck.KEY_ID
            )
        return key

    def _verify(
        self, received: cos_request.CosRequest, authorization: cos_request.Authorization
    ) -> AccessKey:
        """Return the key of a valid signature. Raises `CosError`.

        Differs: the host may be signed with its port or without; official clients disagree.
        """
        key = self._find_key(authorization.secret_id)
        refusal = None
        for variant in _host_variants(received):
            try:
                cos_request.verify(
                    variant,
                    authorization,
                    secret_key=key.secret_key,
                    at=self._clock.now(),
                    leeway=START_LEEWAY,
                )
            except VerificationFailed as error:
                refusal = error
            else:
                return key
            if refusal.failed_check != "signature":
                raise CosError(*_REFUSALS[refusal.failed_check], check=failed_check_of(refusal))
        raise CosError(
            *_REFUSALS["signature"],
            _signed_elements(*cos_request.signed_texts(received, authorization)),
            check=FailedCheck.SIGNATURE,
        )

    def _verify_policy(self, fields: Mapping[str, str]) -> Caller:
        try:
            read = cos_post_policy.read_post_form(fields)
            key = self._find_key(read.secret_id)
            form = cos_post_policy.verify_post_form(
                fields, secret_key=key.secret_key, at=self._clock.now(), leeway=START_LEEWAY
            )
        except VerificationFailed as error:
            refusal, check = _form_refusal(error)
            if check is not FailedCheck.SIGNATURE:
                raise CosError(*refusal, check=check) from error
            text = read.policy_text
            details = _signed_elements(
                text.decode(errors="replace"), cos_post_policy.string_to_sign(text)
            )
            raise CosError(*refusal, details, check=check) from error
        return Caller(key, form, fields)

    def _require_token(self, session_token: str, key: AccessKey) -> None:
        """Raise `CosError` unless the token is that of the key and the key has not expired.

        Unknown: the code for a token that is missing or belongs to another key.
        """
        if not hmac.compare_digest(session_token.encode(), (key.session_token or "").encode()):
            raise CosError(
                "InvalidSecurity",
                "The session token is not that of the SecretId.",
                check=FailedCheck.TOKEN,
            )
        if key.has_expired(self._clock.now()):
            raise CosError(
                "ExpiredToken", "The temporary key has expired.", check=FailedCheck.TOKEN
            )


def authorize(caller: Caller, request: Request, operation: str, target: Target) -> None:
    """Raise `CosError` AccessDenied unless the policy of the caller allows the operation.

    Unknown: which resource the cloud checks for a list of objects or uploads. Here it is the
    prefix, so that a policy for one key allows a list with exactly that key as prefix.
    """
    if operation in _EACH_KEY_APART:
        return
    if operation in _LISTS:
        target = replace(target, key=request.parameter("prefix") or "")
    refusal = find_refusal(caller, request, operation, target)
    if refusal is not None:
        raise refusal


def find_refusal(
    caller: Caller, request: Request, operation: str, target: Target
) -> CosError | None:
    """Return why the policy of the caller does not allow an operation on one object, or None.

    The message names the conditions that the emulator does not know.
    """
    if caller.key.policy is None:
        return None
    asked = cos_policy.ObjectResource(
        target.region, target.bucket.rpartition("-")[2], target.bucket, target.key
    )
    action, context = f"name/cos:{operation}", condition_keys(request, caller.fields)
    policy = caller.key.policy
    if cos_policy.policy_allows(policy, action=action, resource=asked, context=context):
        return None
    unknown = cos_policy.unknown_conditions(policy, action=action, resource=asked, context=context)
    message = f"The policy does not allow {action}."
    if unknown:
        names = ", ".join(dict.fromkeys(unknown))
        message += f" The emulator does not know these conditions of the policy: {names[:1024]}."
    return CosError("AccessDenied", message, check=FailedCheck.POLICY)


def _received(request: Request) -> cos_request.CosRequest:
    return cos_request.CosRequest(request.method, request.path, request.parameters, request.headers)


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
        raise _unreadable() from error
    raise CosError(
        "AccessDenied",
        "The request is not signed, and the bucket is private.",
        check=FailedCheck.ANONYMOUS,
    )


def _unreadable() -> CosError:
    return CosError(*_REFUSALS["format"], check=FailedCheck.FORMAT)


def _form_refusal(error: VerificationFailed) -> tuple[tuple[str, str], FailedCheck]:
    """Return the code and message for a form, and the check.

    A policy that is for another SecretId than the form fails as a policy.
    """
    refusal = _REFUSALS.get(error.failed_check, _REFUSALS["format"])
    is_mixed = error.failed_check == "access_key"
    return refusal, FailedCheck.POLICY if is_mixed else failed_check_of(error)


def _host_variants(received: cos_request.CosRequest) -> list[cos_request.CosRequest]:
    portless = [
        (name, value.rpartition(":")[0] if name == "host" and ":" in value else value)
        for name, value in received.headers
    ]
    return [received, replace(received, headers=portless)]


def _signed_elements(format_string: str, string_to_sign: str) -> tuple[tuple[str, str], ...]:
    """Return what the signature should cover, so that a client can compare it with its own.

    An answer of the cloud is in https://github.com/Molunerfinn/PicGo/issues/638.
    Unknown: whether the cloud adds both elements for a form too.
    """
    return ("StringToSign", string_to_sign), ("FormatString", format_string)
