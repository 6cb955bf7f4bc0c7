"""Old attendance goes, of classes that have ended."""

from datetime import timedelta

from tests.support.harness import World
from tests.support.school import LIVE, School

from classgate.classrooms.presence.retention import AttendanceRetention

KEPT = timedelta(days=60)


def _retention(world: World, retention: timedelta = KEPT) -> AttendanceRetention:
    return AttendanceRetention(
        database=world.application.database,
        retention=retention,
        clock=world.clock,
        sleep=world.clock.sleep,
    )


def _count(world: World) -> int:
    ((rows,),) = world.raw_database.query("SELECT count(*) FROM presences")
    assert isinstance(rows, int)
    return rows


def _end_class(world: World, number: int, state: str = "ended") -> None:
    """End the class with more presences than one piece holds; there are no others."""
    world.raw_database.change("DELETE FROM presences")
    world.raw_database.change(
        "UPDATE classrooms SET state = ? WHERE classroom_id = ?", state, number
    )
    for _ in range(60):
        world.raw_database.change(
            "INSERT INTO presences (classroom_id, account_id, session_id, role, entered_at,"
            " last_seen_at, left_at, leave_reason) SELECT classroom_id, host_id, 's', 'host',"
            " created_at, created_at, created_at, 'left' FROM classrooms WHERE classroom_id = ?",
            number,
        )


async def test_old_attendance_of_ended_classes_goes(world: World, school: School) -> None:
    _end_class(world, LIVE)
    world.clock.advance(days=61)
    assert await _retention(world).run_once() == 60
    assert _count(world) == 0


async def test_attendance_of_other_classes_stays(world: World, school: School) -> None:
    _end_class(world, LIVE, "live")
    before = _count(world)
    world.clock.advance(days=61)
    assert await _retention(world).run_once() == 0
    assert _count(world) == before


async def test_young_attendance_stays(world: World, school: School) -> None:
    _end_class(world, LIVE)
    world.clock.advance(days=59)
    assert await _retention(world).run_once() == 0


async def test_nothing_goes_without_a_retention(world: World, school: School) -> None:
    _end_class(world, LIVE)
    world.clock.advance(days=4000)
    assert await _retention(world, timedelta(0)).run_once() == 0
