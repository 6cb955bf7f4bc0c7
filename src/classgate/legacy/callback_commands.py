"""`svc=live`: callbacks of the cloud.

The 2017 backend trusted any caller. Here the cloud authenticates, by the secret part of the address
or by its signature. Neither covers the content, so a callback can do no more than its purpose.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import structlog

from classgate.classrooms.models import Recording
from classgate.classrooms.replays.service import ReplayService
from classgate.errors import ClassgateError, VerificationFailed
from classgate.legacy.calls import Call
from classgate.legacy.fields import Fields
from classgate.legacy.protocol import (
    BodyUnreadable,
    IndexAnswer,
    RecordingAnswer,
    read_body,
)
from classgate.refusals import CallbackUnproven
from classgate.signing.callback_signatures import verify_im_callback, verify_live_callback
from classgate.validation import field_error

log = structlog.get_logger("classgate.legacy")

_FILE_READY = 100


async def receive_recording(replays: ReplayService, call: Call) -> RecordingAnswer:
    """`reccall`: a recording exists. The answer is always the same."""
    with _log_refusals("recording"):
        _require_live_callback(call)
        if call.fields.integer("event_type") == _FILE_READY:
            await _record_recording(replays, call)
    return RecordingAnswer()


async def _record_recording(replays: ReplayService, call: Call) -> None:
    fields = call.fields
    fields.text("stream_id")
    numbers = ("start_time", "end_time", "media_start_time", "file_size", "duration")
    values: dict[str, Any] = {name: fields.integer(name) for name in numbers}
    values |= {name: fields.text(name) for name in ("video_id", "video_url")}
    named = parse_qs(fields.text("stream_param"))
    try:
        number = _class_number(named["groupid"][-1])
        identifier = base64.b64decode(named["userid"][-1], validate=True).decode()
    except (KeyError, ValueError, binascii.Error) as error:
        raise field_error("stream_param", "groupid and userid are wanted in it") from error
    await replays.record_recording(number, identifier, Recording(**values))


async def receive_index(replays: ReplayService, call: Call) -> IndexAnswer:
    """`idxfileendcall`: the index of a replay was built, or failed."""
    with _log_refusals("index"):
        number, result, url = _read_index(call.fields)
        _require_im_callback(call)
        await replays.record_index(number, result, url)
    return IndexAnswer()


@contextmanager
def _log_refusals(callback: str) -> Iterator[None]:
    """Log refusals, because the cloud ignores the answer."""
    try:
        yield
    except ClassgateError as error:
        log.warning(f"{callback} callback refused", code=error.code, reason=error.message)
        raise


def _read_index(fields: Fields) -> tuple[int, int, str | None]:
    """Parse the class, the cloud's code, and the address if any. InvalidRequest."""
    try:
        asked = Fields(read_body(fields.text("SrcRequest").encode()))
    except BodyUnreadable as error:
        raise field_error("SrcRequest", "JSON is wanted in it") from error
    group = asked.text("GroupId")
    result = fields.integer("ErrorCode", -(2**31), 2**31 - 1)
    fields.text("ErrorInfo")
    url = None
    if result == 0:
        index = fields.nested("ReplayIndex")
        url = index.text("FileUrl")
        index.integer("CreateTime")
    return _class_number(group), result, url


def _class_number(group: str) -> int:
    """Return the class of an IM group; 0 if it belongs to none."""
    return int(group) if group.isascii() and group.isdigit() and len(group) < 19 else 0


# ── who calls ───────────────────────────────────────────────────────────────────────────────────


def _require_live_callback(call: Call) -> None:
    """Authenticate a callback of live streaming. PermissionDenied."""
    key = call.settings.live_key
    _require_cloud(call, key, lambda known: verify_live_callback(call.body, key=known, at=call.now))


def _require_im_callback(call: Call) -> None:
    """Authenticate a callback of IM. PermissionDenied."""
    time, sign = call.query.get("RequestTime", ""), call.query.get("Sign", "")
    _require_cloud(
        call,
        call.settings.im_token,
        lambda known: verify_im_callback(request_time=time, sign=sign, token=known, at=call.now),
    )


def _require_cloud(call: Call, key: str | None, verify: Callable[[str], object]) -> None:
    if call.has_path_secret:
        return
    if key is None:
        raise CallbackUnproven("nothing shows that the cloud is calling")
    try:
        verify(key)
    except VerificationFailed as error:
        raise CallbackUnproven(
            f"the signature of the callback is invalid: {error.failed_check}"
        ) from error
