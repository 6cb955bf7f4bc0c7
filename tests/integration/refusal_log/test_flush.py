"""Refusals are written apart from the requests: once, also when the database was away."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import World, problem
from tests.support.refusals import kept, listed, number_of
from tests.support.school import CREATED, ENDED, LIVE, School

from classgate.errors import ServiceUnavailable
from classgate.logs import current_request_id
from classgate.refusal_log.budgets import BUDGETS
from classgate.refusal_log.collector import RefusalCollector, Snapshot
from classgate.refusal_log.models import LEFT_OUT, CallerKind, RefusedRequest
from classgate.refusal_log.service import RefusalLog
from classgate.refusals import ClassEnded, Kicked, SessionEnded

FLOOD = 100_000


async def refuse(world: World, school: School, classroom: int = ENDED, who: str = "amy") -> str:
    path = f"/v1/classrooms/{classroom}/entry"
    answer = await world.call("POST", path, school.tokens[who])
    assert answer.status_code >= 400
    return str(answer.headers["x-request-id"])


def note(
    world: World,
    error: Kicked | SessionEnded,
    *,
    account: int | None = None,
    address: str = "192.0.2.1",
) -> None:
    """A refusal, without the request."""
    current_request_id.set("")
    world.application.refusals.record(error, request_of(account, address))


def request_of(account: int | None, address: str = "192.0.2.1") -> RefusedRequest:
    return RefusedRequest(
        rule="enter the class", route="", address=address, caller_id=account, classroom_id=LIVE
    )


async def take_away(world: World) -> None:
    await world.settle()
    world.raw_database.change("ALTER TABLE refusals RENAME TO taken_away")


async def bring_back(world: World) -> None:
    await world.settle()
    world.raw_database.change("ALTER TABLE taken_away RENAME TO refusals")


async def test_request_writes_nothing(
    world: World, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal opens no transaction of its own, and waits for nothing."""
    opened = []
    transaction = world.application.database.transaction

    def counted() -> Any:
        opened.append(1)
        return transaction()

    monkeypatch.setattr(world.application.database, "transaction", counted)
    await world.call("GET", "/v1/admin/audit", school.tokens["amy"])
    assert opened == []
    assert world.raw_database.query("SELECT * FROM refusals") == []
    await world.application.refusals.flush()
    assert len(opened) == 1
    await world.application.refusals.flush()
    assert len(opened) == 1  # nothing is left to write


async def test_repeats_are_one_row_and_every_request_of_it_is_found(
    world: World, school: School
) -> None:
    requests = [await refuse(world, school) for _ in range(5)]
    await world.application.refusals.flush()
    requests += [await refuse(world, school) for _ in range(5)]
    for request_id in requests:
        (row,) = await listed(world, school, request_id=request_id)
        assert (row["identifier"], row["count"]) == ("amy", 10)
        assert row["request_id"] == requests[-1]
    assert await kept(world, "count") == [(10,)]


async def test_what_could_not_be_written_is_written_later_and_once(
    world: World, school: School, captured_log: CapturedLog
) -> None:
    await refuse(world, school)
    await world.application.refusals.flush()
    await refuse(world, school)
    await take_away(world)
    captured_log.clear()
    await world.application.refusals.flush()
    await refuse(world, school)
    await world.application.refusals.flush()
    assert captured_log.getvalue().count("refusals not written yet") == 1  # not each second
    await bring_back(world)
    for _ in range(3):
        assert await kept(world, "reason, count") == [("class_ended", 3)]


async def test_database_that_goes_in_the_middle_of_a_flush_doubles_nothing(world: World) -> None:
    refusals = world.application.refusals
    collector = refusals._collector
    for number in range(1, 451):
        note(world, Kicked(), account=number)
    written = []

    def mark(piece: Sequence[Snapshot]) -> None:
        RefusalCollector.mark_written(collector, piece)
        written.append(len(piece))
        if len(written) == 1:
            world.raw_database.change("ALTER TABLE refusals RENAME TO taken_away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collector, "mark_written", mark)
        await refusals.flush()
        assert written == [200]
        await bring_back(world)
        await refusals.flush()
    assert written == [200, 200, 50]
    assert await kept(world, "count") == [(1,)] * 450


async def test_write_whose_outcome_nobody_knows_counts_nothing_twice(
    world: World, school: School
) -> None:
    """The rows are committed, and the connection breaks before the answer."""
    for _ in range(3):
        await refuse(world, school)
    collector = world.application.refusals._collector

    def mark(_piece: object) -> None:
        raise ServiceUnavailable("the answer was lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collector, "mark_written", mark)
        await world.application.refusals.flush()
    assert world.raw_database.query("SELECT count FROM refusals") == [(3,)]
    await refuse(world, school)
    assert await kept(world, "count") == [(4,)]
    requests = world.raw_database.query("SELECT count(*) FROM refusal_requests")
    assert requests == [(3,)]


async def test_process_that_stops_writes_what_it_has(world: World, school: School) -> None:
    await refuse(world, school)
    await world.application.stop()
    assert world.raw_database.query("SELECT reason FROM refusals") == [("class_ended",)]


async def test_flood_of_strangers_is_bounded_and_displaces_nobody(
    world: World, school: School
) -> None:
    """A hundred thousand addresses; then amy is refused."""
    for number in range(FLOOD):
        note(world, SessionEnded(), address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    most = BUDGETS[CallerKind.STRANGER].burst
    assert len(world.application.refusals._collector) == most + 1
    await refuse(world, school, CREATED)
    rows = await kept(world, "reason, count")
    assert len(rows) == most + 2
    assert (LEFT_OUT, FLOOD - most) in rows
    assert ("class_not_started", 1) in rows
    metrics = (await (world.operations()).get("/metrics")).text
    assert 'classgate_refusal_records_total{outcome="left_out"}' in metrics
    left = await listed(world, school, limit=1)
    assert left[0]["identifier"] == "amy"


async def test_deleted_account_leaves_no_address(world: World, school: School) -> None:
    amy = await number_of(world, "amy")
    await refuse(world, school)
    await world.application.refusals.flush()
    await refuse(world, school, CREATED)
    path = "/v1/admin/accounts/amy"
    assert (await world.call("DELETE", path, school.tokens["root"])).status_code == 204
    assert await kept(world, "account_id, address") == [(amy, ""), (amy, "")]
    (first, second) = await listed(world, school)
    assert (first["identifier"], first["account_id"]) == (None, amy)
    assert second["identifier"] is None
    problem(
        await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["amy"]),
        401,
        "not_authenticated",
    )


async def test_each_process_has_rows_of_its_own(world: World, school: School) -> None:
    """Two of them are refusing the same person at the same time."""
    application = world.application
    other = RefusalLog(application.database, application.audit, RefusalCollector(world.clock))
    await refuse(world, school)
    await refuse(world, school)
    other.record(ClassEnded(), request_of(await number_of(world, "amy")))
    await application.refusals.flush()
    await other.flush()
    assert sorted(await kept(world, "count")) == [(1,), (2,)]


async def test_flush_is_part_of_the_periodic_work(world: World) -> None:
    flush = world.application.refusals.flush
    jobs = [job for job in world.application.scheduler._jobs if flush in job.steps]
    assert [job.interval for job in jobs] == [timedelta(seconds=1)]
