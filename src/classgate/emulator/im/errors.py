"""The codes with which IM and TRTC refuse a UserSig or a PrivateMapKey.

Source: the public error tables of IM and TRTC.
"""

EXPIRED = 70001
EMPTY = 70002
MALFORMED = 70003
WRONG_SIGNATURE = 70009
OTHER_IDENTIFIER = 70013
OTHER_APP = 70014
NO_PUBLIC_KEY = 70016
UNKNOWN_APP = 70020
BAD_PARAMETER = 70402

# These two are codes of the client SDK: the room check answers what the SDK reports.
PRIVATE_MAP_KEY_REFUSED = -100006
MAY_NOT_ENTER = -102011

USER_SIG_REASONS = {
    "expired": EXPIRED,
    "format": MALFORMED,
    "signature": WRONG_SIGNATURE,
    # A UserSig with userbuf that is used as a plain one: its signature covers other text.
    "userbuf": WRONG_SIGNATURE,
    "identifier": OTHER_IDENTIFIER,
    "sdkappid": OTHER_APP,
}


class LoginCheckError(Exception):
    """The log-in or the entry is refused, with the code of the cloud."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
