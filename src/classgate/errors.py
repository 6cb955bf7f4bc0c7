"""The one exception tree, sorted by what the caller can do next.

    ClassgateError
    ├── InvalidRequest            mend the request
    │   ├── ImportRefused         carries every fault by line
    │   └── SigningError          a format's input cannot be signed
    │       ├── InvalidIdentifier
    │       └── InvalidObjectPath
    ├── NotAuthenticated          log in (again)
    │   └── WrongCredentials
    ├── PermissionDenied          ask somebody with the right
    │   └── InvalidInvitation
    ├── NotFound                  look elsewhere
    │   ├── RouteNotFound
    │   ├── AccountNotFound
    │   ├── SessionNotFound
    │   ├── LeaseNotFound
    │   ├── ClassroomNotFound
    │   ├── MemberNotFound
    │   ├── UploadNotFound
    │   └── CoursewareNotFound
    ├── MethodNotAllowed          use another method
    ├── Conflict                  look at the state, try later or otherwise
    │   ├── IdentifierTaken
    │   ├── IdentifierHeld
    │   ├── IdentifierReserved
    │   ├── OutsideAccessWindow   carries opens_at
    │   ├── ClassroomStateConflict
    │   ├── NeverEntered
    │   ├── AlreadyBound
    │   ├── NotBound
    │   ├── LeaseEnded
    │   └── UploadConflict
    ├── TooLarge                  send less
    ├── TooManyAttempts           wait retry_after
    ├── CloudError                not the caller's fault
    │   ├── CloudRejected         the cloud said no: look at the settings
    │   └── CloudUnavailable      wait retry_after
    └── ServiceUnavailable        the service cannot record now: wait retry_after
        └── DatabaseDamaged       its database cannot be read: the operator has to restore it
    VerificationFailed            a credential that was shown is not good; carries a reason
    InvalidSigningKey             a signing key cannot be read; never tells its content
    ConfigurationError            start-up only; carries every fault

Nothing here knows HTTP: each door has one table that translates. A class has a stable `code`, a
message that is safe to show to the caller, and data as attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar


@dataclass(frozen=True)
class FieldFault:
    """One field that is wrong, and why, in words for the caller."""

    field: str
    message: str


class ClassgateError(Exception):
    """Something went wrong in the service; its log has it under the request id."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# ── mend the request ────────────────────────────────────────────────────────────────────────────


