"""`kill -9` between the steps of a delivery: nothing is lost, and nothing is done twice."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import KINDS, Databases, PostgresqlDatabases, SqliteFiles
from tests.support.killed_service import CLOUD, PASSWORD, Service, environment_for
from tests.support.killing_cloud import KillingCloud, Step, killing_cloud_before
from tests.support.postgresql_server import running_server
from tests.support.raw_database import RawDatabase
from tests.support.running_emulator import Emulator, running_emulator

from classgate.accounts.models import AccountRole, NewAccount
from classgate.app.wiring import build_application
from classgate.clock import utc_now
from classgate.migrations.upgrade import upgrade
from classgate.settings.loading import load_settings

BEFORE_CLAIM = "before the claim"
CLASS = 1
ENTRY, START = f"/v1/classrooms/{CLASS}/entry", f"/v1/classrooms/{CLASS}/start"
KICK = f"/v1/classrooms/{CLASS}/members/amy/kick"


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    if request.param == "sqlite":
        yield SqliteFiles(tmp_path)
    else:
        with running_server() as server:
            yield PostgresqlDatabases(server)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with running_emulator(CLOUD, utc_now) as opened:
        yield opened


@pytest.fixture
def cloud(emulator: Emulator) -> Iterator[KillingCloud]:
    with killing_cloud_before(emulator) as opened:
        yield opened


def environment_behind(cloud: KillingCloud, url: str, emulator: Emulator) -> dict[str, str]:
    """Only IM and TRTC are behind the cloud that kills."""
    environment = environment_for(url, emulator)
    environment["CLASSGATE_IM__ENDPOINT"] = cloud.address
    environment["CLASSGATE_CLOUD__TRTC_ENDPOINT"] = cloud.address
    return environment


def add_accounts(environment: dict[str, str]) -> None:
    async def add() -> None:
        application = build_application(load_settings(environment))
        try:
            for name, role in (("tom", AccountRole.TEACHER), ("amy", AccountRole.STUDENT)):
                new = NewAccount(name, PASSWORD, role)
                await application.accounts.administration.add(None, new)
        finally:
            await application.close()

    asyncio.run(add())


def listed(emulator: Emulator, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = emulator.call("GET", path).json["items"]
    return items


def markers(emulator: Emulator) -> list[tuple[int, str]]:
    """The type and the person of each marker in the replay group, in their order."""
    texts = [
        json.loads(each["body"][0]["MsgContent"]["Data"])
        for each in listed(emulator, f"/_emulator/messages?group_id={CLASS}_replay")
    ]
    return [(each["type"], each["value"]["uid"]) for each in texts]


def people(emulator: Emulator) -> set[str]:
    rooms = listed(emulator, "/_emulator/rooms")
    return {user["identifier"] for room in rooms for user in room["users"]}


def go_in(emulator: Emulator, entry: dict[str, Any]) -> None:
    wanted = ("sdk_app_id", "identifier", "user_sig", "private_map_key", "room_id")
    answer = emulator.control("/_emulator/enter-room", **{name: entry[name] for name in wanted})
    assert answer.json["code"] == 0, answer.json


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60  # it only ends what hangs
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class Deaths:
    """Kills services at a step of a delivery."""

    def __init__(self, step: str, cloud: KillingCloud, raw_database: RawDatabase) -> None:
        self._step = step
        self._cloud = cloud
        self._raw_database = raw_database

    def die(self, service: Service, path: str, token: str, action: str, key: str) -> None:
        """Make a call that enqueues, and kill the service when it delivers that.

        `key` is the start of the ordering key of what is enqueued.
        """
        if self._step == BEFORE_CLAIM:
            self._hold_up(key)
            service.call("POST", path, token)
            service.kill()
            self._raw_database.change("DELETE FROM outbox WHERE payload = 'test'")
            assert self._claims(key) == 0
        else:
            self._cloud.kill_at(Step(self._step), action, service.kill)
            service.call_and_die("POST", path, token)
            assert self._cloud.died.wait(timeout=60)
            assert self._claims(key) > 0
        # As if the half minute of the claim were over.
        self._raw_database.change("UPDATE outbox SET claimed_until = 1")

    def _claims(self, key: str) -> int:
        """Count the claimed messages of that key only: others are delivered meanwhile."""
        statement = "SELECT count(*) FROM outbox WHERE claimed_until IS NOT NULL"
        ((number,),) = self._raw_database.query(f"{statement} AND ordering_key = ?", key)
        assert isinstance(number, int)
        return number

    def _hold_up(self, key: str) -> None:
        """Let a message that is never due wait before those of the key."""
        self._raw_database.change(
            "INSERT INTO outbox (kind, state, ordering_key, payload, created_at, next_attempt_at,"
            " attempts, refusals) VALUES ('replay_request', 'waiting', ?, 'test', 1, ?, 0, 0)",
            key,
            2**62,
        )


@pytest.mark.parametrize("step", [BEFORE_CLAIM, *Step])
def test_service_that_dies_at_a_step_of_a_delivery_loses_and_doubles_nothing(
    databases: Databases, emulator: Emulator, cloud: KillingCloud, tmp_path: Path, step: str
) -> None:
    url = databases.new()
    upgrade(url)
    raw_database = databases.raw_database(url)
    environment = environment_behind(cloud, url, emulator)
    add_accounts(environment)
    deaths = Deaths(step, cloud, raw_database)

    service = Service(tmp_path, environment)
    tom, amy = service.log_in("tom"), service.log_in("amy")
    members = [{"identifier": "amy", "role": "student"}]
    made = service.call("POST", "/v1/classrooms", tom, {"title": "数学", "members": members})
    assert made["classroom_id"] == CLASS
    deaths.die(service, START, tom, "send_group_msg", f"im/{CLASS}")

    service = Service(tmp_path, environment)
    wait_until(lambda: (1001, "tom") in markers(emulator))
    for token in (tom, amy):
        go_in(emulator, service.call("POST", ENTRY, token))
    expected = [(1001, "tom"), (1003, "tom"), (1003, "amy")]
    wait_until(lambda: len(markers(emulator)) >= len(expected))
    assert people(emulator) == {"tom", "amy"}
    amys_key = raw_database.query("SELECT account_id FROM accounts WHERE identifier = 'amy'")[0][0]
    deaths.die(service, KICK, tom, "RemoveUser", f"rtc/{CLASS}/{amys_key}")

    service = Service(tmp_path, environment)
    wait_until(lambda: people(emulator) == {"tom"})
    statement = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
    wait_until(lambda: raw_database.query(statement) == [(0,)])
    service.end()
    assert markers(emulator) == expected
    assert raw_database.query("SELECT kind, state FROM outbox") == [("removal", "repeating")]
