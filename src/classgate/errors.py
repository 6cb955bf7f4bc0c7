"""The one exception tree, sorted by what the caller can do next.

    ClassgateError
    ├── InvalidRequest            fix the request
    │   └── SigningError          a format's input cannot be signed
    ├── NotAuthenticated          log in (again)
    ├── PermissionDenied          ask somebody with the permission
    ├── NotFound                  look elsewhere
    ├── MethodNotAllowed          use another method
    ├── Conflict                  look at the state, try later or otherwise
    │   └── OutsideAccessWindow, ClassroomStateConflict, UploadConflict
    ├── TooLarge                  send less
    ├── TooManyAttempts           wait retry_after
    ├── CloudError                not the caller's fault
    ├── ServiceUnavailable        the service cannot record now: wait retry_after
    └── VerificationFailed, InvalidSigningKey, ConfigurationError: formats and start-up

Here are the groups, which the HTTP API and the legacy API map to statuses and codes. refusals.py
has a class for each further cause. What is raised names one `reason`; a group is never raised.

Nothing here knows HTTP: each entrance has one table that translates. A class has a stable `code`
and `reason`, a message that is safe to show to the caller, and data as attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from classgate.reasons import Reason


@dataclass(frozen=True)
class FieldFault:
    """A field with an error, and a message for the caller."""

    field: str
    message: str


class ClassgateError(Exception):
    """Base class; used directly only for internal errors, logged under the request id."""

    code: ClassVar[str] = "internal_error"
    reason: ClassVar[Reason] = Reason.INTERNAL_ERROR
    sentence: ClassVar[str] = ""
    """The message of an error that always has the same."""

    # Whom and what it is about, where the request does not say so: for the log of refusals only.
    account_id: int | None = None
    identifier_digest: str | None = None
    classroom_id: int | None = None

    def __init__(self, message: str = "") -> None:
        self.message = message or self.sentence
        super().__init__(self.message)


# ── fix the request ─────────────────────────────────────────────────────────────────────────────


class InvalidRequest(ClassgateError):
    """The request cannot be understood or is against a bound."""

    code = "invalid_request"
    reason = Reason.FIELDS_INVALID

    def __init__(self, message: str = "", fields: Sequence[FieldFault] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


@dataclass(frozen=True)
class LineFault:
    """An error in a line of a file; `field` is its column, or empty for the whole line."""

    line: int
    field: str
    message: str


class ImportRefused(InvalidRequest):
    """A file of accounts of which none was made. `faults` lists everything, by line."""

    reason = Reason.IMPORT_REFUSED

    def __init__(self, faults: Sequence[LineFault]) -> None:
        super().__init__(
            f"nothing was imported: {len(faults)} faults in the file",
            [FieldFault(f"line {each.line} {each.field}".strip(), each.message) for each in faults],
        )
        self.faults = tuple(faults)


class SigningError(InvalidRequest):
    """A value must not be put into a signed text."""

    reason = Reason.NOT_SIGNABLE


class InvalidIdentifier(SigningError):
    """Not 1 to 32 bytes of `[A-Za-z0-9_-]`."""

    reason = Reason.IDENTIFIER_INVALID

    def __init__(self) -> None:
        message = "an identifier is 1 to 32 characters of A-Z, a-z, 0-9, '_' and '-'"
        super().__init__(message, [FieldFault("identifier", message)])


class InvalidObjectPath(SigningError):
    """Not one whole object name that is safe to sign."""

    reason = Reason.OBJECT_PATH_INVALID

    def __init__(self, message: str) -> None:
        super().__init__(message, [FieldFault("file_path", message)])


# ── authentication ───────────────────────────────────────────────────────────────────────────────


class NotAuthenticated(ClassgateError):
    """No session, or one that has ended."""

    code = "not_authenticated"


class WrongCredentials(NotAuthenticated):
    """Unknown account, wrong password or disabled account: callers must not tell them apart."""

    reason = Reason.WRONG_CREDENTIALS
    sentence = "the identifier or the password is wrong"


class PermissionDenied(ClassgateError):
    """Known, and not allowed."""

    code = "permission_denied"


class InvalidInvitation(PermissionDenied):
    """Unknown, expired or used up: callers must not tell them apart."""

    reason = Reason.INVITATION_INVALID
    sentence = "this invitation is invalid, expired or used up; ask for a new one"


# ── look elsewhere ──────────────────────────────────────────────────────────────────────────────


class NotFound(ClassgateError):
    """Does not exist, or not for this caller."""

    code = "not_found"


class RouteNotFound(NotFound):
    """No such address."""

    reason = Reason.ROUTE_NOT_FOUND
    sentence = "this address does not exist; /docs lists the calls"


class AccountNotFound(NotFound):
    reason = Reason.ACCOUNT_NOT_FOUND
    sentence = "there is no such account"


class SessionNotFound(NotFound):
    reason = Reason.SESSION_NOT_FOUND
    sentence = "you have no such session"


class LeaseNotFound(NotFound):
    reason = Reason.LEASE_NOT_FOUND
    sentence = "you have no such lease"


class ClassroomNotFound(NotFound):
    reason = Reason.CLASSROOM_NOT_FOUND
    sentence = "there is no such classroom, or you are not a member of it"


class MemberNotFound(NotFound):
    reason = Reason.MEMBER_NOT_FOUND
    sentence = "this account is not a member of the classroom"


class UploadNotFound(NotFound):
    reason = Reason.UPLOAD_NOT_FOUND
    sentence = "you have no such upload"


class CoursewareNotFound(NotFound):
    reason = Reason.COURSEWARE_NOT_FOUND
    sentence = "there is no such file, or you are not a member of its class"


class MethodNotAllowed(ClassgateError):
    """The address exists, but not with this method."""

    code = "method_not_allowed"
    reason = Reason.METHOD_NOT_ALLOWED
    sentence = "this address does not accept this method; /docs lists the calls"


# ── look at the state ───────────────────────────────────────────────────────────────────────────


class Conflict(ClassgateError):
    """The state does not allow it now."""

    code = "conflict"


class IdentifierTaken(Conflict):
    reason = Reason.IDENTIFIER_TAKEN
    sentence = "this identifier is taken (upper and lower case count as the same)"


class IdentifierHeld(Conflict):
    """Reserved, because a UserSig issued to the deleted account may still be valid.

    In the year 9999: its folder may still hold the files of whoever had it, and `until` is None.
    """

    reason = Reason.IDENTIFIER_HELD

    def __init__(self, until: datetime) -> None:
        again = (
            f"it is free again from {until:%Y-%m-%d %H:%M:%S} UTC, when the last UserSig for it "
            "has expired"
        )
        if until.year == 9999:
            again = "it is not given again, for its folder of files may still be in the bucket"
        super().__init__(f"this identifier belonged to an account that was deleted; {again}")
        self.until = until if until.year < 9999 else None


class IdentifierReserved(Conflict):
    """The IM application's administrator: a UserSig of that name commands all of IM."""

    reason = Reason.IDENTIFIER_RESERVED
    sentence = "this identifier is reserved for the IM administrator"


