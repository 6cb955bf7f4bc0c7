"""The error codes of the JSON API, with their HTTP status: document 436/8432."""

from classgate.emulator.failed_check import FailedCheck

_STATUS = {
    -47: 403,
    -59: 403,
    -61: 403,
    -63: 403,
    -70: 403,
    -71: 503,
    -97: 403,
    -133: 404,
    -177: 409,
    -195: 500,
    -196: 503,
    -197: 404,
    -4016: 409,
    -4019: 409,
    -5999: 400,
}

UNKNOWN_SECRET_ID = -47
EXPIRED = -59
WRONG_BUCKET = -61
WRONG_FILE_ID = -63
WRONG_APP_ID = -70
WRONG_SIGNATURE = -97
NO_SUCH_BUCKET = -133
FILE_EXISTS = -177
INTERNAL = -195
UNAVAILABLE = -196
TOO_FREQUENT = -71
NO_SUCH_FILE = -197
WRONG_SHA = -4016
NOT_FINISHED = -4019
BAD_PARAMETER = -5999


class JsonApiError(Exception):
    """The JSON API refuses the call, with the code of the cloud.

    `check` is the check of the signature that failed.
    """

    def __init__(self, code: int, message: str, check: FailedCheck | None = None) -> None:
        super().__init__(message)
        self.check = check
        self.code = code
        self.message = message
        self.status = _STATUS[code]


# The responses to injected faults, see `emulator.faults`.
FAULTS = {
    "unavailable": (UNAVAILABLE, "the service is unavailable"),
    "throttled": (TOO_FREQUENT, "the requests are too frequent"),
    "skewed_clock": (EXPIRED, "the signature has expired"),
    "expired": (EXPIRED, "the signature has expired"),
}
