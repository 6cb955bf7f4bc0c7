"""The codes of the token service: documents 1312/48195 (GetFederationToken) and 1278/46710."""

FAULTS = {
    "throttled": ("RequestLimitExceeded", "The request rate is over the limit."),
    "skewed_clock": ("AuthFailure.SignatureExpire", "The request's time is too far from ours."),
    "expired": ("AuthFailure.TokenFailure", "The token has expired."),
}


class StsError(Exception):
    """The token service says no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
