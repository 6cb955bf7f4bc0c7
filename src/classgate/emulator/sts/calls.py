"""Parses and authenticates calls of the cloud API, in their two formats.

A call is JSON with the action in a header and a TC3 signature (document 1278/46710), or a form
with the action and an older signature among its fields (sent by Tencent's COS STS SDKs).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from classgate.emulator.api_errors import ApiError
from classgate.emulator.failed_check import FailedCheck, failed_check_of
from classgate.emulator.http import Request
from classgate.emulator.registry import AccessKey, Registry
from classgate.errors import VerificationFailed
from classgate.signing import cloud_api, cloud_api_v1, sts_form, sts_messages
from classgate.signing.strict_json import read_json_object

_REFUSALS = {
    "expired": ("AuthFailure.SignatureExpire", "The timestamp differs by more than 300 seconds."),
    "signature": ("AuthFailure.SignatureFailure", "The signature does not match this request."),
    "format": (
        "AuthFailure.SignatureFailure",
        "The authorization or the timestamp cannot be parsed.",
    ),
}


class Call(Protocol):
    """A call in either format."""

    ignores_principal: bool

    @property
    def action(self) -> str: ...

    @property
    def version(self) -> str: ...

    def caller(self, registry: Registry, at: datetime) -> AccessKey:
        """Return the key that signed the call. Raises `ApiError`."""

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the action. Raises `ApiError`."""


def is_call(request: Request) -> bool:
    """Return whether a request is a call of the cloud API."""
    signed = (request.header("authorization") or "").startswith("TC3-")
    named = request.header("x-tc-action") is not None
    return request.raw_path == b"/" and (signed or named or _is_form(request))


def read_call(request: Request, payload: bytes) -> Call:
    """Parse a call. Raises `ApiError` when a form cannot be parsed."""
    if (request.header("authorization") or "").startswith("TC3-") or not _is_form(request):
        return JsonCall(request, payload)
    try:
        return FormCall(request, sts_form.parse_form(payload))
    except VerificationFailed as error:
        raise ApiError(*_REFUSALS["format"], FailedCheck.FORMAT) from error


@dataclass(frozen=True)
class JsonCall:
    """A call in JSON, signed with TC3-HMAC-SHA256."""

    request: Request
    payload: bytes
    service: str = sts_messages.SERVICE
    ignores_principal = False

    @property
    def action(self) -> str:
        return self.request.header("x-tc-action") or ""

    @property
    def version(self) -> str:
        return self.request.header("x-tc-version") or ""

    def caller(self, registry: Registry, at: datetime) -> AccessKey:
        authorization = self.request.header("authorization") or ""
        try:
            key = _find(registry, cloud_api.read_credential(authorization).secret_id)
            cloud_api.verify_authorization(
                method=self.request.method,
                query=self.request.raw_query,
                headers=dict(self.request.headers),
                payload=self.payload,
                authorization=authorization,
                timestamp=self.request.header("x-tc-timestamp") or "",
                service=self.service,
                secret_key=key.secret_key,
                at=at,
            )
        except VerificationFailed as error:
            raise _refusal(error) from error
        return key

    def parameters(self) -> dict[str, Any]:
        try:
            return read_json_object(self.payload)
        except VerificationFailed as error:
            raise ApiError("InvalidParameter.ParamError", "The body is not JSON.") from error


@dataclass(frozen=True)
class FormCall:
    """A call as a form, signed with HmacSHA1 or HmacSHA256 over its fields."""

    request: Request
    fields: dict[str, str]
    ignores_principal = True

    @property
    def action(self) -> str:
        return self.fields.get("Action", "")

    @property
    def version(self) -> str:
        return self.fields.get("Version", "")

    def caller(self, registry: Registry, at: datetime) -> AccessKey:
        """Return the key that signed the call. Raises `ApiError`.

        Differs: the signed host may also be the production host, for clients that configure where
        to connect but not what to sign. Unknown: whether the cloud refuses a nonce that it has seen
        within the 300 seconds; here it is accepted again.
        """
        try:
            key = _find(registry, cloud_api_v1.read_call_signature(self.fields).secret_id)
            self._verify(key, at)
        except VerificationFailed as error:
            raise _refusal(error) from error
        return key

    def parameters(self) -> dict[str, Any]:
        seconds = self.fields.get("DurationSeconds", "")
        # A form holds numbers as text.
        is_number = seconds.isascii() and seconds.isdigit() and len(seconds) < 10
        return self.fields | ({"DurationSeconds": int(seconds)} if is_number else {})

    def _verify(self, key: AccessKey, at: datetime) -> None:
        for host in (self.request.host, sts_form.HOST):
            call = cloud_api_v1.ParameterCall(host, self.fields)
            try:
                cloud_api_v1.verify_call(call, secret_key=key.secret_key, at=at)
            except VerificationFailed as error:
                if error.failed_check != "signature" or host == sts_form.HOST:
                    raise
            else:
                return


def _is_form(request: Request) -> bool:
    content_type = (request.header("content-type") or "").lower()
    return request.method == "POST" and content_type.startswith(sts_form.CONTENT_TYPE)


def _find(registry: Registry, secret_id: str) -> AccessKey:
    key = registry.find_key(secret_id)
    if key is None:
        raise ApiError(
            "AuthFailure.SecretIdNotFound", "The SecretId does not exist.", FailedCheck.KEY_ID
        )
    return key


def _refusal(error: VerificationFailed) -> ApiError:
    code, message = _REFUSALS.get(error.failed_check, _REFUSALS["signature"])
    return ApiError(code, message, failed_check_of(error))
