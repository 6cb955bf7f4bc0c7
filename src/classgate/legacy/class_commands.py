"""`svc=live`: classes from creation to replay, and their members."""

import json
from datetime import timedelta
from functools import lru_cache

from classgate.accounts.models import AccountRole
from classgate.classrooms.entry import EntryService
from classgate.classrooms.models import ClassroomState, NewClassroom
from classgate.classrooms.presence.service import PresenceService
from classgate.classrooms.replays.service import ReplayService, may_be_requested
from classgate.classrooms.service import ClassroomService
from classgate.errors import ClassroomNotFound
from classgate.legacy.accounts import LegacyAccountService
from classgate.legacy.calls import Call
from classgate.legacy.classroom_list.models import ClassroomListEntry, ClassroomListFilter
from classgate.legacy.classroom_list.service import LegacyClassroomList
from classgate.legacy.fields import page_of, time_range_of
from classgate.legacy.protocol import Answer, EncodedListAnswer
from classgate.refusals import ReplayNeedsHost
from classgate.validation import field_error

STATES = (
    ClassroomState.CREATED,
    ClassroomState.LIVE,
    ClassroomState.ENDED,
    ClassroomState.REPLAYABLE,
)
"""The entry for each number on the wire."""

_COVER_LENGTH = 128


async def create(classrooms: ClassroomService, call: Call) -> Answer:
    """`create`: a new class, open to anybody of the school once it is live."""
    fields = call.fields
    missing = call.settings.lenient and not fields.has("title")
    title = "" if missing else fields.text("title")
    cover = fields.optional_text("cover")
    if cover is not None and len(cover) > _COVER_LENGTH:
        raise field_error("cover", f"expected at most {_COVER_LENGTH} characters")
    new = NewClassroom(title=title, cover_url=cover or None, open=True)
    made = await classrooms.create(call.caller, new, keep_texts=True)
    number = made.classroom_id
    return Answer(data={"roomnum": number, "groupid": str(number)})


async def start(classrooms: ClassroomService, call: Call) -> Answer:
    """`startcourse`: created becomes live."""
    number = call.fields.integer("roomnum")
    await classrooms.start(call.caller, number, call.timestamp)
    return Answer()


async def end(classrooms: ClassroomService, call: Call) -> Answer:
    """`exitroom`: live becomes ended."""
    number = call.fields.integer("roomnum", 1)
    await classrooms.end(call.caller, number, call.timestamp)
    return Answer()


async def record_heartbeat(presence: PresenceService, call: Call) -> Answer:
    """`heartbeat`: record a heartbeat."""
    await presence.record_heartbeat(call.caller, call.fields.room())
    return Answer()


async def report_member(presence: PresenceService, entry: EntryService, call: Call) -> Answer:
    """`reportmemid`: enter or leave, always for the token's owner."""
    number, leaves = call.fields.room(), call.fields.integer("operate", 0, 1)
    if leaves:
        await presence.leave(call.caller, number, ClassroomState.LIVE)
    else:
        await entry.enter(call.caller, number, call.timestamp)
    return Answer()


async def list_members(presence: PresenceService, call: Call) -> Answer:
    """`roomidlist`: who is present in a class; empty for an unknown class."""
    number = call.fields.room()
    offset, limit = page_of(call.fields)
    try:
        found, total = await presence.list_present(call.caller, number, offset, limit)
    except ClassroomNotFound:
        found, total = [], 0
    members = [
        {"id": identifier, "role": int(role is AccountRole.TEACHER)} for identifier, role in found
    ]
    return Answer(data={"total": total, "idlist": members})


async def list_classes(classroom_list: LegacyClassroomList, call: Call) -> EncodedListAnswer:
    """`roomlist`: the visible classes, most recent first."""
    fields = call.fields
    offset, limit = page_of(fields)
    number = fields.optional_integer("roomnum") or 0
    begun_after, begun_before = time_range_of(fields, refuse_reversed=True)
    host = fields.optional_text("host_uid") or None
    state = fields.integer("state", 0, len(STATES) - 1) if fields.has("state") else None
    wanted = ClassroomListFilter(
        classroom_id=number if number > 0 else None,
        # After means from the next second on: times here are whole seconds.
        begun_after=None if begun_after is None else begun_after + timedelta(seconds=1),
        begun_before=begun_before,
        host=host,
        state=None if state is None else STATES[state],
    )
    page = await classroom_list.list_page(call.caller, wanted, offset, limit)
    rooms = [
        _encode(
            each,
            each.state is ClassroomState.ENDED and may_be_requested(each.requestable_at, call.now),
        )
        for each in page.entries
    ]
    return EncodedListAnswer(page.total, "rooms", rooms)


@lru_cache(256)  # of the classes that `LegacyClassroomList` keeps
def _encode(entry: ClassroomListEntry, may_request: bool) -> str:
    """Return the JSON of a class in the list."""
    return json.dumps(
        {
            "host_uid": entry.host,
            "title": entry.title,
            "cover": entry.cover_url or "",
            "roomnum": entry.classroom_id,
            "groupid": str(entry.classroom_id),
            "state": STATES.index(entry.state),
            "begin_time": entry.begin_time or 0,
            "end_time": entry.end_time or 0,
            "can_trigger_replay_idx": int(may_request),
            "trigger_replay_idx_time": entry.request_time or 0,
            "trigger_replay_idx_result": 0,  # the request goes through the outbox: it cannot fail
            "replay_idx_created_time": entry.index_time or 0,
            "replay_idx_created_result": entry.index_result or 0,
            "replay_idx_url": entry.index_url or "",
            "memsize": entry.present,
        }
    )


async def request_replay(
    accounts: LegacyAccountService, replays: ReplayService, call: Call
) -> Answer:
    """`makereplayidx`: request the replay of a class, with its host's token.

    The 2017 backend required no token; a request without one is rejected without logging out the
    client.
    """
    fields = call.fields
    if fields.is_missing("appid"):
        raise field_error("appid", "is missing")
    app_id, number = fields.integer("appid"), fields.integer("roomnum")
    if fields.is_missing("token"):
        raise ReplayNeedsHost
    caller = await accounts.authenticate(fields.text("token"))
    if app_id != call.settings.sdk_app_id:
        await replays.require_ended(caller, number)
        raise field_error("appid", "is not that of this school")
    await replays.request(caller, number)
    return Answer()
