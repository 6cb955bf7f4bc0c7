"""The error codes of the XML API with their HTTP status: document 436/7730 (error codes).

The document misspells a few codes; the emulator sends the correct spelling.
"""

from classgate.emulator.failed_check import FailedCheck

_STATUS = {
    "AccessDenied": 403,
    "AccessForbidden": 403,
    "BadDigest": 400,
    "BucketAlreadyOwnedByYou": 409,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "ExpiredToken": 403,
    "FileAlreadyExists": 409,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidSecurity": 403,
    "InvalidTag": 400,
    "InvalidURI": 400,
    "MalformedPOSTRequest": 400,
    "MalformedXML": 400,
    "MethodNotAllowed": 405,
    "MissingContentMD5": 400,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchTagSet": 404,
    "NoSuchUpload": 404,
    "NotImplemented": 501,
    "OperationAborted": 409,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
}


class CosError(Exception):
    """The XML API refuses the request, with the code of the cloud.

    `details` are more elements of the error document, with their text. `check` is the check of the
    credential that failed.
    """

    def __init__(
        self,
        code: str,
        message: str,
        details: tuple[tuple[str, str], ...] = (),
        *,
        check: FailedCheck | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.check = check
        self.status = _STATUS[code]


# The responses to injected faults, see `emulator.faults`.
FAULTS = {
    "unavailable": ("ServiceUnavailable", "The service is unavailable."),
    "throttled": ("SlowDown", "Please reduce your request rate."),
    "skewed_clock": (
        "RequestTimeTooSkewed",
        "The request time differs too much from the server's.",
    ),
    "expired": ("ExpiredToken", "The provided token has expired."),
}
