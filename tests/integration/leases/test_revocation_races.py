"""Many at once: what ends is never given past its end, and of those who race one wins.

Each race is run several times, started in a different order each time.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import httpx
import pytest
from qcloud_cos import CosConfig, CosS3Client
from tests.support.harness import World
from tests.support.races import Call, active_leases, posting, race
from tests.support.running_emulator import Emulator
from tests.support.school import CREATED, LIVE, OPEN, PASSWORD, PDF, School


def codes(answers: Sequence[httpx.Response]) -> set[int]:
    return {answer.status_code for answer in answers}


ROUNDS = [0, 1, 4, 8, 12, 16]
IN_CLASS = f"classroom_id = {LIVE}"


@pytest.mark.parametrize("after", ROUNDS)
async def test_no_entry_outlives_a_kick(world: World, school: School, after: int) -> None:
    amy, tom = school.tokens["amy"], school.tokens["tom"]
    lease = school.leases[LIVE, "amy"]
    calls = [posting(world, f"/v1/classrooms/{LIVE}/entry", amy) for _ in range(8)]
    calls += [posting(world, f"/v1/leases/{lease}/renew", amy) for _ in range(8)]
    kick = posting(world, f"/v1/classrooms/{LIVE}/members/amy/kick", tom)
    answers = await race(calls, kick, after)
    assert answers[-1].status_code == 204
    assert codes(answers[:-1]) <= {200, 403, 409}
    assert active_leases(world, "amy", IN_CLASS) == 0
    assert (await world.application.audit.verify()).faults == ()


@pytest.mark.parametrize("after", ROUNDS)
async def test_nothing_of_a_class_outlives_its_end(
    world: World, school: School, after: int
) -> None:
    amy, anna, tom = (school.tokens[name] for name in ("amy", "anna", "tom"))
    calls: list[Call] = []
    for _ in range(4):
        calls.append(posting(world, f"/v1/classrooms/{LIVE}/entry", amy))
        calls.append(posting(world, f"/v1/classrooms/{LIVE}/uploads", anna, PDF))
        calls.append(posting(world, f"/v1/classrooms/{LIVE}/upload-credentials", tom))
        body = {"type": "reusable", "file_path": f"/classes/{LIVE}/direct/a.pdf"}
        calls.append(posting(world, "/v1/cos/signature", anna, body))
    end = posting(world, f"/v1/classrooms/{LIVE}/end", tom)
    answers = await race(calls, end, after)
    assert answers[-1].status_code == 200
    assert codes(answers[:-1]) <= {200, 201, 409}
    ((open_leases,),) = world.raw_database.query(
        "SELECT count(*) FROM leases WHERE state != 'ended' AND classroom_id = ?", LIVE
    )
    assert open_leases == 0
    assert (await world.application.audit.verify()).faults == ()


@pytest.mark.parametrize("after", ROUNDS)
async def test_nothing_outlives_a_disabled_account(
    world: World, school: School, after: int
) -> None:
    amy = school.tokens["amy"]
    body = {"identifier": "amy", "password": PASSWORD}
    calls = [posting(world, "/v1/user-sig", amy) for _ in range(6)]
    calls += [posting(world, f"/v1/classrooms/{OPEN}/entry", amy) for _ in range(6)]
    calls += [posting(world, "/v1/sessions", "", body) for _ in range(4)]

    def disable() -> Awaitable[httpx.Response]:
        root = school.tokens["root"]
        return world.call("PATCH", "/v1/admin/accounts/amy", root, {"disabled": True})

    answers = await race(calls, disable, after)
    assert answers[-1].status_code == 200
    assert codes(answers[:-1]) <= {200, 201, 401}
    assert active_leases(world, "amy") == 0
    ((sessions,),) = world.raw_database.query(
        "SELECT count(*) FROM sessions JOIN accounts ON accounts.account_id = sessions.account_id"
        " WHERE sessions.ended_at IS NULL AND accounts.identifier = 'amy'"
    )
    assert sessions == 0


@pytest.mark.parametrize("after", ROUNDS)
async def test_nothing_outlives_the_session_it_hangs_below(
    world: World, school: School, after: int
) -> None:
    token = await world.log_in("amy", PASSWORD)
    before = active_leases(world, "amy")
    calls = [posting(world, "/v1/user-sig", token) for _ in range(8)]
    calls += [posting(world, f"/v1/classrooms/{LIVE}/entry", token) for _ in range(8)]
    answers = await race(calls, lambda: world.call("DELETE", "/v1/sessions/current", token), after)
    assert answers[-1].status_code == 204
    assert codes(answers[:-1]) <= {200, 401}
    # Its own first UserSig ended with it.
    assert active_leases(world, "amy") == before - 1


async def test_of_many_who_start_a_class_one_does(world: World, school: School) -> None:
    path, tom = f"/v1/classrooms/{CREATED}/start", school.tokens["tom"]
    answers = await asyncio.gather(*(world.call("POST", path, tom) for _ in range(40)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 39
    assert world.raw_database.events().count("classroom_started") == 4


async def test_of_many_who_take_a_name_one_gets_it(world: World, school: School) -> None:
    root = school.tokens["root"]

    async def take(number: int) -> dict[str, Any]:
        name = "newcomer" if number % 2 else "NewComer"
        account = {"identifier": name, "password": PASSWORD, "role": "student"}
        answer = await world.call("POST", "/v1/admin/accounts", root, {"accounts": [account]})
        (result,) = answer.json()["results"]
        assert isinstance(result, dict)
        return result

    results = await asyncio.gather(*(take(number) for number in range(12)))
    outcomes = sorted(result["status"] for result in results)
    assert outcomes == ["created"] + ["failed"] * 11
    assert {each["code"] for each in results if each["status"] == "failed"} == {"conflict"}


async def test_many_who_complete_an_upload_complete_it_once(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    grant = (await world.call("POST", f"/v1/classrooms/{LIVE}/uploads", tom, PDF)).json()
    await _put(emulator, grant, b"12345")
    path = f"/v1/uploads/{grant['upload_id']}/complete"
    answers = await asyncio.gather(*(world.call("POST", path, tom) for _ in range(20)))
    assert codes(answers) == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert world.raw_database.events().count("upload_completed") == 1


async def test_two_who_kick_each_other_end_and_nothing_is_half_done(
    world: World, school: School
) -> None:
    """They lock each other out; the database tells one of them to try again."""
    tokens = school.tokens
    classes = {}
    for host, other in (("tom", "tina"), ("tina", "tom")):
        body = {"title": host, "members": [{"identifier": other, "role": "assistant"}]}
        made = await world.call("POST", "/v1/classrooms", tokens[host], body)
        classes[host] = made.json()["classroom_id"]
    for _ in range(10):
        answers = await asyncio.gather(
            world.call("POST", f"/v1/classrooms/{classes['tom']}/members/tina/kick", tokens["tom"]),
            world.call(
                "POST", f"/v1/classrooms/{classes['tina']}/members/tom/kick", tokens["tina"]
            ),
        )
        assert codes(answers) <= {204, 503}
        assert 204 in codes(answers)
    kicked = world.raw_database.events().count("member_kicked")
    assert kicked >= 10
    assert (await world.application.audit.verify()).faults == ()


async def test_many_at_once_write_chains_that_hold(world: World, school: School) -> None:
    names = ("tom", "anna", "amy", "stan", "tina", "sam")
    given = world.raw_database.given()
    calls = [world.call("POST", "/v1/user-sig", school.tokens[name]) for name in names * 20]
    checkpoints = [world.application.audit.checkpoint() for _ in range(5)]
    answers, _ = await asyncio.gather(asyncio.gather(*calls), asyncio.gather(*checkpoints))
    assert codes(answers) == {200}
    assert world.raw_database.given() == given + len(names) * 20
    assert (await world.application.audit.verify()).faults == ()


async def _put(emulator: Emulator, grant: dict[str, Any], content: bytes) -> None:
    keys = grant["credentials"]
    config = CosConfig(
        Region=grant["region"],
        SecretId=keys["tmpSecretId"],
        SecretKey=keys["tmpSecretKey"],
        Token=keys["sessionToken"],
        Scheme="http",
        IP="127.0.0.1",
        Port=emulator.port,
    )
    await asyncio.to_thread(
        CosS3Client(config).put_object,
        Bucket=grant["bucket"],
        Key=grant["object_key"],
        Body=content,
    )