class InvalidRequest(ClassgateError):
    """The request cannot be understood or is against a bound."""

    code = "invalid_request"

    def __init__(self, message: str, fields: Sequence[FieldFault] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


@dataclass(frozen=True)
class LineFault:
    """What is wrong with a line of a file; `field` is its column, or empty for all of it."""

    line: int
    field: str
    message: str


class ImportRefused(InvalidRequest):
    """A file of accounts of which none was made. `faults` lists everything, by line."""

    def __init__(self, faults: Sequence[LineFault]) -> None:
        super().__init__(
            f"nothing was imported: {len(faults)} faults in the file",
            [FieldFault(f"line {each.line} {each.field}".strip(), each.message) for each in faults],
        )
        self.faults = tuple(faults)


class SigningError(InvalidRequest):
    """What was asked for must not be put into a signed text."""


class InvalidIdentifier(SigningError):
    """Not 1 to 32 bytes of `[A-Za-z0-9_-]`."""

    def __init__(self) -> None:
        message = "an identifier is 1 to 32 characters of A-Z, a-z, 0-9, '_' and '-'"
        super().__init__(message, [FieldFault("identifier", message)])


class InvalidObjectPath(SigningError):
    """Not one whole object name that is safe to sign."""

    def __init__(self, message: str) -> None:
        super().__init__(message, [FieldFault("file_path", message)])


# ── who are you ─────────────────────────────────────────────────────────────────────────────────


class NotAuthenticated(ClassgateError):
    """No session, or one that is over."""

    code = "not_authenticated"


class WrongCredentials(NotAuthenticated):
    """Unknown account, wrong password or disabled account: one error, so that none shows."""

    def __init__(self) -> None:
        super().__init__("the identifier or the password is wrong")


class PermissionDenied(ClassgateError):
    """Known, and not allowed."""

    code = "permission_denied"


class InvalidInvitation(PermissionDenied):
    """Unknown, expired or used up: one error, so that none shows."""

    def __init__(self) -> None:
        super().__init__(
            "this invitation is not good, or not any more; ask whoever gave it to you for another"
        )


# ── look elsewhere ──────────────────────────────────────────────────────────────────────────────


class NotFound(ClassgateError):
    """Does not exist, or not for this caller."""

    code = "not_found"


class RouteNotFound(NotFound):
    """No such address in this door."""

    def __init__(self) -> None:
        super().__init__("there is nothing at this address; /docs lists the calls")


class AccountNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("there is no such account")


class SessionNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("you have no such session")


class LeaseNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("you have no such lease")


class ClassroomNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("there is no such classroom, or you are not a member of it")


class MemberNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("this account is not a member of the classroom")


class UploadNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("you have no such upload")


class CoursewareNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("there is no such file, or you are not a member of its class")


class MethodNotAllowed(ClassgateError):
    """The address is right, the method is not."""

    code = "method_not_allowed"

    def __init__(self) -> None:
        super().__init__("this address does not take this method; /docs lists the calls")


# ── look at the state ───────────────────────────────────────────────────────────────────────────


class Conflict(ClassgateError):
    """The state does not allow it now."""

    code = "conflict"


class IdentifierTaken(Conflict):
    def __init__(self) -> None:
        super().__init__("this identifier is taken (upper and lower case count as the same)")


class IdentifierHeld(Conflict):
    """The name of an account that was deleted, while a UserSig of that name may still be out.

    In the year 9999: its folder may still hold the files of whoever had it.
    """

    def __init__(self, until: datetime) -> None:
        again = (
            f"it is free again from {until:%Y-%m-%d %H:%M:%S} UTC, when the last UserSig for it "
            "has expired"
        )
        if until.year == 9999:
            again = "it is not given again, for its folder of files may still be in the bucket"
        super().__init__(f"this identifier belonged to an account that was deleted; {again}")
        self.until = until


class IdentifierReserved(Conflict):
    """The IM application's administrator: a UserSig of that name commands all of IM."""

    def __init__(self) -> None:
        super().__init__("this identifier is that of the IM administrator, and is nobody's account")


class OutsideAccessWindow(Conflict):
    """Too early, or over. `opens_at` is None when there is nothing to wait for."""

    def __init__(self, message: str, opens_at: datetime | None = None) -> None:
        super().__init__(message)
        self.opens_at = opens_at


class ClassroomStateConflict(Conflict):
    """The classroom is not in the state that the call needs."""


class NeverEntered(Conflict):
    def __init__(self) -> None:
        super().__init__("you never entered this class, so you cannot leave it")


class AlreadyBound(Conflict):
    def __init__(self) -> None:
        super().__init__("this address is bound there already; unbind it first to bind it anew")


class NotBound(Conflict):
    def __init__(self) -> None:
        super().__init__("this address is not bound there")


class LeaseEnded(Conflict):
    def __init__(self) -> None:
        super().__init__("this lease has ended; ask for a new credential")


class UploadConflict(Conflict):
    """The upload is not in the state that the call needs, or the store disagrees."""


class TooLarge(ClassgateError):
    """Over a size limit."""

    code = "too_large"


class TooManyAttempts(ClassgateError):
    """Slowed down. `retry_after` says how long."""

    code = "too_many_attempts"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("too many attempts; wait as long as Retry-After says, then try again")
        self.retry_after = retry_after


# ── not the caller's fault ──────────────────────────────────────────────────────────────────────


class CloudError(ClassgateError):
    """Tencent Cloud did not do what was needed."""


class CloudRejected(CloudError):
    """The cloud answered no. `cloud_code` is its own word for why."""

    code = "cloud_rejected"

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
    """The cloud did not answer in time, or not in its own language.

    `passing`: the very same call may go well a moment later.
    """

    code = "cloud_unavailable"

    def __init__(
        self,
        service: str,
        retry_after: timedelta = timedelta(seconds=5),
        *,
        retryable: bool = True,
    ) -> None:
        super().__init__(f"{service} cannot be reached now; nothing was given, try again")
        self.service = service
        self.retry_after = retry_after
        self.retryable = retryable


class ServiceUnavailable(ClassgateError):
    """The service cannot do this now, for instance because its database is busy."""

    code = "service_unavailable"

    def __init__(self, message: str, retry_after: timedelta = timedelta(seconds=2)) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DatabaseDamaged(ServiceUnavailable):
    """A part of the database cannot be read, or it is no database at all."""

    def __init__(self) -> None:
        super().__init__(
            "the database is damaged; nothing was given. Its operator finds more in the log, and "
            "how to restore it in docs/how-to/back-up.md"
        )


# ── formats and start-up ────────────────────────────────────────────────────────────────────────


class VerificationFailed(ClassgateError):
    """A credential that was shown is not good.

    `reason` is one of `format signature expired not_yet_valid identifier sdkappid userbuf appid
    bucket access_key`.
    """

    code = "verification_failed"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class InvalidSigningKey(ClassgateError):
    """A signing key cannot be used. The message says why by name, never what the key holds."""

    code = "key_unusable"


class ConfigurationError(ClassgateError):
    """The settings cannot be run with. `faults` lists everything that is wrong, at once."""

    code = "configuration_error"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)
