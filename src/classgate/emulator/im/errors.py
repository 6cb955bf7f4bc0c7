"""The codes with which IM and TRTC refuse a UserSig or a PrivateMapKey.

Source: the public error tables of IM and TRTC.
"""

from classgate.emulator.failed_check import FailedCheck

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
# This one is the emulator's: nobody of this name is in the room.
NOT_IN_ROOM = -1

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
    """The log-in or the entry is refused, with the code of the cloud.

    `check` is the check of the credential that failed.
    """

    def __init__(self, code: int, message: str, check: FailedCheck | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.check = check


# The codes of the REST API: document 679/131708 and the tables of its commands.
WRONG_URL = 60002
WRONG_JSON = 60003
WRONG_IDENTIFIER = 60004
WRONG_USER_SIG = 60005
UNKNOWN_SDK_APP_ID = 60006
TOO_OFTEN = 60007
NEEDS_ADMIN = 60010
MISSING_SDK_APP_ID = 60012
INTERNAL = 10002
UNKNOWN_COMMAND = 10003
WRONG_PARAMETER = 10004
TOO_MANY_ACCOUNTS = 10005
NOT_PERMITTED = 10007
NO_SUCH_GROUP = 10010
MUTED = 10017
NO_SUCH_MEMBER = 10019
GROUP_OF_OTHERS = 10021
MESSAGES_TOO_OFTEN = 10023
GROUP_IS_OURS = 10025
COMMAND_DISABLED = 10026
TOO_MANY_LIVE_ROOMS = 10036
TOO_MANY_MEMBERS = 10038
PROFILE_TOO_LONG = 40601
NOT_IMPORTED = 70107
TOO_MANY_IMPORTED = 70398
WAS_DELETED = 70399
MESSAGE_TOO_LONG = 80002
WRONG_MESSAGE = 90001

# The responses to injected faults, see `emulator.faults`; `unavailable` is HTTP 502.
FAULTS = {
    "throttled": (TOO_OFTEN, "the interface is called too often"),
    "skewed_clock": (EXPIRED, "the UserSig has expired"),
    "expired": (EXPIRED, "the UserSig has expired"),
}


class ImError(Exception):
    """The REST API refuses the call, with the code of the cloud.

    `check` is the check of the credential that failed.
    """

    def __init__(self, code: int, message: str, check: FailedCheck | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.check = check
