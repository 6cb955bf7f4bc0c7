"""What a message says, and what one event after another says about a person."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from classgate.classrooms.models import LeaveReason
from classgate.classrooms.presence.room_users import RoomUser
from classgate.classrooms.room_events.models import (
    RoomEvent,
    RoomEventType,
    apply_event,
    parse_room_event,
)

AT = datetime(2022, 9, 26, 16, 29, 8, 180_000, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def event(kind: RoomEventType, after: int = 0, *, sends: bool = False) -> RoomEvent:
    at = AT + after * MILLISECOND
    return RoomEvent(
        type=kind, classroom_id=7, identifier="amy", at=at, sent_at=at, sends=sends, reason=1
    )


def after_all(*events: RoomEvent) -> RoomUser | None:
    user: RoomUser | None = None
    for each in events:
        user = apply_event(user, each, 5) or user
    return user


def test_message_of_the_clouds_page_is_read() -> None:
    message = {
        "EventGroupId": 1,
        "EventType": 103,
        "CallbackTs": 1664209748188,
        "EventInfo": {
            "RoomId": 12345,
            "EventTs": 1664209748,
            "EventMsTs": 1664209748180,
            "UserId": "test",
            "Role": 20,
            "TerminalType": 2,
            "UserType": 3,
            "Reason": 1,
        },
    }
    assert parse_room_event(message) == RoomEvent(
        type=RoomEventType.ENTERED,
        classroom_id=12345,
        identifier="test",
        at=AT,
        sent_at=AT + 8 * MILLISECOND,
        sends=True,
        reason=1,
    )


def test_dismissal_names_the_room_as_a_text_and_nobody() -> None:
    message = {
        "EventGroupId": 1,
        "EventType": 102,
        "EventInfo": {"RoomId": "12345", "EventMsTs": 1664209748180},
    }
    assert parse_room_event(message) == RoomEvent(
        type=RoomEventType.DISMISSED, classroom_id=12345, identifier="", at=AT, sent_at=AT
    )


@pytest.mark.parametrize("reason", [0, 2, 3, 4, 5, 99])
def test_only_the_normal_reason_is_leaving(reason: int) -> None:
    left = RoomEvent(
        type=RoomEventType.LEFT,
        classroom_id=7,
        identifier="amy",
        at=AT,
        sent_at=AT,
        reason=reason,
    )
    assert left.leave_reason is LeaveReason.TIMED_OUT


def test_order_of_arrival_does_not_matter() -> None:
    story = [
        event(RoomEventType.ENTERED, 1),
        event(RoomEventType.ROLE_CHANGED, 2, sends=True),
        event(RoomEventType.LEFT, 3),
        event(RoomEventType.ENTERED, 4, sends=True),
    ]
    ends = {after_all(*order) for order in permutations(story)}
    assert ends == {
        RoomUser(
            classroom_id=7, account_id=5, in_room=True, sends=True, event_at=AT + 4 * MILLISECOND
        )
    }


@pytest.mark.parametrize("kind", list(RoomEventType))
def test_same_event_again_says_nothing(kind: RoomEventType) -> None:
    user = apply_event(None, event(kind), 5)
    assert user is not None
    assert apply_event(user, event(kind), 5) is None


def test_leaving_counts_at_the_millisecond_of_entering() -> None:
    entered, left = event(RoomEventType.ENTERED), event(RoomEventType.LEFT)
    for order in ((entered, left), (left, entered), (entered, left, entered)):
        user = after_all(*order)
        assert user is not None
        assert not user.in_room


def test_role_at_the_millisecond_of_entering_counts() -> None:
    user = after_all(event(RoomEventType.ENTERED), event(RoomEventType.ROLE_CHANGED, sends=True))
    assert user is not None
    assert user.sends
