"""The errors that name one cause each, below the groups of errors.py.

The HTTP API and the legacy API map the group; a client that wants to know more reads the reason.
"""

from collections.abc import Sequence
from datetime import datetime

from classgate.errors import (
    ClassroomStateConflict,
    Conflict,
    FieldFault,
    InvalidRequest,
    NotAuthenticated,
    OutsideAccessWindow,
    PermissionDenied,
    TooLarge,
    TooManyAttempts,
    UploadConflict,
)
from classgate.reasons import Reason

# ── the request ─────────────────────────────────────────────────────────────────────────────────


class UnreadableBody(InvalidRequest):
    """The body is not JSON, or its JSON exceeds the limits."""

    reason = Reason.BODY_UNREADABLE


class QueryTooLong(InvalidRequest):
    """Longer, or of more parameters, than any call needs."""

    reason = Reason.QUERY_TOO_LONG


class UnacceptablePassword(InvalidRequest):
    """A new password is too short, too long, or easily guessed."""

    reason = Reason.PASSWORD_UNACCEPTABLE

    def __init__(self, fault: str, field: str) -> None:
        super().__init__(fault, [FieldFault(field, fault)])


class MembersNotAddable(InvalidRequest):
    """Some members of a new class are unknown, listed twice, or the host."""

    reason = Reason.MEMBERS_NOT_ADDABLE

    def __init__(self, fields: Sequence[FieldFault]) -> None:
        super().__init__("some members cannot be added; errors names each", fields)


# ── who calls ───────────────────────────────────────────────────────────────────────────────────


class TokenMissing(NotAuthenticated):
    reason = Reason.TOKEN_MISSING
    sentence = "log in first: send Authorization: Bearer <access_token>"


class SessionEnded(NotAuthenticated):
    """Unknown, expired, idle, ended, of another channel, or of a disabled account: one error."""

    reason = Reason.SESSION_ENDED
    sentence = "this session has ended; log in again"


# ── not allowed: accounts ───────────────────────────────────────────────────────────────────────


class AdminOnly(PermissionDenied):
    reason = Reason.ADMIN_ONLY
    sentence = "only an admin may do this"


class AdminProtected(PermissionDenied):
    reason = Reason.ADMIN_PROTECTED
    sentence = "the password of an admin is reset on the command line only"


class TeacherOnly(PermissionDenied):
    """Only an account of a teacher may do this."""

    reason = Reason.TEACHER_ONLY


class CurrentPasswordWrong(PermissionDenied):
    reason = Reason.CURRENT_PASSWORD_WRONG
    sentence = "the current password is wrong"


# ── not allowed: classes ────────────────────────────────────────────────────────────────────────


class NotOnRoster(PermissionDenied):
    """Shown only to callers who may know of the class: in an open class, or to an admin."""

    reason = Reason.NOT_ON_ROSTER


class Kicked(PermissionDenied):
    """Barred from the class. `until` is None when only the teacher can lift it."""

    reason = Reason.KICKED

    def __init__(self, until: datetime | None = None) -> None:
        again = "its teacher can readmit you" if until is None else "enter again after `until`"
        super().__init__(f"you were removed from this class; {again}")
        self.until = until


class HostRightsLost(PermissionDenied):
    reason = Reason.HOST_RIGHTS_LOST
    sentence = (
        "you are no longer a teacher, so you cannot host this class; an admin names another host"
    )


class RoleLacksPermission(PermissionDenied):
    """The member's role in the class is too small."""

    reason = Reason.ROLE_LACKS_PERMISSION


class HostPlaceProtected(PermissionDenied):
    reason = Reason.HOST_PLACE_PROTECTED
    sentence = "this call cannot change the host; an admin names another host"


class AssistantChangesStudentsOnly(PermissionDenied):
    reason = Reason.ASSISTANT_CHANGES_STUDENTS_ONLY
    sentence = "an assistant may add and change students only"


class OnlyHostReadmits(PermissionDenied):
    reason = Reason.ONLY_HOST_READMITS
    sentence = "only the host may readmit a kicked member"


# ── not allowed: legacy clients ─────────────────────────────────────────────────────────────────


class AdminNotAtLegacy(PermissionDenied):
    reason = Reason.ADMIN_NOT_AT_LEGACY
    sentence = "an administrator's account cannot use the legacy API"


class RoleNotRegistrable(PermissionDenied):
    """Registration with this role is not allowed."""

    reason = Reason.ROLE_NOT_REGISTRABLE


class ReplayNeedsHost(PermissionDenied):
    reason = Reason.REPLAY_NEEDS_HOST
    sentence = "only the host of the class asks for its replay, with a token"


class AnotherBucket(PermissionDenied):
    reason = Reason.ANOTHER_BUCKET
    sentence = "this is not the bucket of this school"


class PathNotSignable(PermissionDenied):
    """The path is no object's, or has a character that an old signature does not protect."""

    reason = Reason.PATH_NOT_SIGNABLE


class PathNotYours(PermissionDenied):
    """The path lies neither in one's own folder nor in that of a class."""

    reason = Reason.PATH_NOT_YOURS


class ClassFolderClosed(PermissionDenied):
    """The path lies in the folder of a class that is over, or is none of the caller's."""

    reason = Reason.CLASS_FOLDER_CLOSED


class VideoActionNotAllowed(PermissionDenied):
    """This action of the video service is not allowed."""

    reason = Reason.VIDEO_ACTION_NOT_ALLOWED


class VideoQueryUntimely(PermissionDenied):
    """A query without time or nonce, or of another time."""

    reason = Reason.VIDEO_QUERY_UNTIMELY


