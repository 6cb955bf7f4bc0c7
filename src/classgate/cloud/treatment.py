"""What becomes of a call that the cloud answered: which codes mean what, as data.

The codes are those of the vendor's pages. A code that no table names is final: repeating a call
that nobody understands helps nobody, and the operator sees it among the failed messages.
"""

from collections.abc import Mapping
from typing import Final

from classgate.cloud.ports import Treatment

DONE, RETRY, IMPORT = Treatment.DONE, Treatment.RETRY, Treatment.IMPORT
FINAL, ALARM = Treatment.FINAL, Treatment.ALARM

STALE_SIGNATURE: Final = frozenset({20001, 70001, 70003, 70009, 70013, 70014, 70016, 70020})
"""The administrator's UserSig is refused: made again once, then an alarm."""

_IM: Final[Mapping[int, Treatment]] = {
    0: DONE,
    **dict.fromkeys(STALE_SIGNATURE, ALARM),
    # Too often, or a fault of the cloud that passes.
    **dict.fromkeys((60007, 60008, 60011, 60014, 60018, 60019, 70050, 70169, 70500), RETRY),
    **dict.fromkeys((10002, 10006, 10023, 10056, 20004, 20005, 40006), RETRY),
    # Nothing succeeds until the operator acts: the key, the administrator, the package, the plan.
    **dict.fromkeys((60004, 60005, 60006, 60010, 60016, 60017, 60020, 60021), ALARM),
    **dict.fromkeys((70398, 70403, 10026, 10036, 10037, 10038), ALARM),
    # The account is not known to IM yet.
    **dict.fromkeys((70107, 10019, 20003), IMPORT),
    10013: DONE,  # is a member already
    10025: DONE,  # the group exists, and is ours
}

_IM_BY_COMMAND: Final[Mapping[tuple[str, int], Treatment]] = {
    # A group that is gone is destroyed, and nobody is in it.
    ("destroy_group", 10010): DONE,
    ("destroy_group", 10015): DONE,
    ("get_group_info", 10010): DONE,
    ("get_group_info", 10015): DONE,
    ("delete_group_member", 10010): DONE,
    ("delete_group_member", 10015): DONE,
    # The account was never imported: it has no UserSig in use and is in no group.
    ("kick", 70107): DONE,
    ("delete_group_member", 10019): DONE,
    ("delete_group_member", 70107): DONE,
    # The group of a class is created with the class's first entry; it may come.
    ("add_group_member", 10010): RETRY,
    ("forbid_send_msg", 10010): RETRY,
}


def im_treatment(command: str, code: int) -> Treatment:
    """Return what becomes of an IM call that was answered with this code."""
    return _IM_BY_COMMAND.get((command, code)) or _IM.get(code, FINAL)


_RTC: Final[Mapping[str, Treatment]] = {
    "": DONE,
    "FailedOperation.RoomNotExist": DONE,
    "FailedOperation.UserNotExist": DONE,  # unconfirmed: not in the lists of errors
    "FailedOperation.RequestOutdated": RETRY,
    "FailedOperation.SdkAppIdNotExist": ALARM,
    "FailedOperation.SdkAppIdNotUnderAppId": ALARM,
    "InvalidParameter.SdkAppId": ALARM,
    "MissingParameter.SdkAppId": ALARM,
    "OperationDenied.FreqOverLimit": RETRY,
}
_RTC_BY_FAMILY: Final[Mapping[str, Treatment]] = {
    "InternalError": RETRY,
    "RequestLimitExceeded": RETRY,
    "AuthFailure": ALARM,
    "UnauthorizedOperation": ALARM,
    "UnsupportedRegion": ALARM,
}


def rtc_treatment(code: str) -> Treatment:
    """Return what becomes of a TRTC call that was answered with this code; "" is success."""
    family = code.partition(".")[0]
    return _RTC.get(code) or _RTC_BY_FAMILY.get(family, FINAL)
