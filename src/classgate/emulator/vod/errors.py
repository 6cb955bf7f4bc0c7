"""The codes of the video service under API 2.0.

From 4000 on they are common to all services of that API: document 213/6982 (common error codes).
Below stand its own, as the documents of DescribeVodInfo and GetVideoInfo list them.
"""

BAD_PARAMETER = 4000
WRONG_SIGNATURE = 4100
NOT_AUTHORIZED = 4101
UNKNOWN_SECRET_ID = 4104
WRONG_TOKEN = 4105
OVER_QUOTA = 4400
REPLAYED = 4500

INVALID_VALUE = 1000
NO_SUCH_FILE = 10008

# What an ordered fault looks like here, see `emulator.faults`; `unavailable` is HTTP 503.
FAULTS = {
    "throttled": (OVER_QUOTA, "the quota of requests is exceeded"),
    "skewed_clock": (REPLAYED, "the timestamp is too far from the server's"),
    "expired": (WRONG_TOKEN, "the token has expired"),
}


class VodError(Exception):
    """The video service says no."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
