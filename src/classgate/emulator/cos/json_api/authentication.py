"""Authenticates calls of the JSON API: the signature is in the header or in `?sign=`."""

import hashlib
from dataclasses import dataclass

from classgate.emulator.clock import Clock
from classgate.emulator.cos.json_api import errors as codes
from classgate.emulator.cos.json_api.errors import JsonApiError
from classgate.emulator.failed_check import FailedCheck, failed_check_of
from classgate.emulator.http import Request
from classgate.emulator.registry import Registry
from classgate.errors import VerificationFailed
from classgate.signing import cos_json_request

_REFUSALS = {
    "access_key": codes.UNKNOWN_SECRET_ID,
    "appid": codes.WRONG_APP_ID,
    "bucket": codes.WRONG_BUCKET,
    "expired": codes.EXPIRED,
}


@dataclass(frozen=True)
class Resource:
    """The file that a path names: `/files/v2/<appid>/<bucket>/<key>`."""

    cloud_app_id: str
    bucket_name: str
    key: str


@dataclass(frozen=True)
class JsonApiCaller:
    """A verified signature. `single_use` is its fingerprint if it works only once."""

    single_use: bytes | None


class JsonApiAuthenticator:
    """Verifies signatures and that they cover the file."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    def authenticate(self, request: Request, resource: Resource) -> JsonApiCaller:
        """Verify the signature of a call. Raises `JsonApiError`.

        Unknown: the code for a malformed signature; here it is that of a wrong one.
        """
        try:
            signature = self._verify(_signature_of(request), resource)
        except VerificationFailed as error:
            code = _REFUSALS.get(error.failed_check, codes.WRONG_SIGNATURE)
            raise JsonApiError(
                code, f"ERROR_PROXY_AUTH_FAILED: {error}", failed_check_of(error)
            ) from error
        if not cos_json_request.allows_object(signature, resource.key):
            raise JsonApiError(
                codes.WRONG_FILE_ID, "the signature is for another file", FailedCheck.OBJECT
            )
        if not signature.single_use:
            return JsonApiCaller(None)
        # A digest of the signed content, because its base64 has several spellings.
        return JsonApiCaller(hashlib.sha256(signature.digest + signature.plaintext).digest())

    def _verify(self, text: str, resource: Resource) -> cos_json_request.JsonApiSignature:
        secret_id = cos_json_request.read_json_api_signature(text).secret_id
        key = self._registry.find_key(secret_id)
        # The format has no field for a session token, so temporary keys cannot use it.
        if key is None or key.session_token is not None:
            raise VerificationFailed("access_key", "the SecretId does not exist")
        return cos_json_request.verify_json_api_signature(
            text,
            secret_id=key.secret_id,
            secret_key=key.secret_key,
            cloud_app_id=resource.cloud_app_id,
            bucket_name=resource.bucket_name,
            at=self._clock.now(),
        )


def _signature_of(request: Request) -> str:
    header = request.header("authorization")
    if header is not None:
        return header.strip()
    # Some callers do not encode it; then a plus sign arrives as a space.
    return (request.parameter("sign") or "").replace(" ", "+")
