"""What the cloud calls: the events of rooms, and IM's question whether somebody may join a group.

The cloud has no account here: a signature authenticates it. The answers are small, since TRTC takes
at most 2,000 bytes with the headers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import structlog
from litestar import Response, post
from prometheus_client import Counter

from classgate.api import rules
from classgate.api.requests import ApiRequest
from classgate.classrooms.group_joins import JoinRequest
from classgate.classrooms.room_events.models import EventOutcome, parse_room_event
from classgate.errors import InvalidRequest, VerificationFailed
from classgate.metrics import CallbackOutcome, callback_counters
from classgate.refusals import CallbackUnproven, UnreadableBody
from classgate.signing.strict_json import read_json_object

log = structlog.get_logger("classgate.callbacks")

MAX_CALLBACK: Final = 64 * 1024
_BEFORE_JOIN = "Group.CallbackBeforeApplyJoinGroup"
_ROOM = callback_counters("room")
_IM = callback_counters("im")
_OUTCOMES = {
    EventOutcome.APPLIED: CallbackOutcome.ACCEPTED,
    EventOutcome.REMOVED: CallbackOutcome.ACCEPTED,
    EventOutcome.BLOCKED: CallbackOutcome.ACCEPTED,
    EventOutcome.REPEATED: CallbackOutcome.REPEATED,
    EventOutcome.UNTIMELY: CallbackOutcome.IGNORED,
    EventOutcome.UNKNOWN: CallbackOutcome.IGNORED,
}


class RoomAnswer(msgspec.Struct):
    """The answer to TRTC."""

    code: int = 0


class ImAnswer(msgspec.Struct):
    """The answer to IM: `ErrorCode` decides."""

    ActionStatus: str
    ErrorCode: int
    ErrorInfo: str


@contextmanager
def _counting_refusals(
    callback: str, counters: Mapping[CallbackOutcome, Counter]
) -> Iterator[None]:
    """Count a refusal in the block. CallbackUnproven; UnreadableBody: it has another form."""
    try:
        yield
    except CallbackUnproven:
        counters[CallbackOutcome.REFUSED].inc()
        raise
    except (VerificationFailed, InvalidRequest) as error:
        counters[CallbackOutcome.REFUSED].inc()
        failed_check = error.failed_check if isinstance(error, VerificationFailed) else "format"
        log.warning("callback refused", callback=callback, failed_check=failed_check)
        raise UnreadableBody(error.message) from error


_ALLOWED = ImAnswer("OK", 0, "")
_REFUSED = ImAnswer("OK", 1, "not a member of this class")


@post(
    "/callbacks/rtc",
    opt=rules.only(rules.CLOUD),
    include_in_schema=False,
    status_code=200,
    request_max_body_size=MAX_CALLBACK,
)
async def receive_room_event(request: ApiRequest) -> Response[RoomAnswer]:
    """Record an event of a room. The cloud sends it again unless the status is 200."""
    body = await request.body()
    with _counting_refusals("room", _ROOM):
        request.services.callbacks.require_rtc(
            body,
            sign=request.headers.get("Sign", ""),
            sdk_app_id=request.headers.get("SdkAppId", ""),
        )
        event = parse_room_event(read_json_object(body))
    if event is None:
        _ROOM[CallbackOutcome.IGNORED].inc()
        return Response(RoomAnswer())
    outcome = await request.services.room_events.record(event)
    _ROOM[_OUTCOMES[outcome]].inc()
    log.info(
        "room event",
        type=int(event.type),
        classroom=event.classroom_id,
        outcome=outcome.value,
    )
    return Response(RoomAnswer())


@post(
    "/callbacks/im",
    opt=rules.only(rules.CLOUD),
    include_in_schema=False,
    status_code=200,
    request_max_body_size=MAX_CALLBACK,
)
async def receive_im_callback(request: ApiRequest) -> Response[ImAnswer]:
    """Decide about a request to join a group. Every other command is accepted and ignored."""
    query = request.query_params
    body = await request.body()
    with _counting_refusals("im", _IM):
        request.services.callbacks.require_im(
            request_time=query.get("RequestTime", ""),
            sign=query.get("Sign", ""),
            sdk_app_id=query.get("SdkAppid", query.get("SdkAppId", "")),
        )
        is_question = query.get("CallbackCommand") == _BEFORE_JOIN
        asked = _read_join(read_json_object(body)) if is_question else None
    if asked is None:
        _IM[CallbackOutcome.IGNORED].inc()
        return Response(_ALLOWED)
    _IM[CallbackOutcome.ACCEPTED].inc()
    allowed = await request.services.group_joins.may_join(asked)
    return Response(_ALLOWED if allowed else _REFUSED)


def _read_join(message: Mapping[str, Any]) -> JoinRequest:
    group, identifier = message.get("GroupId"), message.get("Requestor_Account")
    if not isinstance(group, str) or not isinstance(identifier, str):
        raise VerificationFailed("format", "GroupId and Requestor_Account are wanted as texts")
    return JoinRequest(group, identifier)


HANDLERS = (receive_room_event, receive_im_callback)
