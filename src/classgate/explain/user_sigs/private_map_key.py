"""Explains the record in a PrivateMapKey: the room, the privileges as words, and its expiry.

It is found in the userbuf of a UserSig, or pasted alone in hex or base64.
"""

import base64
import binascii
import re
from typing import Final

from classgate.errors import VerificationFailed
from classgate.explain.causes import cause
from classgate.explain.models import CauseCode, Check, Explain, ExplainContext, Explanation, Kind
from classgate.explain.pasted_text import Surroundings, shown
from classgate.explain.user_sigs.checks import Outcome, check_identifier, check_sdk_app_id
from classgate.signing.private_map_key import PrivateMapKeyPayload, Privilege, from_wire

_SHORTEST: Final = 23
_LONGEST: Final = 400
_FIRST_PLAUSIBLE_YEAR: Final = 2015


def recognize(text: str) -> Explain | None:
    """Return what explains a record that was pasted alone; None: it is none."""
    stripped = text.strip().removeprefix("0x")
    record = None
    if re.fullmatch(rf"(?:[0-9A-Fa-f]{{2}}){{{_SHORTEST},{_LONGEST}}}", stripped):
        record = read_record(bytes.fromhex(stripped))
    elif re.fullmatch(rf"[A-Za-z0-9+/]{{30,{2 * _LONGEST}}}={{0,2}}", stripped):
        try:
            record = read_record(base64.b64decode(stripped, validate=True))
        except (binascii.Error, ValueError):
            return None
    return None if record is None else lambda context: _explain_alone(record, context)


def read_record(userbuf: bytes | None) -> PrivateMapKeyPayload | None:
    """Return the record in a userbuf; None: it is something else."""
    if userbuf is None or not _SHORTEST <= len(userbuf) <= _LONGEST:
        return None
    try:
        record = from_wire(userbuf)
    except VerificationFailed:
        return None
    is_plausible = (
        record.identifier.isprintable() and record.expires_at.year >= _FIRST_PLAUSIBLE_YEAR
    )
    return record if is_plausible else None


def check_record(
    record: PrivateMapKeyPayload,
    outer: dict[str, object],
    context: ExplainContext,
    around: Surroundings,
) -> tuple[dict[str, object], list[Outcome]]:
    """Return the content with that of the record, and the checks of the record."""
    expires_at = int(record.expires_at.timestamp())
    content = {
        **outer,
        "room_id": record.room_id,
        "room_type": "string" if isinstance(record.room_id, str) else "number",
        "privilege_map": record.privileges,
        "privileges": privilege_words(record.privileges),
        "record_expires_at": expires_at,
        "record_expires": record.expires_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
    outcomes = [
        _check_agreement(record, outer, context),
        _check_expiry(expires_at, context),
        _check_room(record.room_id, context, around),
        _check_privileges(record.privileges, context),
    ]
    return content, outcomes


def privilege_words(privileges: int) -> list[str]:
    """Return the names of the bits, and the numbers of bits that are unknown."""
    known = [each.name.lower() for each in Privilege if each.name and privileges & each]
    rest = privileges & ~sum(Privilege)
    return known + [str(1 << bit) for bit in range(32) if rest & 1 << bit]


def _explain_alone(record: PrivateMapKeyPayload, context: ExplainContext) -> Explanation:
    outer = {"sdk_app_id": record.sdk_app_id, "identifier": record.identifier}
    around = Surroundings()
    content, inner = check_record(record, dict(outer), context, around)
    detail = context.say(
        "the record alone has no signature; paste the whole PrivateMapKey",
        "单独的记录没有签名，请粘贴完整的进房权限票据",
    )
    outcomes = [
        Outcome(Check("format", ok=True)),
        check_sdk_app_id(record.sdk_app_id, context, around),
        check_identifier(record.identifier, context, around),
        Outcome(Check("signature", ok=None, detail=detail)),
        *inner,
    ]
    return Explanation(
        kind=Kind.PRIVATE_MAP_KEY,
        content=content,
        checks=[each.check for each in outcomes],
        causes=[each for outcome in outcomes for each in outcome.causes],
    )


def _check_agreement(
    record: PrivateMapKeyPayload, outer: dict[str, object], context: ExplainContext
) -> Outcome:
    for code, inside, outside in (
        (CauseCode.WRONG_IDENTIFIER, record.identifier, outer["identifier"]),
        (CauseCode.WRONG_SDK_APP_ID, record.sdk_app_id, outer["sdk_app_id"]),
    ):
        if inside != outside:
            evidence = context.say(
                f"the record is for {shown(inside)}, the UserSig around it for {shown(outside)}",
                f"记录中是 {shown(inside)}，外层 UserSig 中是 {shown(outside)}",
            )
            return Outcome(
                Check("record", ok=False, detail=evidence), (cause(context, code, evidence),)
            )
    return Outcome(Check("record", ok=True))


def _check_expiry(expires_at: int, context: ExplainContext) -> Outcome:
    late = int(context.now.timestamp()) - expires_at
    if late <= 0:
        return Outcome(Check("record_time", ok=True))
    evidence = context.say(
        f"the room permission in it expired {late} s ago", f"其中的进房权限已过期 {late} 秒"
    )
    return Outcome(
        Check("record_time", ok=False, detail=evidence),
        (cause(context, CauseCode.EXPIRED, evidence),),
    )


def _check_room(room_id: int | str, context: ExplainContext, around: Surroundings) -> Outcome:
    entered = around.room_id
    if entered is None:
        detail = context.say(
            "not compared: no room was pasted with it", "未比较：没有一同粘贴房间号"
        )
        return Outcome(Check("room", ok=True, detail=detail))
    if entered == room_id:
        return Outcome(Check("room", ok=True))
    same = str(entered) == str(room_id)
    code = CauseCode.ROOM_TYPE_DIFFERS if same else CauseCode.WRONG_ROOM
    evidence = context.say(
        f"it is for room {_room(room_id)}, and room {_room(entered)} is entered",
        f"票据的房间是 {_room(room_id)}，进入的是 {_room(entered)}",
    )
    return Outcome(Check("room", ok=False, detail=evidence), (cause(context, code, evidence),))


def _room(room_id: int | str) -> str:
    return shown(room_id) if isinstance(room_id, str) else str(room_id)


def _check_privileges(privileges: int, context: ExplainContext) -> Outcome:
    words = ", ".join(privilege_words(privileges)) or "-"
    if privileges & Privilege.ENTER:
        return Outcome(Check("privileges", ok=True, detail=f"{privileges}: {words}"))
    evidence = context.say(
        f"the map {privileges} has no right to enter (bit 2): {words}",
        f"权限位图 {privileges} 没有进房权限（第 2 位值为 2）：{words}",
    )
    return Outcome(
        Check("privileges", ok=False, detail=evidence),
        (cause(context, CauseCode.MISSING_PRIVILEGE, evidence),),
    )
