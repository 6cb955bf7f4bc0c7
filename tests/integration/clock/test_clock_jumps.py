"""The clock is set forward or back, by an hour or far: nothing is given that should not be, nobody
waits for the clock to catch up, and what cannot work says why."""

from collections.abc import Iterator

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PASSWORD, PDF, School
from tests.support.uploads import complete, open_upload, put

from classgate.signing.encoding import from_epoch

ENTRY = f"/v1/classrooms/{LIVE}/entry"
UPLOADS = f"/v1/classrooms/{LIVE}/uploads"
HOUR = 3600


@pytest.fixture
def cloud(emulator: Emulator) -> Iterator[Emulator]:
    """A cloud whose clock may be moved; right again for the next test."""
    yield emulator
    emulator.set_clock(0)


def set_clock(world: World, cloud: Emulator, seconds: int) -> None:
    """Set the clock of the service; the cloud's goes right."""
    world.clock.jump(seconds=seconds)
    cloud.set_clock(-seconds)


# ── sessions ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
async def test_session_outlives_a_jump(world: World, school: School, seconds: int) -> None:
    world.clock.jump(seconds=seconds)
    assert (await world.call("GET", "/v1/me", school.tokens["amy"])).status_code == 200
    world.clock.jump(seconds=-seconds)
    assert (await world.call("GET", "/v1/me", school.tokens["amy"])).status_code == 200


async def test_session_of_a_clock_that_was_ahead_lives_as_much_longer_and_no_more(
    open_with: Opener, school: School
) -> None:
    limits = {"session_lifetime": 7200, "idle_lifetime": 7200}
    async with open_with(accounts=limits) as world:
        world.clock.jump(hours=1)
        token = await world.log_in("amy", PASSWORD)
        world.clock.jump(hours=-1)
        world.clock.advance(hours=3, seconds=-1)
        assert (await world.call("GET", "/v1/me", token)).status_code == 200
        world.clock.advance(seconds=1)
        problem(await world.call("GET", "/v1/me", token), 401, "not_authenticated")


async def test_clock_set_back_locks_nobody_out(world: World, school: School) -> None:
    wrong = {"identifier": "amy", "password": "not the password at all"}
    for _ in range(11):
        refused = await world.call("POST", "/v1/sessions", None, wrong)
    problem(refused, 429, "too_many_attempts")
    world.clock.jump(hours=-1)
    refused = await world.call("POST", "/v1/sessions", None, wrong)
    problem(refused, 429, "too_many_attempts")
    wait = int(refused.headers["retry-after"])
    assert wait <= 10
    world.clock.advance(seconds=wait)
    await world.log_in("amy", PASSWORD)


# ── entry credentials ───────────────────────────────────────────────────────────────────────────


async def _let_in_again(world: World, school: School) -> None:
    path, tom = f"/v1/classrooms/{LIVE}/members/amy", school.tokens["tom"]
    assert (await world.call("POST", f"{path}/kick", tom)).status_code == 204
    answer = await world.call("PUT", path, tom, {"role": "student"})
    assert answer.status_code == 200, answer.text


async def test_entry_credentials_after_a_jump_back_and_a_kick_are_later_and_live_no_longer(
    world: World, school: School
) -> None:
    """The UserSig has to be of a later time than all before it; the PrivateMapKey has not."""
    amy = school.tokens["amy"]
    world.clock.jump(hours=1)
    before = (await world.call("POST", ENTRY, amy)).json()
    world.clock.jump(hours=-1)
    await _let_in_again(world, school)
    after = (await world.call("POST", ENTRY, amy)).json()
    assert after["issued_at"] > before["issued_at"]
    assert after["private_map_key_expires_at"] <= world.clock.unix + 300
    assert world.clock.unix < after["refresh_after"] < world.clock.unix + 300


async def test_entry_credentials_are_good_in_the_room_after_a_jump_back_and_a_kick(
    world: World, school: School, emulator: Emulator
) -> None:
    amy = school.tokens["amy"]
    world.clock.jump(hours=1)
    await world.call("POST", ENTRY, amy)
    world.clock.jump(hours=-1)
    await _let_in_again(world, school)
    entry_credentials = (await world.call("POST", ENTRY, amy)).json()
    reported = emulator.control(
        "/_emulator/enter-room",
        sdk_app_id=entry_credentials["sdk_app_id"],
        identifier="amy",
        user_sig=entry_credentials["user_sig"],
        private_map_key=entry_credentials["private_map_key"],
        room_id=entry_credentials["room_id"],
    )
    assert b'"code":0' in reported.body.replace(b" ", b"")