class OutsideAccessWindow(Conflict):
    """Too early, or over. `opens_at` is None when there is nothing to wait for."""

    def __init__(self, message: str = "", opens_at: datetime | None = None) -> None:
        super().__init__(message)
        self.opens_at = opens_at


class ClassroomStateConflict(Conflict):
    """The classroom is not in the state that the call needs."""


class NeverEntered(Conflict):
    reason = Reason.NEVER_ENTERED
    sentence = "you never entered this class, so you cannot leave it"


class AlreadyBound(Conflict):
    reason = Reason.ALREADY_BOUND
    sentence = "this address is already bound there; unbind it first"


class NotBound(Conflict):
    reason = Reason.NOT_BOUND
    sentence = "this address is not bound there"


class LeaseEnded(Conflict):
    reason = Reason.LEASE_ENDED
    sentence = "this lease has ended; ask for a new credential"


class UploadConflict(Conflict):
    """The upload is not in the state that the call needs, or the store disagrees."""


class TooLarge(ClassgateError):
    """Over a size limit."""

    code = "too_large"


class TooManyAttempts(ClassgateError):
    """Too many attempts. `retry_after` is the time to wait."""

    code = "too_many_attempts"
    sentence = "too many attempts; wait as long as Retry-After says, then try again"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__()
        self.retry_after = retry_after


# ── not the caller's fault ──────────────────────────────────────────────────────────────────────


class CloudError(ClassgateError):
    """A call to Tencent Cloud failed."""


class CloudRejected(CloudError):
    """The cloud refused the call. `cloud_code` is its error code."""

    code = "cloud_rejected"
    reason = Reason.CLOUD_REJECTED

    def __init__(
        self,
        service: str,
        cloud_code: str,
        advice: str = "the operator finds the cause in the log under this request id",
    ) -> None:
        super().__init__(f"{service} refused the service's request ({cloud_code}); {advice}")
        self.service = service
        self.cloud_code = cloud_code


class CloudUnavailable(CloudError):
    """The cloud gave no valid answer in time. `retryable`: the same call may succeed later."""

    code = "cloud_unavailable"
    reason = Reason.CLOUD_UNAVAILABLE

    def __init__(
        self,
        service: str,
        retry_after: timedelta = timedelta(seconds=5),
        *,
        retryable: bool = True,
    ) -> None:
        super().__init__(f"{service} cannot be reached now; nothing was issued, try again")
        self.service = service
        self.retry_after = retry_after
        self.retryable = retryable


class ServiceUnavailable(ClassgateError):
    """The service cannot do this now, for instance because its database is busy."""

    code = "service_unavailable"
    reason = Reason.DATABASE_UNAVAILABLE

    def __init__(self, message: str = "", retry_after: timedelta = timedelta(seconds=2)) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DatabaseDamaged(ServiceUnavailable):
    """A part of the database cannot be read, or it is no database at all."""

    reason = Reason.DATABASE_DAMAGED
    sentence = (
        "the database is damaged; nothing was issued. Its operator finds more in the log, and "
        "how to restore it in docs/how-to/back-up.md"
    )


# ── formats and start-up ────────────────────────────────────────────────────────────────────────


class VerificationFailed(ClassgateError):
    """A presented credential is not valid.

    `failed_check` is one of `format signature expired not_yet_valid identifier sdkappid userbuf
    appid bucket access_key`.
    """

    code = "verification_failed"
    reason = Reason.VERIFICATION_FAILED

    def __init__(self, failed_check: str, message: str) -> None:
        super().__init__(message)
        self.failed_check = failed_check


class InvalidSigningKey(ClassgateError):
    """A signing key cannot be used. The message says why by name, never what the key holds."""

    code = "key_unusable"
    reason = Reason.SIGNING_KEY_UNUSABLE


class ConfigurationError(ClassgateError):
    """The settings are not valid. `faults` lists all errors."""

    code = "configuration_error"
    reason = Reason.CONFIGURATION_ERROR

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)
