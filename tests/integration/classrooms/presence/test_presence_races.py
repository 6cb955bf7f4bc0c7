"""Many at once, in a class that begins, goes on and ends: one wins, the others get the error, and
nobody is written down twice or not at all.

With more of them, `RACERS=1000 pytest …`, it is an exercise by hand.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any

import psycopg
import pytest
from tests.support.harness import Opener, World
from tests.support.presence_driver import PresenceDriver
from tests.support.races import RACERS, active_leases, outcomes, posting, race
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, School

from classgate.accounts.access_tokens import digest, new_token
from classgate.accounts.models import Caller, SessionChannel
from classgate.classrooms.models import Recording
from classgate.legacy.file_bindings.service import FileToBind

ROUNDS = [0, RACERS // 4, RACERS // 2, RACERS]


async def statuses(world: World, paths: Sequence[str], token: str) -> Counter[int]:
    """How many of these POSTs, all at once, were answered how."""
    answers = await asyncio.gather(*(world.call("POST", path, token) for path in paths))
    return Counter(answer.status_code for answer in answers)


async def caller(world: World, token: str) -> Caller:
    return await world.application.accounts.accounts.authenticate(token)


def count(world: World, table: str, condition: str, *values: object) -> int:
    ((found,),) = world.raw_database.query(
        f"SELECT count(*) FROM {table} WHERE {condition}",  # noqa: S608
        *values,
    )
    assert isinstance(found, int)
    return found


def markers(world: World, kind: int, classroom_id: int) -> int:
    return count(world, "outbox", f"classroom_id = ? AND payload LIKE '%{kind}%'", classroom_id)


def crowd(world: World, size: int) -> list[str]:
    """So many students more, logged in; their access tokens."""
    change = world.raw_database.change
    tokens = [new_token(SessionChannel.API) for _ in range(size)]
    for number, token in enumerate(tokens):
        change(
            "INSERT INTO accounts (identifier, identifier_folded, display_name, role,"
            " password_hash, disabled, created_at, signatures_after, has_personal_folder)"
            " SELECT ?, ?, '', role, password_hash, disabled, created_at, 0, has_personal_folder"
            " FROM accounts WHERE identifier = 'amy'",
            *[f"crowd{number}"] * 2,
        )
        change(
            "INSERT INTO sessions (session_id, account_id, token_digest, created_at, last_used_at,"
            " expires_at, channel) SELECT ?, account_id, ?, ?, ?, ?, 'api'"
            " FROM accounts WHERE identifier = ?",
            f"s{number}",
            digest(token),
            *[world.clock.unix * 1_000_000] * 2,
            (world.clock.unix + 86400) * 1_000_000,
            f"crowd{number}",
        )
    return tokens


@pytest.fixture(autouse=True)
async def chains_hold(world: World) -> AsyncIterator[None]:
    """After every race."""
    yield
    assert (await world.application.audit.verify()).faults == ()
    twice = world.raw_database.query(
        "SELECT classroom_id FROM presences WHERE left_at IS NULL"
        " GROUP BY classroom_id, account_id HAVING count(*) > 1"
    )
    assert twice == []


# ── beginning and ending ────────────────────────────────────────────────────────────────────────


async def test_of_many_who_start_a_class_one_starts_it_with_all_that_belongs_to_it(
    world: World, school: School
) -> None:
    before = world.raw_database.events().count("classroom_started")
    path = f"/v1/classrooms/{CREATED}/start"
    found = await statuses(world, [path] * RACERS, school.tokens["tom"])
    assert found == {200: 1, 409: RACERS - 1}
    assert world.raw_database.events().count("classroom_started") == before + 1
    assert markers(world, 1001, CREATED) == 1
    assert PresenceDriver(world).present(CREATED) == ["tom"]


async def test_of_many_who_end_a_class_one_ends_it_with_all_that_belongs_to_it(
    world: World, school: School
) -> None:
    before = world.raw_database.events().count("classroom_ended")
    path = f"/v1/classrooms/{LIVE}/end"
    found = await statuses(world, [path] * RACERS, school.tokens["tom"])
    assert found == {200: 1, 409: RACERS - 1}
    assert world.raw_database.events().count("classroom_ended") == before + 1
    assert markers(world, 1002, LIVE) == 1
    assert count(world, "replays", "classroom_id = ?", LIVE) == 1
    assert count(world, "presences", "classroom_id = ? AND left_at IS NULL", LIVE) == 0
    assert count(world, "presences", "classroom_id = ? AND leave_reason = 'class_ended'", LIVE) == 4
    assert count(world, "leases", "classroom_id = ? AND state != 'ended'", LIVE) == 0


async def test_class_that_is_started_and_ended_at_once_goes_through_both_or_one(
    world: World, school: School
) -> None:
    tom, path = school.tokens["tom"], f"/v1/classrooms/{CREATED}"
    found = await statuses(world, [f"{path}/start", f"{path}/end"] * (RACERS // 2), tom)
    state = PresenceDriver(world).state(CREATED)
    assert found == {200: 2 if state == "ended" else 1, 409: RACERS - found[200]}
    assert markers(world, 1001, CREATED) == 1
    assert markers(world, 1002, CREATED) == (state == "ended")


# ── coming and going ────────────────────────────────────────────────────────────────────────────


async def test_one_who_enters_many_times_at_once_is_there_once(
    world: World, school: School
) -> None:
    amy, path = school.tokens["amy"], f"/v1/classrooms/{OPEN}/entry"
    assert await statuses(world, [path] * RACERS, amy) == {200: RACERS}
    assert PresenceDriver(world).present(OPEN) == ["amy", "tom"]
    assert active_leases(world, "amy", f"classroom_id = {OPEN}") == RACERS


async def test_one_who_reports_many_times_at_once_to_be_there_is_there_once(
    world: World, school: School
) -> None:
    enter, sam = world.application.classrooms.entry.enter, await caller(world, school.tokens["sam"])
    calls = (enter(sam, OPEN, timestamp) for timestamp in range(1, RACERS + 1))
    assert await outcomes(calls) == {"done": RACERS}
    assert PresenceDriver(world).present(OPEN) == ["sam", "tom"]
    assert markers(world, 1003, OPEN) == RACERS


async def test_crowd_that_enters_at_once_is_there_to_the_last(world: World) -> None:
    """Each twice; with a first place on the roster, too."""
    tokens = crowd(world, RACERS // 2)
    path = f"/v1/classrooms/{OPEN}/entry"
    answers = await asyncio.gather(*(world.call("POST", path, token) for token in tokens * 2))
    assert Counter(answer.status_code for answer in answers) == {200: len(tokens) * 2}
    names = {f"crowd{number}" for number in range(len(tokens))}
    assert set(PresenceDriver(world).present(OPEN)) == names | {"tom"}
    assert count(world, "presences", "classroom_id = ?", OPEN) == len(tokens) + 1


async def test_one_who_leaves_many_times_at_once_leaves_once(world: World, school: School) -> None:
    amy, path = school.tokens["amy"], f"/v1/classrooms/{LIVE}/leave"
    assert await statuses(world, [path] * RACERS, amy) == {204: RACERS}
    stays = PresenceDriver(world).was_there(LIVE, "amy")
    assert [because for _, _, because in stays] == ["left"]


async def test_coming_and_going_at_once_ends_in_one_or_the_other(
    world: World, school: School
) -> None:
    amy, path = school.tokens["amy"], f"/v1/classrooms/{LIVE}"
    found = await statuses(world, [f"{path}/entry", f"{path}/leave"] * (RACERS // 2), amy)
    assert found == {200: RACERS // 2, 204: RACERS // 2}
    is_there = "amy" in PresenceDriver(world).present(LIVE)
    assert (
        active_leases(world, "amy", f"classroom_id = {LIVE} AND kind = 'entry'") > 0
    ) is is_there


async def test_two_devices_of_a_host_that_enter_at_once_leave_one_there(
    world: World, school: School
) -> None:
    tokens = [await world.log_in("tom", PASSWORD) for _ in range(2)]
    path = f"/v1/classrooms/{LIVE}/entry"
    calls = (world.call("POST", path, tokens[number % 2]) for number in range(RACERS))
    answers = await asyncio.gather(*calls)
    assert Counter(answer.status_code for answer in answers) == {200: RACERS}
    ((session_id,),) = world.raw_database.query(
        "SELECT session_id FROM presences JOIN accounts"
        " ON accounts.account_id = presences.account_id"
        " WHERE classroom_id = ? AND identifier = 'tom' AND left_at IS NULL",
        LIVE,
    )
    entries = world.raw_database.query(
        "SELECT DISTINCT session_id FROM leases JOIN accounts"
        " ON accounts.account_id = leases.account_id WHERE identifier = 'tom'"
        " AND classroom_id = ? AND kind = 'entry' AND state = 'active'",
        LIVE,
    )
    assert entries == [(session_id,)]
    counts = [await PresenceDriver(world).heartbeat(LIVE, token) for token in tokens]
    assert sorted(counts) == [False, True]


@pytest.mark.parametrize("after", ROUNDS)
async def test_nobody_is_there_after_a_kick(world: World, school: School, after: int) -> None:
    amy, path = school.tokens["amy"], f"/v1/classrooms/{LIVE}"
    calls = [posting(world, f"{path}/entry", amy) for _ in range(RACERS // 2)]
    calls += [posting(world, f"{path}/heartbeat", amy) for _ in range(RACERS // 2)]
    kick = posting(world, f"{path}/members/amy/kick", school.tokens["tom"])
    answers = await race(calls, kick, after)
    assert answers[-1].status_code == 204
    assert {answer.status_code for answer in answers[:-1]} <= {200, 403}
    await world.application.classrooms.presence_tracker.tick()
    assert "amy" not in PresenceDriver(world).present(LIVE)
    assert PresenceDriver(world).was_there(LIVE, "amy")[-1][2] == "kicked"


@pytest.mark.parametrize("after", ROUNDS)
async def test_nobody_is_there_after_the_end(world: World, school: School, after: int) -> None:
    path = f"/v1/classrooms/{LIVE}"
    amy, stan = school.tokens["amy"], school.tokens["stan"]
    calls = [posting(world, f"{path}/entry", amy) for _ in range(RACERS // 3)]
    calls += [posting(world, f"{path}/heartbeat", stan) for _ in range(RACERS // 3)]
    calls += [posting(world, f"{path}/leave", stan) for _ in range(RACERS // 3)]
    answers = await race(calls, posting(world, f"{path}/end", school.tokens["tom"]), after)
    assert answers[-1].status_code == 200
    assert {answer.status_code for answer in answers[:-1]} <= {200, 204, 409, 503}
    assert PresenceDriver(world).present(LIVE) == []


# ── files ───────────────────────────────────────────────────────────────────────────────────────

FILE = FileToBind(0, "函数.pdf", "https://files.example/a.pdf")


@pytest.mark.parametrize("classroom_id", [LIVE, None], ids=["class", "own"])
async def test_of_many_who_bind_and_unbind_a_file_one_does(
    world: World, school: School, classroom_id: int | None
) -> None:
    bindings, anna = (
        world.application.legacy.file_bindings,
        await caller(world, school.tokens["anna"]),
    )
    found = await outcomes(bindings.bind(anna, classroom_id, FILE) for _ in range(RACERS))
    assert found == {"done": 1, "AlreadyBound": RACERS - 1}
    assert count(world, "bindings", "url = ?", FILE.url) == 1
    found = await outcomes(bindings.unbind(anna, classroom_id, FILE) for _ in range(RACERS))
    assert found == {"done": 1, "NotBound": RACERS - 1}
    assert count(world, "bindings", "url = ?", FILE.url) == 0


async def test_binding_and_unbinding_at_once_add_up(world: World, school: School) -> None:
    bindings, anna = (
        world.application.legacy.file_bindings,
        await caller(world, school.tokens["anna"]),
    )
    both = (bindings.bind, bindings.unbind)
    found = await outcomes(both[number % 2](anna, LIVE, FILE) for number in range(RACERS))
    assert set(found) <= {"done", "AlreadyBound", "NotBound"}
    bound = RACERS // 2 - found["AlreadyBound"]
    unbound = RACERS // 2 - found["NotBound"]
    assert count(world, "bindings", "url = ?", FILE.url) == bound - unbound
    assert bound - unbound in {0, 1}


async def test_two_who_bind_the_same_address_bind_it_each(world: World, school: School) -> None:
    bindings = world.application.legacy.file_bindings
    people = [await caller(world, school.tokens[name]) for name in ("tom", "anna")]
    calls = (bindings.bind(people[number % 2], LIVE, FILE) for number in range(RACERS))
    assert await outcomes(calls) == {"done": 2, "AlreadyBound": RACERS - 2}


# ── what comes after ────────────────────────────────────────────────────────────────────────────


async def test_of_many_who_ask_for_a_replay_one_does(world: World, school: School) -> None:
    """Also of those that ask by themselves when it is due."""
    world.clock.advance(seconds=301)
    replays, tom = world.application.classrooms.replays, await caller(world, school.tokens["tom"])
    asking: list[Awaitable[Any]] = [replays.request(tom, ENDED) for _ in range(RACERS)]
    asking[3:3] = [replays.request_due_replays() for _ in range(4)]
    found = await outcomes(asking)
    asked_by_host = found["done"] - 4
    assert asked_by_host in {0, 1}
    assert found == {"done": 4 + asked_by_host, "ReplayNotDue": RACERS - asked_by_host}
    assert count(world, "outbox", "classroom_id = ? AND kind = 'replay_request'", ENDED) == 1


async def test_index_that_is_reported_many_times_at_once_makes_a_class_replayable_once(
    world: World,
) -> None:
    take = world.application.classrooms.replays.record_index
    urls = [f"https://index.example/{number}" for number in range(RACERS)]
    assert await outcomes(take(ENDED, 0, url) for url in urls) == {"done": RACERS}
    assert PresenceDriver(world).state(ENDED) == "replayable"
    ((reported,),) = world.raw_database.query(
        "SELECT index_url FROM replays WHERE classroom_id = ?", ENDED
    )
    assert reported in urls
    assert world.raw_database.events().count("replay_indexed") == RACERS


async def test_recording_that_is_reported_many_times_at_once_is_noted_once(world: World) -> None:
    recording = Recording(
        video_id="v1",
        video_url="https://video.example/v1.mp4",
        start_time=1,
        end_time=2,
        media_start_time=1,
        file_size=3,
        duration=1,
    )
    take = world.application.classrooms.replays.record_recording
    assert await outcomes(take(LIVE, "tom", recording) for _ in range(RACERS)) == {"done": RACERS}
    assert count(world, "recordings", "video_id = 'v1'") == 1
    assert markers(world, 1004, LIVE) == 1


# ── the driver among them ───────────────────────────────────────────────────────────────────────


async def nearly_timed_out(world: World, seconds: int) -> PresenceDriver:
    """Nobody sent a heartbeat for so long; at the next check they time out."""
    driver = PresenceDriver(world)
    await driver.tick()
    await driver.run(seconds - 1)
    world.clock.advance(seconds=1)
    return driver


async def test_one_who_enters_while_others_time_out_is_present(
    world: World, school: School
) -> None:
    driver = await nearly_timed_out(world, 120)
    path = f"/v1/classrooms/{LIVE}/entry"
    checking = asyncio.ensure_future(driver.tick())
    assert await statuses(world, [path] * RACERS, school.tokens["amy"]) == {200: RACERS}
    await checking
    assert driver.present(LIVE) == ["amy", "tom"]


@pytest.mark.on_postgresql
async def test_one_who_enters_while_it_is_written_that_they_left_is_there(
    world: World, school: School
) -> None:
    path = f"/v1/classrooms/{LIVE}/entry"
    driver = PresenceDriver(world)
    await driver.enter(LIVE, school.tokens["amy"])
    world.clock.advance(seconds=130)
    url = world.settings.database.url.get_secret_value()
    with psycopg.connect(url) as timeouts:
        timeouts.execute(
            "UPDATE presences SET left_at = last_seen_at, leave_reason = 'timed_out' FROM accounts"
            " WHERE accounts.account_id = presences.account_id AND identifier = 'amy'"
            " AND left_at IS NULL"
        )
        entering = asyncio.create_task(world.call("POST", path, school.tokens["amy"]))
        await asyncio.sleep(0.3)
        assert not entering.done()
        timeouts.commit()
        assert (await entering).status_code == 200
    assert "amy" in driver.present(LIVE)
    first, second = driver.was_there(LIVE, "amy")[-2:]
    assert first[2] == "timed_out"
    assert second == (world.clock.unix, None, None)


async def test_timed_out_members_who_send_heartbeats_at_once_are_back_once(
    world: World, school: School
) -> None:
    driver = await nearly_timed_out(world, 120)
    await driver.tick()
    assert driver.present(LIVE) == ["tom"]
    path = f"/v1/classrooms/{LIVE}/heartbeat"
    found = await asyncio.gather(
        *(statuses(world, [path] * RACERS, school.tokens[name]) for name in ("amy", "stan"))
    )
    assert found == [{200: RACERS}] * 2
    assert driver.present(LIVE) == ["amy", "stan", "tom"]
    assert len(driver.was_there(LIVE, "amy")) == 2


async def test_class_that_ends_by_timeout_and_by_its_host_ends_once(
    world: World, school: School
) -> None:
    driver = await nearly_timed_out(world, 300)
    before = world.raw_database.events().count("classroom_ended")
    checking = [asyncio.ensure_future(driver.tick())]
    paths = [f"/v1/classrooms/{LIVE}/end"] * RACERS
    found = await statuses(world, paths, school.tokens["tom"])
    await asyncio.gather(*checking)
    assert found[200] <= 1
    assert found == {200: found[200], 409: RACERS - found[200]} or found == {409: RACERS}
    assert world.raw_database.events().count("classroom_ended") == before + 2  # the open class, too
    assert markers(world, 1002, LIVE) == 1
    assert driver.present(LIVE) == []


async def test_several_trackers_end_each_class_once_and_time_everybody_out_once(
    open_with: Opener, world: World, school: School
) -> None:
    async with open_with() as second, open_with() as third:
        drivers = [PresenceDriver(each) for each in (world, second, third)]
        for _ in range(60):
            await asyncio.gather(*(each.tick() for each in drivers))
            world.clock.advance(seconds=5)
        await asyncio.gather(*(each.tick() for each in drivers))
    driver = drivers[0]
    assert (driver.state(LIVE), driver.state(OPEN)) == ("ended", "ended")
    assert world.raw_database.events().count("classroom_ended") == 3
    assert markers(world, 1002, LIVE) == 1
    reasons = [driver.was_there(LIVE, name)[-1][2] for name in ("amy", "anna", "stan", "tom")]
    assert reasons == ["timed_out"] * 4


async def test_tracker_that_stood_still_does_not_undo_heartbeats_of_another(
    open_with: Opener, world: World, school: School
) -> None:
    """Two processes, as while one takes over from the other."""
    tom = school.tokens["tom"]
    slow = PresenceDriver(world)
    await slow.heartbeat(LIVE, tom)
    async with open_with() as other:
        quick = PresenceDriver(other)
        await quick.run_with_heartbeats(350, (LIVE, tom))
        await world.application.classrooms.presence_tracker.flush()
        await quick.run(2 * 5)
    assert quick.state(LIVE) == "live"
    assert quick.present(LIVE) == ["tom"]


@pytest.mark.on_postgresql
async def test_heartbeat_of_the_host_is_recorded_while_others_enter(
    world: World, school: School
) -> None:
    driver, tom = PresenceDriver(world), school.tokens["tom"]
    await driver.enter(LIVE, tom)
    await driver.heartbeat(LIVE, tom)
    with psycopg.connect(world.settings.database.url.get_secret_value()) as someone:
        someone.execute("SELECT 1 FROM classrooms WHERE classroom_id = %s FOR SHARE", [LIVE])
        async with asyncio.timeout(4):  # before the lock's time-out
            await world.application.classrooms.presence_tracker.flush()
            await driver.enter(LIVE, tom)
