"""The metrics show the school: what they count is what happened, and no name is in them."""

import math
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, OPEN, PASSWORD, PDF, PEOPLE, School

from classgate.app.school_metrics import REFRESH_INTERVAL

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
Change = Callable[..., float]


async def scrape(world: World) -> Samples:
    """What the operations listener says now."""
    world.clock.advance(seconds=REFRESH_INTERVAL)
    async with world.operations() as operations:
        answer = await operations.get("/metrics")
    assert answer.status_code == 200
    # A repeated parameter is one that strict parsers of media types refuse.
    assert answer.headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


class Changes:
    """What became of the counters since the test began; the process is older than that."""

    def __init__(self, world: World, before: Samples) -> None:
        self._world = world
        self._before = before

    async def of(self, name: str) -> dict[frozenset[str], float]:
        """The changed samples of one metric, by the values of their labels."""
        return {
            frozenset(each for _, each in labels): now - self._before.get((found, labels), 0)
            for (found, labels), now in (await scrape(self._world)).items()
            if found == name and now != self._before.get((found, labels), 0)
        }


@pytest.fixture
async def changes(world: World) -> Changes:
    return Changes(world, await scrape(world))


async def test_gauges_show_the_live_classes_and_who_is_present(
    world: World, school: School
) -> None:
    before = await scrape(world)
    # tom started LIVE and OPEN. Of the six in LIVE, kim was kicked and rob taken off the roster.
    assert value(before, "classgate_classes_live") == 2
    assert value(before, "classgate_people_present") == 4 + 1
    assert value(before, "classgate_database_writable") == 1
    rows = world.raw_database.query("SELECT count(*) FROM audit_rows")[0][0]
    assert value(before, "classgate_audit_rows") == rows

    entered = await world.call("POST", f"/v1/classrooms/{OPEN}/entry", school.tokens["sam"])
    assert entered.status_code == 200
    assert value(await scrape(world), "classgate_people_present") == 4 + 2
    ended = await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    assert ended.status_code == 200
    after = await scrape(world)
    assert value(after, "classgate_classes_live") == 1
    assert value(after, "classgate_people_present") == 2


async def test_gauges_are_read_at_most_every_few_seconds(world: World, school: School) -> None:
    before = value(await scrape(world), "classgate_people_present")
    await world.call("POST", f"/v1/classrooms/{OPEN}/entry", school.tokens["sam"])
    async with world.operations() as operations:
        shown = (await operations.get("/metrics")).text
    assert f"classgate_people_present {before}" in shown
    assert value(await scrape(world), "classgate_people_present") == before + 1


@pytest.mark.on_sqlite
async def test_lost_database_shows_as_unknown_numbers(world: World) -> None:
    world.raw_database.change("ALTER TABLE presences RENAME TO elsewhere")
    world.raw_database.change("ALTER TABLE alembic_version RENAME TO also_elsewhere")
    shown = await scrape(world)
    assert value(shown, "classgate_database_writable") == 0
    assert math.isnan(value(shown, "classgate_people_present"))
    assert value(shown, "classgate_classes_live") == 2


@pytest.mark.on_sqlite
@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT count(*) FROM presences WHERE left_at IS NULL", "INDEX ix_presences_seen"),
        (
            "SELECT count(*) FROM classrooms WHERE state = 'live'",
            "COVERING INDEX ix_classrooms_state_",
        ),
    ],
)
async def test_gauges_are_counted_in_an_index(world: World, statement: str, index: str) -> None:
    plan = str(world.raw_database.query(f"EXPLAIN QUERY PLAN {statement}"))
    assert f"USING {index}" in plan


