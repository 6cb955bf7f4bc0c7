"""Runs the suite private_map_key: a room payload inside a version 2 UserSig."""

from datetime import timedelta

from classgate.signing.encoding import from_epoch
from classgate.signing.keys import SdkSecretKey
from classgate.signing.private_map_key import (
    MAX_ROOM_STRING_BYTES,
    PrivateMapKeyPayload,
    from_wire,
    issue_private_map_key,
    to_wire,
    verify_private_map_key,
)
from classgate.signing.user_sig import IDENTIFIER_PATTERN

from . import usersig_v2
from .cases import Case, judge
from .tokens import members_of


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    room = given["room_string"] or given["room_id"]
    payload = PrivateMapKeyPayload(
        identifier=given["identifier"],
        sdk_app_id=given["sdkappid"],
        room_id=room,
        expires_at=from_epoch(given["time"] + given["expire"]),
        privileges=given["privilege_map"],
        account_type=given["account_type"],
    )
    assert to_wire(payload).hex() == expect["userbuf_hex"]
    assert from_wire(bytes.fromhex(expect["userbuf_hex"])) == payload
    if IDENTIFIER_PATTERN.fullmatch(given["identifier"]) and _may_be_issued(case, room):
        token = issue_private_map_key(
            SdkSecretKey(given["secret_key"]),
            sdk_app_id=given["sdkappid"],
            identifier=given["identifier"],
            room_id=room,
            privileges=given["privilege_map"],
            issued_at=from_epoch(given["time"]),
            lifetime=timedelta(seconds=given["expire"]),
        )
        assert members_of(token) == {**expect["json_fields"], "TLS.sig": expect["sig"]}
    usersig_v2.generate(_as_user_sig(case, expect["userbuf_hex"]))


def _may_be_issued(case: Case, room: int | str) -> bool:
    """Issuing wants a room that there can be, and knows one type of account."""
    is_room = len(room.encode()) <= MAX_ROOM_STRING_BYTES if isinstance(room, str) else room > 0
    return is_room and case.inputs["account_type"] == 0


def _as_user_sig(case: Case, userbuf_hex: str) -> Case:
    inputs = {**case.inputs, "userbuf_hex": userbuf_hex}
    return Case(case.id, case.group, case.kind, case.algorithm, inputs, case.expect)


def verify(case: Case) -> None:
    given, expect = case.inputs, case.expect
    payload = judge(
        case,
        lambda: verify_private_map_key(
            given["token"],
            SdkSecretKey(given["secret_key"]),
            sdk_app_id=given["sdkappid"],
            identifier=given["identifier"],
            at=from_epoch(given["now"]),
        ),
    )
    if payload is not None and expect["verdict"] == "accept":
        assert to_wire(payload).hex() == expect["userbuf_hex"]


HANDLERS = {
    "generate.free_userbuf": usersig_v2.generate,
    "generate.number": generate,
    "generate.string": generate,
    "verify.expired": verify,
    "verify.tampered": verify,
    "verify.valid": verify,
}
