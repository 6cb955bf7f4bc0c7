"""The one table that turns errors into HTTP: RFC 9457 problem details.

`detail` is in the language that the client prefers. An error that is not in the tree is logged and
answered opaquely.
"""

import math
import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap
from msgspec import Meta

from classgate.api.field_messages_zh import translate_field_message
from classgate.api.languages import Language, preferred_language
from classgate.api.messages_zh import TITLES_ZH, translate
from classgate.api.refused_requests import record_refusal
from classgate.errors import (
    ClassgateError,
    CloudRejected,
    CloudUnavailable,
    ConfigurationError,
    Conflict,
    FieldFault,
    IdentifierHeld,
    InvalidRequest,
    InvalidSigningKey,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    OutsideAccessWindow,
    PermissionDenied,
    RouteNotFound,
    ServiceUnavailable,
    TooLarge,
    TooManyAttempts,
    VerificationFailed,
)
from classgate.logs import current_request_id
from classgate.metrics import API_REFUSALS
from classgate.reasons import Reason
from classgate.refusals import BodyTooLarge, Kicked, UnreadableBody

AnyRequest = Request[Any, Any, Any]

log = structlog.get_logger("classgate.api")

MEDIA_TYPE = "application/problem+json"

# A subclass without a row of its own has its parent's.
STATUS: dict[type[ClassgateError], int] = {
    InvalidRequest: 400,
    VerificationFailed: 400,
    NotAuthenticated: 401,
    PermissionDenied: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    TooLarge: 413,
    TooManyAttempts: 429,
    InvalidSigningKey: 500,
    ConfigurationError: 500,
    CloudRejected: 502,
    CloudUnavailable: 503,
    ServiceUnavailable: 503,
}

TITLES = {
    400: "The request cannot be understood",
    401: "Not logged in",
    403: "Not allowed",
    404: "Not found",
    405: "Wrong method",
    409: "Not in this state",
    413: "Too large",
    429: "Too many attempts",
    500: "Internal error",
    502: "The cloud refused",
    503: "Not available now",
}


class FieldError(msgspec.Struct):
    """One field that is wrong."""

    field: Annotated[str, Meta(description="Path of the field; `body` for the body as a whole.")]
    message: Annotated[
        str, Meta(description="What is expected there. In the language of `detail`.")
    ]


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An error (RFC 9457)."""

    type: Annotated[str, Meta(description="Address of the documentation of `code`.")]
    title: Annotated[str, Meta(description="Name of the status, in the language of `detail`.")]
    status: Annotated[int, Meta(description="HTTP status.")]
    detail: Annotated[
        str,
        Meta(
            description="What happened and what to do, for people. In the language that "
            "`Accept-Language` prefers: English or Chinese."
        ),
    ]
    code: Annotated[str, Meta(description="Class of the error. Never changes its meaning.")]
    reason: Annotated[Reason, Meta(description="The cause, for programs to branch on.")]
    request_id: Annotated[
        str, Meta(description="Id of the request, as in `X-Request-Id`, the log and the audit.")
    ]
    errors: Annotated[
        list[FieldError] | None, Meta(description="The fields that are wrong, if any.")
    ] = None
    opens_at: Annotated[
        int | None,
        Meta(description="With `class_not_started`: when it opens. Unix time in seconds."),
    ] = None
    until: Annotated[
        int | None,
        Meta(
            description="With `identifier_held`: until when it is reserved. With `kicked`: until "
            "when the member is barred. Unix time in seconds; left out when it has no end."
        ),
    ] = None


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the errors of a route for its documentation; 400, 500 and 503 are included.

    Where a session is needed, that of the console is refused to other pages.
    """
    refused = {403} if 401 in statuses else set()
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=TITLES[status],
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
        for status in sorted({*statuses, *refused, 400, 500, 503})
    }


def status_of(error: type[ClassgateError]) -> int:
    """Return the status of an error class, or of the nearest parent."""
    for parent in error.__mro__:
        if parent in STATUS:
            return STATUS[parent]
    return 500


def language_of(request: AnyRequest) -> Language:
    """Return the language that the client prefers."""
    return preferred_language(request.headers.getall("Accept-Language", []))


