"""A PrivateMapKey: its room, its privileges as words, and what makes a room refuse it."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.explained_tokens import CONFIGURED, ISSUED, NOW, record, user_sig

from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, Kind

KEY = user_sig(userbuf=record())


def test_a_valid_one_is_shown_with_its_room_and_its_privileges_as_words() -> None:
    explanation = explain(user_sig(userbuf=record(room=7, privileges=42)), CONFIGURED)
    assert explanation.kind is Kind.PRIVATE_MAP_KEY
    assert explanation.valid is True
    content = explanation.content
    assert content["room_id"] == 7
    assert content["room_type"] == "number"
    assert content["privilege_map"] == 42
    assert content["privileges"] == ["enter", "receive_audio", "receive_video"]
    assert content["record_expires_at"] == ISSUED + 300
    assert content["identifier"] == "amy"


def test_an_unknown_bit_is_shown_as_its_number() -> None:
    explanation = explain(user_sig(userbuf=record(privileges=258)), CONFIGURED)
    assert explanation.content["privileges"] == ["enter", "256"]


@pytest.mark.parametrize(
    ("text", "check", "cause"),
    [
        (user_sig(userbuf=record(expires=ISSUED + 59)), "record_time", "expired"),
        (user_sig(userbuf=record(), lifetime=30), "time", "expired"),
        (user_sig(userbuf=record(privileges=4)), "privileges", "missing_privilege"),
        (user_sig(userbuf=record(identifier="tom")), "record", "wrong_identifier"),
        (user_sig(userbuf=record(app=1600000001)), "record", "wrong_sdk_app_id"),
        (user_sig(b"1" * 64, userbuf=record()), "signature", "wrong_key"),
        (f"roomId=8&privateMapKey={KEY}", "room", "wrong_room"),
        (json.dumps({"room_id": 8, "private_map_key": KEY}), "room", "wrong_room"),
        (f"strRoomId=7&privateMapKey={KEY}", "room", "room_type_differs"),
        (f"privateMapKey={KEY[:90]}", "format", "truncated"),
        (f"privateMapKey={user_sig(userbuf=b'free text')}", "userbuf", "incomplete"),
    ],
)
def test_what_makes_a_room_refuse_it_comes_first(text: str, check: str, cause: str) -> None:
    explanation = explain(text, CONFIGURED)
    assert explanation.valid is False
    assert (explanation.first_failure, explanation.causes[0].code) == (check, cause)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"room_id": 7, "private_map_key": KEY, "identifier": "amy"}),
        f"roomId: 7, privateMapKey: '{KEY}'",
        json.dumps(
            {"room_id": "lesson", "private_map_key": user_sig(userbuf=record(room="lesson"))}
        ),
    ],
)
def test_the_room_that_was_pasted_with_it_may_be_its_own(text: str) -> None:
    assert explain(text, CONFIGURED).valid is True


@pytest.mark.parametrize(
    "text", [record().hex(), f"0x{record().hex().upper()}", base64.b64encode(record()).decode()]
)
def test_a_record_alone_is_shown_and_its_signature_not_judged(text: str) -> None:
    explanation = explain(text, CONFIGURED)
    assert explanation.kind is Kind.PRIVATE_MAP_KEY
    assert explanation.content["room_id"] == 7
    assert explanation.valid is None
    late = replace(CONFIGURED, now=NOW + timedelta(days=1))
    assert explain(text, late).first_failure == "record_time"


def test_a_free_userbuf_is_a_user_sig() -> None:
    explanation = explain(user_sig(userbuf=b'{"a":1}'), CONFIGURED)
    assert explanation.kind is Kind.USER_SIG
    assert explanation.content["userbuf_hex"] == b'{"a":1}'.hex()
    assert explanation.valid is True


def test_a_long_hex_text_that_is_no_record_is_unknown() -> None:
    assert explain("ab" * 32, ExplainContext(now=NOW)).kind is Kind.UNKNOWN
