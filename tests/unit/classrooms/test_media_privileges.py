"""What a member may send, by role, stage and mute."""

import pytest
from tests.support.classrooms import membership

from classgate.classrooms.media_privileges import blocked_media, privileges_of
from classgate.classrooms.models import ClassroomRole, Membership, Mute

HOST, ASSISTANT, STUDENT = ClassroomRole.HOST, ClassroomRole.ASSISTANT, ClassroomRole.STUDENT
CHAT, AUDIO, VIDEO = Mute.CHAT, Mute.AUDIO, Mute.VIDEO


@pytest.mark.parametrize(
    ("role", "on_stage", "muted", "expected"),
    [
        (HOST, False, Mute.NOTHING, 255),
        (ASSISTANT, False, Mute.NOTHING, 254),
        (STUDENT, False, Mute.NOTHING, 170),
        (STUDENT, True, Mute.NOTHING, 190),
        (STUDENT, True, AUDIO, 186),
        (STUDENT, True, VIDEO, 174),
        (STUDENT, True, AUDIO | VIDEO, 170),
        (STUDENT, True, CHAT, 190),
        (STUDENT, False, AUDIO | VIDEO, 170),
        (ASSISTANT, False, AUDIO, 250),
        (ASSISTANT, False, VIDEO, 174),
    ],
)
def test_mute_takes_its_bits_and_no_others(
    role: ClassroomRole, on_stage: bool, muted: Mute, expected: int
) -> None:
    assert privileges_of(role, on_stage, muted) == expected


@pytest.mark.parametrize(
    ("role", "on_stage", "muted", "expected"),
    [
        (HOST, False, Mute.NOTHING, Mute.NOTHING),
        (STUDENT, False, Mute.NOTHING, AUDIO | VIDEO),
        (STUDENT, True, Mute.NOTHING, Mute.NOTHING),
        (STUDENT, True, CHAT | VIDEO, VIDEO),
        (ASSISTANT, False, AUDIO, AUDIO),
    ],
)
def test_blocked_is_what_a_member_may_not_send(
    role: ClassroomRole, on_stage: bool, muted: Mute, expected: Mute
) -> None:
    place: Membership = membership(role, on_stage=on_stage)
    blocked = blocked_media(
        Membership(
            account_id=place.account_id,
            role=place.role,
            on_stage=place.on_stage,
            kicked_at=None,
            muted=muted,
        )
    )
    assert blocked == expected
