"""The errors of the cloud's API 3.0, in which STS and TRTC refuse a call alike.

Sources: documents 1312/48195 (GetFederationToken) and 1278/46710 of STS, 647/50426 and 647/34268 of
TRTC.
"""

from classgate.emulator.failed_check import FailedCheck

FAULTS = {
    "throttled": ("RequestLimitExceeded", "The request rate is over the limit."),
    "skewed_clock": (
        "AuthFailure.SignatureExpire",
        "The timestamp differs too much from the server's time.",
    ),
    "expired": ("AuthFailure.TokenFailure", "The token has expired."),
}


class ApiError(Exception):
    """The service refuses the call, with the code of the cloud.

    `check` is the check of the credential, or of the policy, that failed.
    """

    def __init__(self, code: str, message: str, check: FailedCheck | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.check = check
