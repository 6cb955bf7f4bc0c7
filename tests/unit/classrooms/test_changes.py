"""Which fields of a class are changed, and which are kept."""

from msgspec import UNSET
from tests.support.classrooms import NOW

from classgate.classrooms.models import ClassroomChanges


def test_no_field_is_changed_by_default() -> None:
    assert ClassroomChanges().provided() == {}


def test_only_provided_fields_are_changed() -> None:
    changes = ClassroomChanges(title="数学", ends_at=NOW)
    assert changes.provided() == {"title": "数学", "ends_at": NOW}


def test_none_clears_a_field_and_unset_keeps_it() -> None:
    changes = ClassroomChanges(cover_url=None, starts_at=UNSET, ends_at=None)
    assert changes.provided() == {"cover_url": None, "ends_at": None}


def test_false_is_a_value() -> None:
    assert ClassroomChanges(open=False).provided() == {"open": False}


def test_empty_title_is_a_value() -> None:
    """It is refused later, by its field; it is not taken for a title that was not sent."""
    assert ClassroomChanges(title="").provided() == {"title": ""}
