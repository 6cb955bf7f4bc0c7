"""The error codes of STS: documents 1312/48195 (GetFederationToken) and 1278/46710."""

FAULTS = {
    "throttled": ("RequestLimitExceeded", "The request rate is over the limit."),
    "skewed_clock": (
        "AuthFailure.SignatureExpire",
        "The timestamp differs too much from the server's time.",
    ),
    "expired": ("AuthFailure.TokenFailure", "The token has expired."),
}


class StsError(Exception):
    """STS refuses the call, with the code of the cloud."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
