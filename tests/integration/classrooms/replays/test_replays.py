"""When a replay is asked for, by whom, and how often; and what is noted of recordings."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.harness import Opener
from tests.support.legacy_client import CALLBACKS, OPEN_LEGACY_API, LegacyClient, legacy_client
from tests.support.races import RACERS, outcomes
from tests.support.school_settings import SDK_APP_ID

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Caller
from classgate.classrooms import repository
from classgate.classrooms.models import Recording
from classgate.errors import AccountNotFound, InvalidRequest
from classgate.storage.database import Lock
from classgate.storage.database_url import open_database


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[LegacyClient]:
    async with legacy_client(open_with) as opened:
        opened.world.clock.advance(seconds=301)
        await opened.world.application.classrooms.replays.request_due_replays()
        yield opened


async def room_of(client: LegacyClient, number: int) -> Any:
    data = await client.data("live/roomlist", "stu", roomnum=number, index=0, size=1)
    (room,) = data["rooms"]
    return room


async def ask(client: LegacyClient, number: int) -> Any:
    """The host asks by hand; what their client was answered before agrees with the answer."""
    reported = (await room_of(client, number))["can_trigger_replay_idx"]
    body = {"appid": SDK_APP_ID, "roomnum": number, "token": client.tokens["tess"]}
    code = (await client.send("live/makereplayidx", body))["errorCode"]
    assert reported == int(code == 0)
    return code


def requests(client: LegacyClient, number: int) -> int:
    """How often the cloud is asked for the index."""
    wanted = "SELECT * FROM outbox WHERE kind = 'replay_request' AND classroom_id = ?"
    return len(client.world.raw_database.query(wanted, number))


async def host(client: LegacyClient) -> Caller:
    return await client.world.application.legacy.accounts.authenticate(client.tokens["tess"])


async def test_index_that_is_there_is_not_asked_for(client: LegacyClient) -> None:
    """Also when the cloud reported it before it was due."""
    number, clock = await client.make_class("tess", 2), client.world.clock
    assert (await client.show_index(number))["ErrorCode"] == 0
    clock.advance(seconds=301)
    assert await ask(client, number) == 10102
    await client.world.application.classrooms.replays.request_due_replays()
    assert requests(client, number) == 0
    room = await room_of(client, number)
    assert (room["state"], room["trigger_replay_idx_time"]) == (3, 0)


async def test_failed_index_is_asked_for_again_later_each_time_and_not_for_ever(
    client: LegacyClient,
) -> None:
    number, clock = await client.make_class("tess", 2), client.world.clock
    request_due = client.world.application.classrooms.replays.request_due_replays
    clock.advance(seconds=300)
    assert await request_due() == 1
    for made, wait in enumerate((300, 1800, 7200, 43200), start=1):
        assert await request_due() == 0  # the cloud has not answered
        clock.advance(seconds=7)
        for again in (0, 10):  # what is reported twice puts nothing off
            clock.advance(seconds=again)
            assert (await client.show_index(number, code=-3 - made))["ErrorCode"] == 0
        room = await room_of(client, number)
        assert (room["state"], room["replay_idx_created_result"]) == (2, -3 - made)
        assert room["trigger_replay_idx_time"] == clock.unix - 17
        assert room["replay_idx_created_time"] == clock.unix
        clock.advance(seconds=wait - 10 - 1)
        assert await request_due() == 0
        clock.advance(seconds=1)
        assert await request_due() == 1
        assert requests(client, number) == made + 1
        room = await room_of(client, number)
        assert room["trigger_replay_idx_time"] == clock.unix
        assert room["replay_idx_created_result"] == -3 - made
    assert (await client.show_index(number, code=-9))["ErrorCode"] == 0
    clock.advance(seconds=366 * 86400)
    assert await request_due() == 0
    assert requests(client, number) == 5


async def test_host_asks_again_after_a_failure_without_waiting(client: LegacyClient) -> None:
    number, clock = await client.make_class("tess", 2), client.world.clock
    request_due = client.world.application.classrooms.replays.request_due_replays
    clock.advance(seconds=300)
    for made in range(1, 8):  # also when the service has given it up
        assert await ask(client, number) == 0
        assert await ask(client, number) == 10102
        assert await request_due() == 0
        assert requests(client, number) == made
        assert (await client.show_index(number, code=-3))["ErrorCode"] == 0
    clock.advance(seconds=366 * 86400)
    assert await request_due() == 0
    for who in ("tess", "stu"):
        await client.log_in(who)
    assert await ask(client, number) == 0
    assert (await client.show_index(number))["ErrorCode"] == 0
    assert await ask(client, number) == 10102
    room = await room_of(client, number)
    assert (room["state"], room["replay_idx_created_result"]) == (3, 0)


async def test_failure_that_nobody_asked_for_opens_nothing_before_its_time(
    client: LegacyClient,
) -> None:
    number, clock = await client.make_class("tess", 2), client.world.clock
    assert (await client.show_index(number, code=-3))["ErrorCode"] == 0
    clock.advance(seconds=299)
    assert await ask(client, number) == 10102
    clock.advance(seconds=1)
    assert await client.world.application.classrooms.replays.request_due_replays() == 1
    assert requests(client, number) == 1


async def test_class_that_ended_before_there_were_replays_is_asked_for_after_a_failure(
    client: LegacyClient,
) -> None:
    number = await client.make_class("tess", 2)
    client.world.raw_database.change("DELETE FROM replays WHERE classroom_id = ?", number)
    assert await client.world.application.classrooms.replays.request_due_replays() == 0
    assert (await client.show_index(number, code=-3))["ErrorCode"] == 0
    assert await client.world.application.classrooms.replays.request_due_replays() == 1
    assert requests(client, number) == 1


async def test_of_many_who_ask_at_once_one_does_in_each_try(
    client: LegacyClient, open_with: Opener
) -> None:
    """The host, this process and another, the first time and after failures."""
    number, clock = await client.make_class("tess", 2), client.world.clock
    replays, tess = client.world.application.classrooms.replays, await host(client)
    clock.advance(seconds=300)
    async with open_with(legacy=OPEN_LEGACY_API, callbacks=CALLBACKS) as second:
        others = second.application.classrooms.replays
        for made, wait in enumerate((300, 1800, 7200, 43200), start=1):
            asking = [each.request(tess, number) for each in (replays, others) * (RACERS // 2)]
            by_themselves = [each.request_due_replays() for each in (replays, others) * 2]
            found, due = await asyncio.gather(outcomes(asking), asyncio.gather(*by_themselves))
            assert found["done"] + sum(due) == 1
            assert found["ReplayNotDue"] == len(asking) - found["done"]
            assert requests(client, number) == made
            failures = [each.record_index(number, -3, None) for each in (replays, others) * 4]
            assert await outcomes(failures) == {"done": len(failures)}
            clock.advance(seconds=wait)


# ── recordings ──────────────────────────────────────────────────────────────────────────────────

RECORDING = Recording(
    video_id="v1",
    video_url="https://video.example/v1.mp4",
    start_time=1,
    end_time=2,
    media_start_time=3,
    file_size=4,
    duration=5,
)


def recordings(client: LegacyClient) -> int:
    return len(client.world.raw_database.query("SELECT * FROM recordings"))


async def test_recording_is_noted_and_recorded_once_without_names(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    for _ in range(2):
        await client.world.application.classrooms.replays.record_recording(number, "sue", RECORDING)
    rows = client.world.raw_database.query(
        "SELECT account_id, actor_id, classroom_id, rule, details FROM audit_rows"
        " WHERE event = 'recording_added'"
    )
    ((sue,),) = client.world.raw_database.query(
        "SELECT account_id FROM accounts WHERE identifier = ?", "sue"
    )
    ((*who, details),) = rows
    assert who == [sue, None, number, "the cloud's callback"]
    assert json.loads(details) == {"file_size": 4, "duration": 5}
    assert recordings(client) == 1


async def test_recording_without_an_id_is_not_noted(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    with pytest.raises(InvalidRequest, match="video_id"):
        await client.world.application.classrooms.replays.record_recording(
            number, "sue", replace(RECORDING, video_id="")
        )
    assert recordings(client) == 0


async def test_recording_of_an_account_that_is_being_deleted_waits_and_is_not_noted(
    client: LegacyClient,
) -> None:
    """It waits for the person before it takes the class: a deletion wants both in this order."""
    number, world = await client.make_class("tess", 1), client.world
    await world.settle()
    database = open_database(world.settings.database.url.get_secret_value())
    async with database.transaction() as connection:
        await accounts_repository.lock_account_by_identifier(connection, "sue")
        stored = await accounts_repository.find_by_identifier(connection, "sue")
        assert stored is not None
        taking = asyncio.create_task(
            world.application.classrooms.replays.record_recording(number, "sue", RECORDING)
        )
        await asyncio.sleep(0.3)
        await repository.lock_classroom(connection, number, Lock.EXCLUSIVE)
        await accounts_repository.anonymize(connection, stored.account.account_id, world.clock())
    with pytest.raises(AccountNotFound):
        await taking
    await database.close()
    assert recordings(client) == 0


@pytest.mark.parametrize("identifier", ["nobody", "deleted~1", "", "\0", "sue\0"])
async def test_recording_of_nobody_is_not_noted(client: LegacyClient, identifier: str) -> None:
    number = await client.make_class("tess", 1)
    with pytest.raises(AccountNotFound):
        await client.world.application.classrooms.replays.record_recording(
            number, identifier, RECORDING
        )
    assert recordings(client) == 0
