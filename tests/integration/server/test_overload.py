"""More requests than can be served: who goes first, who is refused at once, and recovery."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from tests.support.harness import Opener, World, problem
from tests.support.legacy_client import legacy_client
from tests.support.school import LIVE, OPEN, PASSWORD, School

from classgate import request_queues
from classgate.metrics import RequestClass
from classgate.request_queues import BOUNDS, PLACES
from classgate.storage import postgresql_connections, sqlite

HEARTBEAT = f"/v1/classrooms/{LIVE}/heartbeat"
ENTRY = f"/v1/classrooms/{LIVE}/entry"
ROSTER = f"/v1/classrooms/{LIVE}/members"
SIGNATURE = {"type": "single_use", "file_path": f"/classes/{LIVE}/direct/a.pdf"}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is refused here because the machine is slow."""
    monkeypatch.setattr(request_queues, "MAX_WAIT", 600)
    monkeypatch.setattr(postgresql_connections, "_ACQUIRE_TIMEOUT", 600)


@asynccontextmanager
async def all_places_taken(world: World, count: int = PLACES) -> AsyncIterator[asyncio.Semaphore]:
    """Hold every place; each release of the semaphore gives one back."""
    queues, given = world.application.queues, asyncio.Semaphore(0)
    for _ in range(count):
        await queues.take_place(RequestClass.RUNNING)

    async def give_back() -> None:
        for _ in range(count):
            await given.acquire()
            queues.give_back(RequestClass.RUNNING)

    giving = asyncio.create_task(give_back())
    try:
        yield given
    finally:
        for _ in range(count):
            given.release()
        await giving


@asynccontextmanager
async def full_queue(world: World, kind: RequestClass) -> AsyncIterator[None]:
    """Take every place, and let as many requests of this class wait as may."""
    queues = world.application.queues

    async def wait() -> None:
        await queues.take_place(kind)
        queues.give_back(kind)

    async with all_places_taken(world):
        tasks = [asyncio.create_task(wait()) for _ in range(BOUNDS[kind].waiting)]
        await asyncio.sleep(0)
        yield
    await asyncio.gather(*tasks)  # none of them was lost


async def log_in(world: World) -> httpx.Response:
    return await world.call(
        "POST", "/v1/sessions", body={"identifier": "sam", "password": PASSWORD}
    )


async def until_waiting(count: int) -> None:
    while sum(map(waiting, RequestClass)) < count:  # noqa: ASYNC110 - one step of the loop each
        await asyncio.sleep(0)


def waiting(kind: RequestClass) -> float:
    value = REGISTRY.get_sample_value("classgate_requests_waiting", {"class": kind})
    assert value is not None
    return value


async def test_running_classes_are_served_first_and_lists_last(
    world: World, school: School
) -> None:
    tokens, order = school.tokens, list[str]()
    assert (await world.call("POST", ENTRY, tokens["amy"])).is_success  # she is in the class
    assert (await world.call("POST", HEARTBEAT, tokens["tom"])).is_success

    async def note(name: str, call: Awaitable[httpx.Response]) -> None:
        assert (await call).is_success, name
        order.append(name)

    lease = school.leases[LIVE, "amy"]
    calls = {
        "list": world.call("GET", ROSTER, tokens["anna"]),
        "log-in": log_in(world),
        "signature": world.call("POST", "/v1/cos/signature", tokens["tom"], SIGNATURE),
        "first entry": world.call("POST", ENTRY, tokens["stan"]),
        "renewal": world.call("POST", f"/v1/leases/{lease}/renew", tokens["amy"]),
        "re-entry": world.call("POST", ENTRY, tokens["amy"]),
    }
    async with all_places_taken(world) as given:
        tasks = []
        for number, (name, call) in enumerate(calls.items(), 1):
            tasks.append(asyncio.create_task(note(name, call)))
            await until_waiting(number)
        await note("heartbeat", world.call("POST", HEARTBEAT, tokens["amy"]))  # waits for nobody
        given.release()  # one place, from one to the next
        await asyncio.gather(*tasks)
    assert order == [
        "heartbeat",
        "renewal",
        "re-entry",
        "signature",
        "first entry",
        "log-in",
        "list",
    ]


async def test_over_a_full_queue_refusals_come_at_once_and_say_what_to_do(
    world: World, school: School
) -> None:
    token = school.tokens["amy"]
    async with full_queue(world, RequestClass.LIST):
        refused = await world.call("GET", ROSTER, token)
        found = problem(refused, 503, "service_unavailable", "overloaded")
        seconds = refused.headers["retry-after"]
        assert 1 <= int(seconds) <= 30
        assert f"Try again in {seconds} s" in found["detail"]
        chinese = await world.call("GET", ROSTER, token, headers={"accept-language": "zh"})
        assert f"请在 {chinese.headers['retry-after']} 秒后重试" in chinese.json()["detail"]
        async with world.operations() as client:
            metrics = (await client.get("/metrics")).text
        assert 'classgate_requests_shed_total{class="list",reason="queue_full"}' in metrics
        assert 'classgate_requests_waiting{class="list"} 128.0' in metrics
    assert (await world.call("GET", ROSTER, token)).status_code == 200


