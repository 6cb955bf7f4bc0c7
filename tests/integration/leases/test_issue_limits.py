"""What an account is given is bounded: 120 of a kind at once, then one a second."""

import asyncio

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.legacy_client import LegacyClient
from tests.support.school import ENDED, LIVE, PASSWORD, PDF, School

AT_ONCE = 120
ENTRY = f"/v1/classrooms/{LIVE}/entry"
SIGNATURE = {"type": "reusable", "file_path": f"/classes/{LIVE}/direct/a.pdf"}


def rows(world: World) -> list[tuple[int, ...]]:
    """How many leases, sessions and audit rows there are."""
    return [
        world.raw_database.query("SELECT count(*) FROM leases")[0],
        world.raw_database.query("SELECT count(*) FROM sessions")[0],
        world.raw_database.query("SELECT count(*) FROM audit_rows")[0],
    ]


async def test_121st_user_sig_at_once_is_refused_and_leaves_nothing(
    world: World, school: School
) -> None:
    amy = school.tokens["amy"]
    before = rows(world)
    answers = await asyncio.gather(
        *(world.call("POST", "/v1/user-sig", amy) for _ in range(AT_ONCE + 1))
    )
    (refused,) = [each for each in answers if each.status_code != 200]
    problem(refused, 429, "too_many_attempts")
    assert refused.headers["retry-after"] == "1"
    (leases,), sessions, (audit,) = before
    assert rows(world) == [(leases + AT_ONCE,), sessions, (audit + AT_ONCE,)]
    await world.log_in("amy", PASSWORD)  # log-ins count by themselves
    world.clock.advance(seconds=1)
    assert (await world.call("POST", "/v1/user-sig", amy)).status_code == 200
    problem(await world.call("POST", "/v1/user-sig", amy), 429, "too_many_attempts")


async def test_renewals_count_with_first_issues(world: World, school: School) -> None:
    amy = school.tokens["amy"]
    lease = (await world.call("POST", "/v1/user-sig", amy)).json()["lease_id"]
    path = f"/v1/leases/{lease}/renew"
    for _ in range(AT_ONCE - 1):
        assert (await world.call("POST", path, amy)).status_code == 200
    problem(await world.call("POST", path, amy), 429, "too_many_attempts")
    problem(await world.call("POST", "/v1/user-sig", amy), 429, "too_many_attempts")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ENTRY, None),
        ("/v1/cos/signature", SIGNATURE),
    ],
)
async def test_each_kind_is_counted_by_itself_and_for_each_account(
    world: World, school: School, path: str, body: object
) -> None:
    tom, anna = school.tokens["tom"], school.tokens["anna"]
    for _ in range(AT_ONCE):
        assert (await world.call("POST", path, tom, body)).is_success
    before = rows(world)
    problem(await world.call("POST", path, tom, body), 429, "too_many_attempts")
    assert rows(world) == before
    assert (await world.call("POST", path, anna, body)).is_success
    assert (await world.call("POST", "/v1/user-sig", tom)).status_code == 200


async def test_renewed_upload_counts_once(world: World, school: School) -> None:
    tom, upload = school.tokens["tom"], school.uploads[LIVE, "tom"]
    path = f"/v1/uploads/{upload}/credentials"
    for _ in range(AT_ONCE):
        assert (await world.call("POST", path, tom)).status_code == 200
    problem(await world.call("POST", path, tom), 429, "too_many_attempts")


async def test_refused_admission_does_not_count(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    for _ in range(AT_ONCE + 1):
        answer = await world.call("POST", f"/v1/classrooms/{ENDED}/uploads", tom, PDF)
        problem(answer, 409, "conflict")
    assert (await world.call("POST", f"/v1/classrooms/{LIVE}/uploads", tom, PDF)).is_success


async def test_what_could_not_be_recorded_does_not_count(world: World, school: School) -> None:
    amy = school.tokens["amy"]
    await world.settle()
    world.raw_database.refuse_records("NEW.event = 'user_sig_issued'")
    answers = [await world.call("POST", "/v1/user-sig", amy) for _ in range(AT_ONCE + 1)]
    await world.settle()
    world.raw_database.take_records()
    assert {each.status_code for each in answers} == {500}
    assert (await world.call("POST", "/v1/user-sig", amy)).status_code == 200


async def test_log_ins_with_the_right_password_alone_count(world: World, school: School) -> None:
    wrong = {"identifier": "amy", "password": "not the password at all"}
    for number in range(30):
        refused = await world.call("POST", "/v1/sessions", body=wrong, address=f"192.0.2.{number}")
        problem(refused, 401, "not_authenticated")
    for _ in range(AT_ONCE):
        await world.log_in("amy", PASSWORD)
    before = rows(world)
    body = {"identifier": "amy", "password": PASSWORD}
    refused = await world.call("POST", "/v1/sessions", body=body)
    problem(refused, 429, "too_many_attempts")
    assert refused.headers["retry-after"] == "1"
    assert rows(world) == before
    # It was no wrong guess.
    world.clock.advance(seconds=1)
    await world.log_in("amy", PASSWORD)


async def test_old_client_gets_the_code_to_wait(open_with: Opener, school: School) -> None:
    async with open_with(legacy={"enabled": True, "lenient": True}) as world:
        client = LegacyClient(world)
        await client.log_in("amy", PASSWORD)
        for _ in range(AT_ONCE):
            assert await client.code("cos/get_sign", "amy", type=0) == 0
        assert await client.code("cos/get_sign", "amy", type=0) == 90000
        world.clock.advance(seconds=1)
        assert await client.code("cos/get_sign", "amy", type=0) == 0
