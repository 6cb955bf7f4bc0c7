"""Whoever reads the attendance or the audit is in the audit."""

import json
from typing import Any

from tests.support.console_session import open_page
from tests.support.harness import Opener, World, problem
from tests.support.school import LIVE, PASSWORD, School

ATTENDANCE = f"/v1/classrooms/{LIVE}/attendance"
AUDIT = "/v1/admin/audit"


def readings(world: World) -> list[tuple[Any, ...]]:
    """Event, reader, account, class and details of each, the oldest first."""
    rows = world.raw_database.query(
        "SELECT event, reader.identifier, whose.identifier, classroom_id, details FROM audit_rows"
        " JOIN accounts AS reader ON reader.account_id = actor_id"
        " LEFT JOIN accounts AS whose ON whose.account_id = audit_rows.account_id"
        " WHERE event IN ('attendance_read', 'audit_read') ORDER BY at, seq"
    )
    return [(*row[:4], json.loads(row[4])) for row in rows]


async def test_attendance_is_recorded_with_its_reader(world: World, school: School) -> None:
    for reader in ("tom", "root"):
        assert (await world.call("GET", ATTENDANCE, school.tokens[reader])).status_code == 200
        world.clock.advance(seconds=1)
    assert readings(world) == [
        ("attendance_read", "tom", None, LIVE, {}),
        ("attendance_read", "root", None, LIVE, {}),
    ]


async def test_audit_is_recorded_with_what_was_asked(world: World, school: School) -> None:
    since = world.clock.unix - 60
    for query in ("", "?identifier=amy", f"?classroom_id={LIVE}&since={since}"):
        answer = await world.call("GET", AUDIT + query, school.tokens["root"])
        assert answer.status_code == 200
        world.clock.advance(seconds=1)
    assert readings(world) == [
        ("audit_read", "root", None, None, {}),
        ("audit_read", "root", "amy", None, {}),
        ("audit_read", "root", None, LIVE, {"since": since}),
    ]


async def test_page_of_the_console_is_recorded_too(open_with: Opener, school: School) -> None:
    async with open_with(console={"second_factor": "optional"}) as world:
        page = await open_page(world, "root")
        assert (await page.call("GET", AUDIT)).status_code == 200
        assert (await page.call("GET", ATTENDANCE)).status_code == 200
        found = [(event, reader) for event, reader, *_ in readings(world)]
        assert sorted(found) == [("attendance_read", "root"), ("audit_read", "root")]


async def test_pages_of_one_list_are_one_reading(world: World, school: School) -> None:
    token, cursor, pages = school.tokens["tom"], "", 0
    while cursor is not None:
        after = f"&cursor={cursor}" if cursor else ""
        answer = await world.call("GET", f"{ATTENDANCE}?limit=2{after}", token)
        cursor, pages = answer.json()["next_cursor"], pages + 1
    assert pages > 1
    assert len(readings(world)) == 1


async def test_reading_on_is_recorded_every_ten_minutes(world: World, school: School) -> None:
    token = school.tokens["tom"]
    for _ in range(21):
        await world.call("GET", ATTENDANCE, token)
        world.clock.advance(minutes=1)
    assert len(readings(world)) == 3


async def test_reading_is_recorded_again_after_the_clock_was_set_back(
    world: World, school: School
) -> None:
    for hours in (0, 2, -2):
        world.clock.jump(hours=hours)
        await world.call("GET", ATTENDANCE, school.tokens["tom"])
    assert len(readings(world)) == 3


async def test_each_session_is_recorded(world: World, school: School) -> None:
    for token in (school.tokens["tom"], await world.log_in("tom", PASSWORD)):
        await world.call("GET", ATTENDANCE, token)
    assert len(readings(world)) == 2


async def test_nothing_is_shown_that_cannot_be_recorded(world: World, school: School) -> None:
    await world.settle()
    world.raw_database.refuse_records("NEW.event = 'attendance_read'")
    for _ in range(2):
        answer = await world.call("GET", ATTENDANCE, school.tokens["tom"])
        problem(answer, 500, "internal_error")
    await world.settle()
    world.raw_database.take_records()
    answer = await world.call("GET", ATTENDANCE, school.tokens["tom"])
    assert answer.status_code == 200
    assert len(readings(world)) == 1


async def test_refused_reading_is_none(world: World, school: School) -> None:
    await world.call("GET", ATTENDANCE, school.tokens["amy"])
    await world.call("GET", AUDIT, school.tokens["tom"])
    await world.call("GET", f"{AUDIT}?identifier=nobody", school.tokens["root"])
    assert readings(world) == []


async def test_command_line_is_not_recorded(world: World, school: School) -> None:
    await world.application.accounts.administration.read_audit(None, None, None, None, None, 20)
    assert readings(world) == []