async def test_a_refused_entry_left_nothing_and_succeeds_later(
    world: World, school: School
) -> None:
    path, token = f"/v1/classrooms/{OPEN}/entry", school.tokens["sam"]
    count = "SELECT count(*) FROM memberships WHERE classroom_id = ?"
    before = world.raw_database.query(count, OPEN)
    async with full_queue(world, RequestClass.ENTRY):
        refused = await world.call("POST", path, token)
        problem(refused, 503, "service_unavailable", "overloaded")
        assert world.raw_database.query(count, OPEN) == before
    assert (await world.call("POST", path, token)).status_code == 200


async def test_a_flood_of_lists_lets_heartbeats_pass(world: World, school: School) -> None:
    tokens, order = school.tokens, list[str]()
    assert (await world.call("POST", HEARTBEAT, tokens["amy"])).is_success

    async def note(name: str, method: str, path: str, token: str) -> None:
        assert (await world.call(method, path, token)).is_success
        order.append(name)

    lists = [asyncio.create_task(note("list", "GET", ROSTER, tokens["anna"])) for _ in range(120)]
    await until_waiting(110)
    await note("heartbeat", "POST", HEARTBEAT, tokens["amy"])
    assert order.index("heartbeat") < 60
    await asyncio.gather(*lists)
    assert order.count("list") == 120


async def test_no_place_is_held_while_a_body_is_on_its_way(world: World, school: School) -> None:
    has_come = asyncio.Event()

    async def slow_body() -> AsyncIterator[bytes]:
        yield b'{"identifier": "sam", '
        await has_come.wait()
        yield f'"password": "{PASSWORD}"}}'.encode()

    async def send(path: str, token: str = "") -> httpx.Response:
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        async with world.client() as client:
            return await client.post(path, headers=headers, content=slow_body())

    made = f"/v1/classrooms/{LIVE}/start"
    slow = [asyncio.create_task(send("/v1/sessions")) for _ in range(PLACES)]
    slow += [
        asyncio.create_task(send("/v1/classrooms", school.tokens["tom"])) for _ in range(PLACES)
    ]
    assert (await log_in(world)).status_code == 201
    assert (await world.call("POST", made, school.tokens["tom"])).status_code == 409
    has_come.set()
    for task in slow:
        assert (await task).status_code in {201, 400, 429}


async def test_every_place_is_given_back(world: World, school: School) -> None:
    """After answers, errors, refusals, unreadable bodies, and clients that are gone."""
    tokens = school.tokens
    calls: list[tuple[str, str, str | None, Any]] = [
        ("GET", ROSTER, tokens["amy"], None),
        ("GET", "/docs", None, None),
        ("POST", "/v1/sessions", None, {"identifier": 5}),
        ("POST", "/v1/classrooms", tokens["tom"], {"title": 5}),
        ("POST", "/v1/classrooms", tokens["amy"], {"title": "x"}),
        ("POST", ENTRY, "nobody", None),
        ("POST", "/v1/classrooms/77/entry", tokens["amy"], None),
        ("POST", "/v1/classrooms/x/entry", tokens["amy"], None),
        ("POST", f"/v1/leases/{school.upload_leases[LIVE, 'tom']}/renew", tokens["tom"], None),
        ("DELETE", "/v1/sessions/current", tokens["kim"], None),
    ]
    for method, path, token, body in calls:
        await world.call(method, path, token, body)
    async with all_places_taken(world):  # which waits for ever for one that is lost
        pass


async def test_legacy_clients_take_part(open_with: Opener) -> None:
    async with legacy_client(open_with) as client:
        number = await client.make_class("tess", 1)
        await client.data("live/reportmemid", "sue", roomnum=number, operate=0)
        async with full_queue(client.world, RequestClass.LIST):
            page = {"index": 0, "size": 10}
            answer = await client.call("live/roomlist", "sue", **page)
            assert answer["errorCode"] == 90000
            assert "Try again in" in answer["errorInfo"]
            assert await client.code("live/heartbeat", "sue", roomnum=number) == 0
        assert await client.code("live/roomlist", "sue", **page) == 0
        async with all_places_taken(client.world):
            pass


@asynccontextmanager
async def all_writers_busy(world: World) -> AsyncIterator[None]:
    """Hold every transaction that can be open at one time."""
    is_sqlite = world.settings.database.url.get_secret_value().startswith("sqlite")
    async with AsyncExitStack() as transactions:
        for _ in range(1 if is_sqlite else 8):
            await transactions.enter_async_context(world.application.database.transaction())
        yield


async def test_over_the_queue_of_the_database_requests_are_refused_at_once(
    world: World, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with all_writers_busy(world):
        with monkeypatch.context() as patched:
            patched.setattr(sqlite, "_MAX_WAITING", 0)
            patched.setattr(postgresql_connections, "_MAX_WAITING", 0)
            refused = await world.call("POST", ENTRY, school.tokens["amy"])
        problem(refused, 503, "service_unavailable", "overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        waits = asyncio.create_task(world.call("POST", ENTRY, school.tokens["amy"]))
    assert (await waits).status_code == 200


@pytest.mark.on_postgresql
async def test_nobody_waits_for_a_server_that_hangs(
    world: World, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_connections, "_STANDSTILL", -1)
    async with all_writers_busy(world):
        refused = await world.call("POST", ENTRY, school.tokens["amy"])
    problem(refused, 503, "service_unavailable", "database_unavailable")
    assert (await world.call("POST", ENTRY, school.tokens["amy"])).status_code == 200
