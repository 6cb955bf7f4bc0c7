"""The error codes of TRTC's server API: documents 647/50426 and 647/34268."""

FAULTS = {
    "throttled": ("RequestLimitExceeded", "The request rate is over the limit."),
    "skewed_clock": (
        "AuthFailure.SignatureExpire",
        "The timestamp differs too much from the server's time.",
    ),
    "expired": ("AuthFailure.TokenFailure", "The token has expired."),
}


class TrtcError(Exception):
    """TRTC refuses the call, with the code of the cloud."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
