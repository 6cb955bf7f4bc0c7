"""Names the check that refused a request, in a response header that the cloud does not send.

The cloud answers many faults with one code; a developer needs to know which check failed. All
services of the emulator use this header and these words.

Differs: the cloud does not send the header. A refusal that no check caused, such as NoSuchKey or an
injected fault, does not have it.
"""

from enum import StrEnum
from typing import Final

from classgate.emulator.http import Response
from classgate.errors import VerificationFailed

HEADER: Final = "x-emulator-failed-check"


class FailedCheck(StrEnum):
    """A check of a credential, or of a request with it."""

    CORS = "cors"
    ANONYMOUS = "anonymous"
    """The request has no credential."""
    FORMAT = "format"
    KEY_ID = "key_id"
    """The SecretId is unknown, or may not be used for this."""
    TIME = "time"
    """Expired, or not valid yet."""
    SIGNATURE = "signature"
    TOKEN = "token"
    """The session token is missing, not that of the SecretId, or has expired."""
    POLICY = "policy"
    NONCE = "nonce"
    SINGLE_USE = "single_use"
    """A single-use signature has been used, or the call requires one."""
    APP_ID = "app_id"
    BUCKET = "bucket"
    OBJECT = "object"
    """The signature is for another object."""
    SDK_APP_ID = "sdk_app_id"
    VERSION = "version"
    """The application has no key for this version of a UserSig."""
    IDENTIFIER = "identifier"
    USERBUF = "userbuf"
    KICKED = "kicked"
    """A kick has invalidated the UserSig."""
    ADMIN = "admin"
    """The identifier is not the application's administrator."""
    ROOM = "room"
    PRIVILEGE = "privilege"


_OF_VERIFICATION: Final = {
    "expired": FailedCheck.TIME,
    "not_yet_valid": FailedCheck.TIME,
    "access_key": FailedCheck.KEY_ID,
    "appid": FailedCheck.APP_ID,
    "sdkappid": FailedCheck.SDK_APP_ID,
}


def failed_check_of(error: VerificationFailed) -> FailedCheck:
    """Return the check that a credential of `signing` failed."""
    return _OF_VERIFICATION.get(error.failed_check) or FailedCheck(error.failed_check)


def with_failed_check(response: Response, check: FailedCheck | None) -> Response:
    """Add the header, if a check is what refused the request."""
    if check is not None:
        response.headers.append((HEADER, check))
    return response