async def test_grants_are_counted_by_kind_and_outcome(
    world: World, school: School, changes: Changes, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    assert (await world.call("POST", "/v1/user-sig", tom)).status_code == 200
    lease = school.leases[LIVE, "tom"]
    assert (await world.call("POST", f"/v1/leases/{lease}/renew", tom)).status_code == 200
    uploads = f"/v1/classrooms/{LIVE}/uploads"
    assert (await world.call("POST", uploads, tom, PDF)).status_code == 201
    assert (await world.call("POST", uploads, school.tokens["amy"], PDF)).status_code == 403
    assert await changes.of("classgate_grants_total") == {
        frozenset({"user_sig", "issued"}): 1,
        frozenset({"entry", "renewed"}): 1,
        frozenset({"upload", "issued"}): 1,
    }


async def test_grant_above_the_limit_is_counted_as_limited(
    world: World, school: School, changes: Changes
) -> None:
    for _ in range(120):
        await world.call("POST", "/v1/user-sig", school.tokens["tom"])
    refused = await world.call("POST", "/v1/user-sig", school.tokens["tom"])
    problem(refused, 429, "too_many_attempts", "too_many_grants")
    assert await changes.of("classgate_grants_total") == {
        frozenset({"user_sig", "issued"}): 120,
        frozenset({"user_sig", "limited"}): 1,
    }


async def test_refused_cloud_call_is_counted_with_the_grant_that_failed(
    world: World, school: School, changes: Changes, emulator: Emulator
) -> None:
    emulator.fail_next("sts", "GetFederationToken", "expired", times=1)
    uploads = f"/v1/classrooms/{LIVE}/uploads"
    refused = await world.call("POST", uploads, school.tokens["tom"], PDF)
    problem(refused, 502, "cloud_rejected", "cloud_rejected")
    assert await changes.of("classgate_grants_total") == {frozenset({"upload", "failed"}): 1}
    assert await changes.of("classgate_cloud_calls_total") == {frozenset({"sts", "rejected"}): 1}
    assert await changes.of("classgate_refusals_total") == {frozenset({"api", "cloud_rejected"}): 1}


async def test_failing_service_opens_its_circuit(
    world: World, school: School, changes: Changes, emulator: Emulator
) -> None:
    emulator.fail_next("sts", "GetFederationToken", "unavailable", times=20)
    uploads = f"/v1/classrooms/{LIVE}/uploads"
    for _ in range(3):
        refused = await world.call("POST", uploads, school.tokens["tom"], PDF)
        problem(refused, 503, "cloud_unavailable")
    shown = await scrape(world)
    states = {"closed": 0, "open": 1, "half_open": 0}
    for state, expected in states.items():
        named = {"service": "sts", "state": state}
        assert value(shown, "classgate_cloud_circuit_state", **named) == expected
        named["service"] = "cos"
        assert value(shown, "classgate_cloud_circuit_state", **named) == (state == "closed")
    calls = await changes.of("classgate_cloud_calls_total")
    assert sum(calls.values()) == 3
    assert set(calls) == {frozenset({"sts", "unavailable"}), frozenset({"sts", "circuit_open"})}


async def test_log_ins_are_counted_by_outcome(world: World, changes: Changes) -> None:
    await world.log_in("amy", PASSWORD)
    for _ in range(11):
        body = {"identifier": "stan", "password": "not the password of stan"}
        await world.call("POST", "/v1/sessions", body=body)
    assert await changes.of("classgate_log_ins_total") == {
        frozenset({"api", "accepted"}): 1,
        frozenset({"api", "wrong_credentials"}): 10,
        frozenset({"api", "throttled"}): 1,
    }
    assert await changes.of("classgate_refusals_total") == {
        frozenset({"api", "wrong_credentials"}): 10,
        frozenset({"api", "too_many_logins"}): 1,
    }


async def test_refusals_of_both_entrances_are_told_apart(open_with: Opener) -> None:
    async with open_with(legacy={"enabled": True}) as world:
        changes = Changes(world, await scrape(world))
        await world.call("GET", "/v1/classrooms")
        await world.call("GET", "/nowhere")
        for body, command in (
            (b"{", "svc=account&cmd=login"),
            (b"{}", "svc=nothing&cmd=nothing"),
            (b'{"token": "x", "appid": 1400000001, "timeStamp": 1}', "svc=account&cmd=logout"),
        ):
            await world.call("POST", f"/index.php?{command}", content=body)
        assert await changes.of("classgate_refusals_total") == {
            frozenset({"api", "token_missing"}): 1,
            frozenset({"api", "route_not_found"}): 1,
            frozenset({"legacy", "body_unreadable"}): 1,
            frozenset({"legacy", "route_not_found"}): 1,
            frozenset({"legacy", "session_ended"}): 1,
        }


async def test_commits_are_measured(world: World, changes: Changes) -> None:
    await world.log_in("amy", PASSWORD)
    assert (await changes.of("classgate_database_commit_seconds_count"))[frozenset()] >= 1


async def test_no_label_names_a_person(world: World, school: School) -> None:
    for identifier, token in school.tokens.items():
        await world.call("GET", f"/v1/admin/accounts/{identifier}", token)
        await world.call("POST", f"/v1/classrooms/{LIVE}/members/{identifier}/kick", token)
    labels = {each for _, labels in await scrape(world) for _, each in labels}
    assert labels.isdisjoint(PEOPLE)
