"""The table that maps errors to the `errorCode` of the legacy protocol.

Legacy clients branch on the number only. 10009 logs them out, some ignore 10003, and they show the
text of all others. So refusals that the 2017 backend did not have are 10101.
"""

from typing import Final

from classgate.errors import (
    AccountNotFound,
    AlreadyBound,
    ClassgateError,
    ConfigurationError,
    Conflict,
    IdentifierHeld,
    IdentifierReserved,
    IdentifierTaken,
    InvalidRequest,
    InvalidSigningKey,
    MethodNotAllowed,
    NeverEntered,
    NotAuthenticated,
    NotBound,
    NotFound,
    PermissionDenied,
    RouteNotFound,
    SessionNotFound,
    TooLarge,
    VerificationFailed,
    WrongCredentials,
)

SUCCESS: Final = 0
UNKNOWN_COMMAND: Final = 10001
BODY_UNREADABLE: Final = 10002
FIELD_WRONG: Final = 10003
NAME_TAKEN: Final = 10004
NO_SUCH_ACCOUNT: Final = 10005
LOGIN_REFUSED: Final = 10006
NOT_LOGGED_IN: Final = 10008
SESSION_OVER: Final = 10009
NO_SUCH_CLASS: Final = 10100
NOT_ALLOWED: Final = 10101
WRONG_STATE: Final = 10102
BOUND: Final = 10104
NOT_BOUND: Final = 10105
NEVER_ENTERED: Final = 10107
SERVER_ERROR: Final = 90000

# A subclass without a row of its own has its parent's.
ERROR_CODES: dict[type[ClassgateError], int] = {
    ClassgateError: SERVER_ERROR,
    InvalidRequest: FIELD_WRONG,
    TooLarge: FIELD_WRONG,
    VerificationFailed: FIELD_WRONG,
    NotAuthenticated: SESSION_OVER,
    WrongCredentials: LOGIN_REFUSED,
    PermissionDenied: NOT_ALLOWED,
    NotFound: NO_SUCH_CLASS,
    RouteNotFound: UNKNOWN_COMMAND,
    MethodNotAllowed: UNKNOWN_COMMAND,
    AccountNotFound: NO_SUCH_ACCOUNT,
    SessionNotFound: NOT_LOGGED_IN,
    Conflict: WRONG_STATE,
    IdentifierTaken: NAME_TAKEN,
    IdentifierHeld: NAME_TAKEN,
    IdentifierReserved: NAME_TAKEN,
    NeverEntered: NEVER_ENTERED,
    AlreadyBound: BOUND,
    NotBound: NOT_BOUND,
    InvalidSigningKey: SERVER_ERROR,
    ConfigurationError: SERVER_ERROR,
}


def error_code_of(error: type[ClassgateError]) -> int:
    """Return the row for an error, or for the nearest of its parents."""
    return next(ERROR_CODES[parent] for parent in error.__mro__ if parent in ERROR_CODES)