async def test_clock_that_was_years_ahead_makes_no_signature_for_years(
    world: World, school: School
) -> None:
    world.clock.jump(days=6)  # the longest that the sessions of the school live
    await world.call("POST", ENTRY, await world.log_in("amy", PASSWORD))
    world.clock.jump(days=-6)
    await _let_in_again(world, school)
    entry_credentials = (await world.call("POST", ENTRY, school.tokens["amy"])).json()
    day = 24 * HOUR
    assert entry_credentials["expires_at"] <= world.clock.unix + day + 2 * HOUR


async def test_class_that_is_over_by_a_wrong_clock_opens_again_with_the_right_one(
    open_with: Opener, school: School
) -> None:
    async with open_with(classrooms={"overrun": 0}) as world:
        body = {"ends_at": world.clock.unix + 1800}
        await world.call("PATCH", f"/v1/classrooms/{LIVE}", school.tokens["tom"], body)
        world.clock.jump(hours=1)
        problem(await world.call("POST", ENTRY, school.tokens["amy"]), 409, "conflict")
        lease_id = school.leases[LIVE, "amy"]
        renew = f"/v1/leases/{lease_id}/renew"
        problem(await world.call("POST", renew, school.tokens["amy"]), 409, "conflict")
        world.clock.jump(hours=-1)
        entry_credentials = (await world.call("POST", renew, school.tokens["amy"])).json()
        assert entry_credentials["expires_at"] <= world.clock.unix + 1800


# ── uploads ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
async def test_no_keys_and_a_clear_word_while_the_clock_is_wrong(
    world: World, school: School, cloud: Emulator, captured_log: CapturedLog, seconds: int
) -> None:
    tom = school.tokens["tom"]
    grant = await open_upload(world, tom)
    assert put(cloud, grant, grant["object_key"]) == 200
    given, leases = world.raw_database.given(), world.raw_database.open_leases()
    set_clock(world, cloud, seconds)
    paths = [UPLOADS, f"/v1/uploads/{grant['upload_id']}/credentials"]
    for path in paths:
        found = problem(await world.call("POST", path, tom, PDF), 502, "cloud_rejected")
        assert "clock" in found["detail"]
    found = problem(await complete(world, tom, grant["upload_id"]), 502, "cloud_rejected")
    assert "clock" in found["detail"]
    assert "set this machine's clock right" in captured_log.getvalue()
    assert world.raw_database.given() == given
    assert world.raw_database.open_leases() == leases

    set_clock(world, cloud, -seconds)
    cloud.set_clock(0)
    assert (await world.call("POST", paths[1], tom)).status_code == 200
    assert (await complete(world, tom, grant["upload_id"])).status_code == 200


async def test_keys_that_were_kept_are_not_handed_on_over_a_jump(
    world: World, school: School
) -> None:
    """Both clocks jump: by the wall the keys are over, or not there yet."""
    path = f"/v1/uploads/{school.uploads[LIVE, 'tom']}/credentials"
    for hours in (1, -1, -1, 1):
        before = (await world.call("POST", path, school.tokens["tom"])).json()
        world.clock.jump(hours=hours)
        after = (await world.call("POST", path, school.tokens["tom"])).json()
        assert after["credentials"] != before["credentials"]
        left = from_epoch(after["expiredTime"]) - world.clock()
        assert 1790 <= left.total_seconds() <= 1800


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
async def test_clean_up_with_a_wrong_clock_ends_no_upload_that_goes_on(
    world: World, school: School, seconds: int
) -> None:
    tom = school.tokens["tom"]
    grant = await open_upload(world, tom)
    world.clock.jump(seconds=seconds)
    await world.application.courseware.upload_clean_up.run_once()
    world.clock.jump(seconds=-seconds)
    await world.application.courseware.upload_clean_up.run_once()
    path = f"/v1/uploads/{grant['upload_id']}/credentials"
    assert (await world.call("POST", path, tom)).status_code == 200


async def test_clean_up_with_a_wrong_clock_deletes_nothing(
    world: World, school: School, cloud: Emulator
) -> None:
    """The store refuses the time of its signature, and what is due stays due."""
    tom, upload_id = school.tokens["tom"], school.uploads[LIVE, "tom"]
    await world.call("DELETE", f"/v1/uploads/{upload_id}", tom)
    set_clock(world, cloud, 3 * HOUR)
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 0
    set_clock(world, cloud, -3 * HOUR)
    cloud.set_clock(0)
    world.clock.advance(hours=5)
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 1
