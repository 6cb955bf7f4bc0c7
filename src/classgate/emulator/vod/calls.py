"""Parses and authenticates calls of API 2.0."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from classgate.emulator.failed_check import FailedCheck, failed_check_of
from classgate.emulator.http import BodyTooLarge, Request
from classgate.emulator.registry import AccessKey, Registry
from classgate.emulator.vod import errors as codes
from classgate.emulator.vod.errors import VodError
from classgate.errors import VerificationFailed
from classgate.signing import cloud_api_v1, sts_form
from classgate.signing.cloud_api_v1 import API_2_PATH, ParameterCall

HOST: Final = "vod.api.qcloud.com"
_MAX_BODY_BYTES = 1 << 20

_REFUSALS = {
    "expired": (codes.REPLAYED, "the timestamp differs by more than 300 seconds"),
    "signature": (codes.WRONG_SIGNATURE, "the signature does not match this request"),
    "format": (codes.WRONG_SIGNATURE, "the parameters of the signature cannot be read"),
}


def is_call(request: Request) -> bool:
    """Return whether a request is a call of API 2.0."""
    return request.raw_path == API_2_PATH.encode()


@dataclass(frozen=True)
class VodCall:
    """A call with its parameters, those of the signature included."""

    call: ParameterCall

    @property
    def action(self) -> str:
        return self.call.parameters.get("Action", "")

    @property
    def nonce(self) -> str:
        return self.call.parameters.get("Nonce", "")

    def get(self, name: str) -> str | None:
        """Return the value of a parameter."""
        return self.call.parameters.get(name)

    def numbered(self, name: str) -> list[str]:
        """Return the values of `name.0`, `name.1` and so on, in this order."""
        found = [
            (int(number), value)
            for (head, _, number), value in (
                (key.rpartition("."), value) for key, value in self.call.parameters.items()
            )
            if head == name and number.isascii() and number.isdigit() and len(number) < 5
        ]
        return [value for _, value in sorted(found)]

    def caller(self, registry: Registry, at: datetime) -> AccessKey:
        """Return the key that signed the call, if the signature is valid now. Raises `VodError`.

        Differs: the signed host may also be the production host, for clients that configure where
        to connect but not what to sign; a SignatureMethod that is neither HmacSHA1 nor HmacSHA256
        is refused, where the document falls back to HmacSHA1.
        Differs: a temporary key is refused, because no policy here names the video service.
        Unknown: how much a timestamp may differ. Documents of one API say 5 minutes or 2 hours, and
        4200 or 4500 for it; here it is 5 minutes and 4500.
        """
        try:
            read = cloud_api_v1.read_call_signature(self.call.parameters)
            key = registry.find_key(read.secret_id)
            if key is None:
                raise VodError(
                    codes.UNKNOWN_SECRET_ID, "the SecretId does not exist", FailedCheck.KEY_ID
                )
            self._verify(key, at)
        except VerificationFailed as error:
            code, message = _REFUSALS.get(error.failed_check, _REFUSALS["signature"])
            raise VodError(code, message, failed_check_of(error)) from error
        if key.session_token is not None:
            raise VodError(
                codes.NOT_AUTHORIZED,
                "the key's policy does not name this action",
                FailedCheck.POLICY,
            )
        return key

    def _verify(self, key: AccessKey, at: datetime) -> None:
        for host in (self.call.host, HOST):
            call = replace(self.call, host=host)
            try:
                cloud_api_v1.verify_call(call, secret_key=key.secret_key, at=at)
            except VerificationFailed as error:
                if error.failed_check != "signature" or host == HOST:
                    raise
            else:
                return


async def read_call(request: Request) -> VodCall:
    """Parse a call. Raises `VodError`.

    Differs: a POST is an urlencoded form; a form in parts, or with parameters in its query too, is
    refused.
    """
    match request.method:
        case ("GET" | "POST") as method:
            text = request.raw_query.encode("latin-1") if method == "GET" else await _body(request)
        case _:
            raise VodError(codes.BAD_PARAMETER, "the method must be GET or POST")
    try:
        parameters = sts_form.parse_form(text)
    except VerificationFailed as error:
        raise VodError(codes.BAD_PARAMETER, "the parameters cannot be read") from error
    return VodCall(
        ParameterCall(request.host, parameters, method, path=API_2_PATH, dotted_names=True)
    )


async def _body(request: Request) -> bytes:
    if request.raw_query:
        raise VodError(codes.BAD_PARAMETER, "the parameters of a POST must be in its body")
    try:
        return await request.body(_MAX_BODY_BYTES)
    except BodyTooLarge as error:
        raise VodError(codes.BAD_PARAMETER, "the body is too large") from error
