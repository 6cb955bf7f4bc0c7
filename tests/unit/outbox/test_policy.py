"""How long a message is tried, and when again."""

from datetime import UTC, datetime, timedelta

import pytest

from classgate.outbox.im_commands import cut_name
from classgate.outbox.models import MessageKind
from classgate.outbox.policy import KINDS, Lane, is_expired, retry_delay

AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_every_kind_has_one_lane() -> None:
    kinds = [kind for lane in Lane for kind in KINDS[lane]]
    assert sorted(kinds) == sorted(MessageKind)


def test_marker_ends_before_im_forgets_its_number() -> None:
    assert not is_expired(MessageKind.MARKER, AT, AT + timedelta(minutes=4))
    assert is_expired(MessageKind.MARKER, AT, AT + timedelta(minutes=5))
    assert not is_expired(MessageKind.REMOVAL, AT, AT + timedelta(hours=5))


@pytest.mark.parametrize(
    ("kind", "age", "seconds"),
    [
        (MessageKind.MARKER, 0, 0.5),
        (MessageKind.MARKER, 10, 5),
        (MessageKind.MARKER, 200, 30),
        (MessageKind.REMOVAL, 200, 5),
    ],
)
def test_delay_grows_with_the_age(kind: MessageKind, age: int, seconds: float) -> None:
    assert retry_delay(kind, timedelta(seconds=age), 0.5) == timedelta(seconds=seconds)
    assert retry_delay(kind, timedelta(seconds=age), 0.0) == timedelta(seconds=seconds / 2)


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("数学", "数学"),
        ("一二三四五六七八九十甲", "一二三四五六七八九十"),
        ("a一二三四五六七八九十", "a一二三四五六七八九"),
        ("x" * 31, "x" * 30),
        ("一二三四五六七😀😀😀", "一二三四五六七😀😀"),
    ],
)
def test_name_is_cut_between_characters(name: str, cut: str) -> None:
    assert cut_name(name) == cut
    assert len(cut.encode()) <= 30
