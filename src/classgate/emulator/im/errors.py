"""The codes with which the messaging and audio/video clouds refuse a UserSig or a ticket.

The numbers are in the public error tables of IM and TRTC.
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

# These two are the client SDK's own numbers: the room check answers what the SDK would report.
TICKET_REFUSED = -100006
MAY_NOT_ENTER = -102011

USER_SIG_REASONS = {
    "expired": EXPIRED,
    "format": MALFORMED,
    "signature": WRONG_SIGNATURE,
    # A ticket shown as a plain UserSig: over that text, the signature is another one.
    "userbuf": WRONG_SIGNATURE,
    "identifier": OTHER_IDENTIFIER,
    "sdkappid": OTHER_APP,
}


class LoginCheckError(Exception):
    """The login or the entry is refused."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