def _answer(request: AnyRequest, error: ClassgateError) -> Response[Problem]:
    API_REFUSALS.count(error.reason)
    record_refusal(request, error)
    status = status_of(type(error))
    language = language_of(request)
    fields = error.fields if isinstance(error, InvalidRequest) else ()
    if isinstance(error, InvalidSigningKey | ConfigurationError):  # for the operator to fix
        log.error("the service is set up wrongly", code=error.code, reason=error.message)
    problem = Problem(
        type=f"/docs/errors#{error.code}",
        title=(TITLES_ZH if language is Language.CHINESE else TITLES)[status],
        status=status,
        detail=translate(error) if language is Language.CHINESE else error.message,
        code=error.code,
        reason=error.reason,
        request_id=current_request_id.get(),
        errors=[_to_field_error(each, language) for each in fields] or None,
        opens_at=_to_unix(error.opens_at) if isinstance(error, OutsideAccessWindow) else None,
        until=_to_unix(error.until) if isinstance(error, IdentifierHeld | Kicked) else None,
    )
    headers = {"Content-Language": language.value}
    if isinstance(error, TooManyAttempts | CloudUnavailable | ServiceUnavailable):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after.total_seconds())))
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(problem, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _to_field_error(fault: FieldFault, language: Language) -> FieldError:
    chinese = language is Language.CHINESE
    message = translate_field_message(fault.message) if chinese else fault.message
    return FieldError(fault.field, message)


def vary_by_language(headers: MutableScopeHeaders) -> None:
    """Add `Vary: Accept-Language` to problems.

    As the last before the answer is sent: the framework's CORS puts its `Vary` over any other.
    """
    if "content-language" in headers:
        headers.add("Vary", "Accept-Language")


def _to_unix(moment: datetime | None) -> int | None:
    """Return Unix seconds; None for none."""
    return None if moment is None else int(moment.timestamp())


def _on_framework(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """Answer errors of the framework: routes, methods, bodies, parameters."""
    if isinstance(error, ValidationException):
        return _answer(request, _from_validation(error))
    match error.status_code:
        case 404:
            answer = _answer(request, RouteNotFound())
        case 405:
            answer = _answer(request, MethodNotAllowed())
        case 413:
            answer = _answer(request, BodyTooLarge())
        case status if status < 500:
            unreadable = UnreadableBody("the body does not have the expected JSON type")
            answer = _answer(request, unreadable)
        case _:
            return _on_unknown(request, error)
    answer.headers.update(error.headers or {})
    return answer


_MAX_ECHOED_CHARACTERS = 200  # characters

# Parameters of a query whose own name is taken in Python, or says too little there.
_QUERY_NAMES = {"in_state": "state", "starts_from": "from", "starts_before": "to"}


def _as_sent(name: str) -> str:
    return _QUERY_NAMES.get(name, name)


def _from_validation(error: ValidationException) -> InvalidRequest:
    """Convert the framework's error about a field."""
    extra = error.extra if isinstance(error.extra, list) else []
    found = [(_as_sent(str(each.get("key", ""))), str(each["message"])) for each in extra]
    # A path's part that only the rule reads is not in the handler's signature; that is no fault.
    faults = [to_fault(*each) for each in found if each[0] == "data" or each[1] != f"'{each[0]}'"]
    return InvalidRequest("some fields are not what is wanted here; errors names them", faults)


def to_fault(key: str, message: str) -> FieldFault:
    """Convert an error of the framework or of msgspec.

    `data` is the body as a whole; a missing or unknown field is named in the message only.
    """
    path = "" if key == "data" else key
    named = re.search(r"(?:missing required|unknown) field `([^`]*)`", message)
    if named is not None:
        path = f"{path}.{named[1]}" if path else named[1]
    if message == "'data'":
        message = "a JSON object is wanted as body"
    return FieldFault(_cut(path) or "body", _cut(message))


def _cut(text: str) -> str:
    """Shorten a name: that of an unknown field may be as long as the body."""
    return text if len(text) <= _MAX_ECHOED_CHARACTERS else f"{text[:_MAX_ECHOED_CHARACTERS]}…"


def _on_unreadable(request: AnyRequest, _error: Exception) -> Response[Problem]:
    unreadable = UnreadableBody("the body is not JSON in UTF-8, or is nested too deeply")
    return _answer(request, unreadable)


def _on_unknown(request: AnyRequest, error: Exception) -> Response[Problem]:
    log.error("unexpected error", error=type(error).__name__, exc_info=error)
    opaque = ClassgateError("something went wrong here; the log has it under this id")
    return _answer(request, opaque)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    ClassgateError: _answer,
    HTTPException: _on_framework,
    # msgspec raises these for a body that is nested too deeply, or is not UTF-8.
    RecursionError: _on_unreadable,
    UnicodeDecodeError: _on_unreadable,
    Exception: _on_unknown,
}
