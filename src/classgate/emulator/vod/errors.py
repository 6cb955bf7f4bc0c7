"""The error codes of VOD in API 2.0.

Codes from 4000 are common to all services of that API: document 213/6982 (common error codes). The
others are listed in the documents of DescribeVodInfo and GetVideoInfo.
"""

from classgate.emulator.failed_check import FailedCheck

BAD_PARAMETER = 4000
WRONG_SIGNATURE = 4100
NOT_AUTHORIZED = 4101
UNKNOWN_SECRET_ID = 4104
WRONG_TOKEN = 4105
OVER_QUOTA = 4400
REPLAYED = 4500

INVALID_VALUE = 1000
NO_SUCH_FILE = 10008

# The responses to injected faults, see `emulator.faults`; `unavailable` is HTTP 503.
FAULTS = {
    "throttled": (OVER_QUOTA, "the quota of requests is exceeded"),
    "skewed_clock": (REPLAYED, "the timestamp is too far from the server's"),
    "expired": (WRONG_TOKEN, "the token has expired"),
}


class VodError(Exception):
    """VOD refuses the call, with the code of the cloud.

    `check` is the check of the credential that failed.
    """

    def __init__(self, code: int, message: str, check: FailedCheck | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.check = check
