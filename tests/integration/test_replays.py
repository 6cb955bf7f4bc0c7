"""When a replay is asked for, by whom, and how often: by the host, and by the service itself."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from .conftest import SDK_APP_ID, Opener
from .old_client import OldClient, old_client


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[OldClient]:
    async with old_client(open_with) as opened:
        yield opened


async def room_of(client: OldClient, number: int) -> Any:
    data = await client.data("live/roomlist", "stu", roomnum=number, index=0, size=1)
    (room,) = data["rooms"]
    return room


async def ask(client: OldClient, number: int) -> Any:
    """The host asks by hand; what their client was told before agrees with the answer."""
    told = (await room_of(client, number))["can_trigger_replay_idx"]
    body = {"appid": SDK_APP_ID, "roomnum": number, "token": client.tokens["tess"]}
    code = (await client.send("live/makereplayidx", body))["errorCode"]
    assert told == int(code == 0)
    return code


def requests(client: OldClient, number: int) -> int:
    """How often the cloud is asked for the index."""
    wanted = "SELECT * FROM outbox WHERE kind = 'replay_request' AND classroom_id = ?"
    return len(client.world.ledger.query(wanted, number))


async def test_index_that_is_there_is_not_asked_for(client: OldClient) -> None:
    """Also when the cloud told of it before it was due."""
    number, clock = await client.make_class("tess", 2), client.world.clock
    assert (await client.show_index(number))["ErrorCode"] == 0
    clock.advance(seconds=301)
    assert await ask(client, number) == 10102
    await client.world.application.replays.request_due()
    assert requests(client, number) == 0
    room = await room_of(client, number)
    assert (room["state"], room["trigger_replay_idx_time"]) == (3, 0)