class CallbackUnproven(PermissionDenied):
    """The callback is not authenticated as a call of the cloud."""

    reason = Reason.CALLBACK_UNPROVEN


# ── the state of an account ─────────────────────────────────────────────────────────────────────


class PasswordChangedElsewhere(Conflict):
    reason = Reason.PASSWORD_CHANGED_ELSEWHERE
    sentence = "the password was changed elsewhere meanwhile; log in again"


class OwnAccount(Conflict):
    """An admin may not disable or demote their own account."""

    reason = Reason.OWN_ACCOUNT


class LastAdmin(Conflict):
    reason = Reason.LAST_ADMIN
    sentence = "this is the last enabled admin; create another one first"


class HostsClasses(Conflict):
    """`classes` names some of them."""

    reason = Reason.HOSTS_CLASSES

    def __init__(self, classes: str) -> None:
        super().__init__(
            f"this account is the host of classes that are not over: {classes}; give each "
            "another host first, with PUT /v1/classrooms/{classroom_id}/host"
        )
        self.classes = classes


# ── the state of a class ────────────────────────────────────────────────────────────────────────


class ClassNotStarted(OutsideAccessWindow):
    """Too early. `opens_at` is None when a class without a time waits for its teacher."""

    reason = Reason.CLASS_NOT_STARTED

    def __init__(self, opens_at: datetime | None = None) -> None:
        super().__init__(
            "the class has not started; wait for its teacher"
            if opens_at is None
            else "the class is not open yet",
            opens_at,
        )


class ClassEnded(OutsideAccessWindow):
    """It was ended, or its time is over."""

    reason = Reason.CLASS_ENDED
    sentence = "the class has ended"


class ClassAlreadyStarted(ClassroomStateConflict):
    reason = Reason.CLASS_ALREADY_STARTED
    sentence = "the class is already live; only a created class can be started"


class ClassNotLive(ClassroomStateConflict):
    reason = Reason.CLASS_NOT_LIVE
    sentence = "the class is not live"


class ClassNotEnded(ClassroomStateConflict):
    reason = Reason.CLASS_NOT_ENDED
    sentence = "the class has not ended"


class ReplayExists(ClassroomStateConflict):
    reason = Reason.REPLAY_EXISTS
    sentence = "the class already has its replay"


class ReplayNotDue(Conflict):
    reason = Reason.REPLAY_NOT_DUE
    sentence = "it is too early for the replay, or it was asked for already"


class HostChangedMeanwhile(ClassroomStateConflict):
    """Another request changed the host in the meantime."""

    reason = Reason.HOST_CHANGED_MEANWHILE

    def __init__(self, host: str) -> None:
        super().__init__(f"the host of the class was changed in the meantime: {host}; look again")
        self.host = host


class AccountCannotHost(Conflict):
    reason = Reason.ACCOUNT_CANNOT_HOST
    sentence = "a host must be a teacher with an enabled account"


class MemberIsKicked(Conflict):
    reason = Reason.MEMBER_IS_KICKED
    sentence = (
        "this member was kicked; who is taken off the roster could enter an open class "
        "again, so let them in with PUT first"
    )


# ── the state of a lease, an upload, a file ─────────────────────────────────────────────────────


class LeaseNotRenewable(Conflict):
    reason = Reason.LEASE_NOT_RENEWABLE
    sentence = "a lease of this kind cannot be renewed; request a new one"


class UploadNotInStore(UploadConflict):
    reason = Reason.UPLOAD_NOT_IN_STORE
    sentence = "the file has not arrived in the store yet; the upload stays open"


class UploadSizeDiffers(UploadConflict):
    """The file in the store has another size than was announced."""

    reason = Reason.UPLOAD_SIZE_DIFFERS

    def __init__(self, found: int, announced: int) -> None:
        super().__init__(
            f"the store has {found} bytes, {announced} were announced; upload it again, "
            "the upload stays open"
        )
        self.found = found
        self.announced = announced


class UploadComplete(UploadConflict):
    reason = Reason.UPLOAD_COMPLETE
    sentence = "the upload is complete; it became courseware"


class UploadClosed(UploadConflict):
    """The upload was abandoned, or its time is over."""

    reason = Reason.UPLOAD_CLOSED


class BackupRefused(Conflict):
    """A file is not what the command needs, or in its way; the command line only."""

    reason = Reason.BACKUP_REFUSED


# ── too much ────────────────────────────────────────────────────────────────────────────────────


class BodyTooLarge(TooLarge):
    reason = Reason.BODY_TOO_LARGE
    sentence = "the request's body is too large"


class FileTooLarge(TooLarge):
    """The announced file is over the limit of this installation."""

    reason = Reason.FILE_TOO_LARGE

    def __init__(self, max_size: int) -> None:
        super().__init__(f"a file may have at most {max_size} bytes here")
        self.max_size = max_size


class TooManyLogins(TooManyAttempts):
    """Too many wrong passwords, for this account or from this address: one error."""

    reason = Reason.TOO_MANY_LOGINS


class TooManyRegistrations(TooManyAttempts):
    reason = Reason.TOO_MANY_REGISTRATIONS


class TooManyWrongInvitations(TooManyAttempts):
    reason = Reason.TOO_MANY_WRONG_INVITATIONS


class TooManyGrants(TooManyAttempts):
    reason = Reason.TOO_MANY_GRANTS


class PasswordChecksBusy(TooManyAttempts):
    """Too many passwords wait to be checked."""

    reason = Reason.PASSWORD_CHECKS_BUSY
