"""UserSig and its leases: what is given, what a kick does to it, and when renewal ends."""

import json
import zlib
from types import SimpleNamespace
from typing import Any

import pytest
import TLSSigAPIv2
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import ENDED, LIVE, PASSWORD, School
from tests.support.school_settings import SDK_APP_ID, SDK_SECRET_KEY

DAY = 86400


async def ask(world: World, path: str, token: str) -> dict[str, Any]:
    answer = await world.call("POST", path, token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def user_sig(world: World, token: str) -> dict[str, Any]:
    return await ask(world, "/v1/user-sig", token)


async def renew(world: World, lease_id: str, token: str) -> dict[str, Any]:
    return await ask(world, f"/v1/leases/{lease_id}/renew", token)


async def enter(world: World, number: int, token: str) -> dict[str, Any]:
    return await ask(world, f"/v1/classrooms/{number}/entry", token)


def members_of(token: str) -> Any:
    """What a UserSig holds, opened with the official library's own base64."""
    return json.loads(zlib.decompress(TLSSigAPIv2.base64_decode_url(token.encode())))


# ── UserSig ─────────────────────────────────────────────────────────────────────────────────────


async def test_user_sig_is_what_the_official_library_would_make(
    world: World, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TLSSigAPIv2, "time", SimpleNamespace(time=lambda: world.clock.unix))
    official = TLSSigAPIv2.TLSSigAPIv2(SDK_APP_ID, SDK_SECRET_KEY).gen_sig("amy", DAY)
    grant = await user_sig(world, school.tokens["amy"])
    assert members_of(grant["user_sig"]) == members_of(official)


async def test_user_sig_answer_has_its_times(world: World, school: School) -> None:
    grant = await user_sig(world, school.tokens["amy"])
    now = world.clock.unix
    times = {name: value for name, value in grant.items() if name not in {"user_sig", "lease_id"}}
    assert times == {
        "sdk_app_id": SDK_APP_ID,
        "identifier": "amy",
        "issued_at": now,
        "expires_at": now + DAY,
        "refresh_after": now + DAY * 4 // 5,
        "server_time": now,
    }


async def test_cloud_takes_the_user_sig_for_this_person_alone(
    world: World, school: School, emulator: Emulator
) -> None:
    grant = await user_sig(world, school.tokens["amy"])
    assert emulator.log_in(SDK_APP_ID, "amy", grant["user_sig"]) == 0
    assert emulator.log_in(SDK_APP_ID, "tom", grant["user_sig"]) != 0
    world.clock.advance(seconds=DAY)
    assert emulator.log_in(SDK_APP_ID, "amy", grant["user_sig"]) != 0


@pytest.mark.parametrize("body", [{"identifier": "tom"}, {"role": "teacher"}, [], "tom"])
async def test_no_body_widens_a_user_sig(world: World, school: School, body: object) -> None:
    answer = await world.call("POST", "/v1/user-sig?identifier=tom", school.tokens["amy"], body)
    assert answer.json()["identifier"] == "amy"


# ── renewing ────────────────────────────────────────────────────────────────────────────────────


async def test_renewed_user_sig_keeps_its_lease(world: World, school: School) -> None:
    first = await user_sig(world, school.tokens["amy"])
    world.clock.advance(hours=20)
    again = await renew(world, first["lease_id"], school.tokens["amy"])
    assert set(again) == set(first)
    assert again["lease_id"] == first["lease_id"]
    assert again["issued_at"] == first["issued_at"] + 20 * 3600
    assert again["expires_at"] == again["issued_at"] + DAY
    assert world.raw_database.events()[-2:] == ["user_sig_issued", "user_sig_renewed"]


async def test_nobody_renews_another_ones_lease(world: World, school: School) -> None:
    grant = await user_sig(world, school.tokens["amy"])
    given = world.raw_database.given()
    for identifier in ("stan", "tom", "root"):
        answer = await world.call(
            "POST", f"/v1/leases/{grant['lease_id']}/renew", school.tokens[identifier]
        )
        problem(answer, 404, "not_found")
    assert world.raw_database.given() == given


async def test_lease_ends_with_its_session(world: World, school: School) -> None:
    token = await world.log_in("amy", PASSWORD)
    grant = await user_sig(world, token)
    entry_credentials = await enter(world, LIVE, token)
    await world.call("DELETE", "/v1/sessions/current", token)
    for lease_id in (grant["lease_id"], entry_credentials["lease_id"]):
        answer = await world.call("POST", f"/v1/leases/{lease_id}/renew", token)
        problem(answer, 401, "not_authenticated")
        # Neither does another session of the same person carry it on.
        answer = await world.call("POST", f"/v1/leases/{lease_id}/renew", school.tokens["amy"])
        problem(answer, 409, "conflict")
        assert world.raw_database.lease_state(lease_id) == "ended"


async def test_lease_is_not_renewed_past_its_session(world: World) -> None:
    token = await world.log_in("amy", PASSWORD)
    grant = await user_sig(world, token)
    world.clock.advance(days=7)
    fresh = await world.log_in("amy", PASSWORD)
    problem(
        await world.call("POST", f"/v1/leases/{grant['lease_id']}/renew", fresh), 409, "conflict"
    )


async def test_a_lease_ends_with_the_session_that_renewed_it_last(world: World) -> None:
    first, second = await world.log_in("amy", PASSWORD), await world.log_in("amy", PASSWORD)
    grant = await user_sig(world, first)
    assert await renew(world, grant["lease_id"], second)
    assert (await world.call("DELETE", "/v1/sessions/current", second)).status_code == 204
    assert world.raw_database.lease_state(grant["lease_id"]) == "ended"
    problem(
        await world.call("POST", f"/v1/leases/{grant['lease_id']}/renew", first), 409, "conflict"
    )


async def test_new_password_ends_leases_of_other_sessions_alone(
    world: World, school: School
) -> None:
    kept = await world.log_in("amy", PASSWORD)
    mine = await user_sig(world, kept)
    other = await user_sig(world, school.tokens["amy"])
    body = {"current_password": PASSWORD, "new_password": "another long sentence"}
    assert (await world.call("PUT", "/v1/me/password", kept, body)).status_code == 204
    assert await renew(world, mine["lease_id"], kept)
    problem(
        await world.call("POST", f"/v1/leases/{other['lease_id']}/renew", kept), 409, "conflict"
    )


async def test_signatures_are_not_renewed(world: World, school: School) -> None:
    body = {"type": "reusable", "file_path": f"/classes/{LIVE}/direct/a.pdf"}
    await world.call("POST", "/v1/cos/signature", school.tokens["tom"], body)
    ((lease_id,),) = world.raw_database.query(
        "SELECT lease_id FROM leases WHERE kind = 'cos_signature'"
    )
    answer = await world.call("POST", f"/v1/leases/{lease_id}/renew", school.tokens["tom"])
    problem(answer, 409, "conflict")


@pytest.mark.parametrize("lease_id", ["x", "l" + "0" * 24, "%00", "..%2f..", "l" * 3000])
async def test_unknown_lease_is_not_found(world: World, school: School, lease_id: str) -> None:
    answer = await world.call("POST", f"/v1/leases/{lease_id}/renew", school.tokens["amy"])
    problem(answer, 404, "not_found")


# ── a kick makes what is out there too old ──────────────────────────────────────────────────────


async def _kick_and_let_in(world: World, school: School, identifier: str) -> None:
    member, tom = f"/v1/classrooms/{LIVE}/members/{identifier}", school.tokens["tom"]
    assert (await world.call("POST", f"{member}/kick", tom)).status_code == 204
    assert (await world.call("PUT", member, tom, {"role": "student"})).status_code == 200


async def test_after_a_kick_a_user_sig_is_strictly_later(world: World, school: School) -> None:
    before = await user_sig(world, school.tokens["amy"])
    await _kick_and_let_in(world, school, "amy")
    after = await user_sig(world, school.tokens["amy"])
    assert after["issued_at"] > before["issued_at"]
    assert members_of(after["user_sig"])["TLS.time"] == after["issued_at"]


async def test_after_each_of_two_kicks_in_one_second_a_user_sig_is_strictly_later(
    world: World, school: School
) -> None:
    times = []
    for _ in range(3):
        times.append((await enter(world, LIVE, school.tokens["amy"]))["issued_at"])
        times.append((await user_sig(world, school.tokens["amy"]))["issued_at"])
        await _kick_and_let_in(world, school, "amy")
    assert times == sorted(times)
    assert len(set(times)) == 3


async def test_kicks_alone_do_not_move_the_time_on(world: World, school: School) -> None:
    for _ in range(20):
        await _kick_and_let_in(world, school, "amy")
    assert (await user_sig(world, school.tokens["amy"]))["issued_at"] <= world.clock.unix + 1


async def test_after_disabling_a_user_sig_is_strictly_later(world: World, school: School) -> None:
    before = await user_sig(world, school.tokens["amy"])
    path = "/v1/admin/accounts/amy"
    for disabled in (True, False):
        await world.call("PATCH", path, school.tokens["root"], {"disabled": disabled})
    after = await user_sig(world, await world.log_in("amy", PASSWORD))
    assert after["issued_at"] > before["issued_at"]


# ── what ends the renewal of entry credentials ────────────────────────────────────────────────────


async def test_renewal_of_entry_credentials_recomputes_the_role(
    world: World, school: School
) -> None:
    lease_id, amy = school.leases[LIVE, "amy"], school.tokens["amy"]
    member, tom = f"/v1/classrooms/{LIVE}/members/amy", school.tokens["tom"]
    seen = []
    for place in (
        {"role": "student"},
        {"role": "student", "on_stage": True},
        {"role": "assistant"},
        {"role": "student"},
    ):
        assert (await world.call("PUT", member, tom, place)).status_code == 200
        entry_credentials = await renew(world, lease_id, amy)
        seen.append((entry_credentials["role"], entry_credentials["privilege_map"]))
    assert seen == [("student", 170), ("student", 190), ("assistant", 254), ("student", 170)]


async def test_kick_ends_renewal_and_a_lifted_one_does_not_bring_it_back(
    world: World, school: School
) -> None:
    path, amy = f"/v1/leases/{school.leases[LIVE, 'amy']}/renew", school.tokens["amy"]
    member, tom = f"/v1/classrooms/{LIVE}/members/amy", school.tokens["tom"]
    await world.call("POST", f"{member}/kick", tom)
    problem(await world.call("POST", path, amy), 403, "permission_denied")
    await world.call("PUT", member, tom, {"role": "student"})
    problem(await world.call("POST", path, amy), 409, "conflict")
    assert (await enter(world, LIVE, amy))["role"] == "student"


async def test_removal_ends_renewal(world: World, school: School) -> None:
    path, amy = f"/v1/leases/{school.leases[LIVE, 'amy']}/renew", school.tokens["amy"]
    await world.call("DELETE", f"/v1/classrooms/{LIVE}/members/amy", school.tokens["tom"])
    problem(await world.call("POST", path, amy), 404, "not_found")


async def test_end_of_the_class_ends_renewal_of_all_it_gave(world: World, school: School) -> None:
    ended = await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    assert ended.json()["state"] == "ended"
    of_the_class = {
        **{who: lease for (number, who), lease in school.leases.items() if number == LIVE},
        "tom": school.upload_leases[LIVE, "tom"],
    }
    assert not world.raw_database.open_leases() & set(of_the_class.values())
    for identifier in ("tom", "amy", "anna", "stan"):
        path = f"/v1/leases/{of_the_class[identifier]}/renew"
        problem(await world.call("POST", path, school.tokens[identifier]), 409, "conflict")
    assert await user_sig(world, school.tokens["amy"])


async def test_disabling_ends_all_leases_of_the_account(world: World, school: School) -> None:
    lease_id = school.leases[LIVE, "amy"]
    path = "/v1/admin/accounts/amy"
    for disabled in (True, False):
        await world.call("PATCH", path, school.tokens["root"], {"disabled": disabled})
    fresh = await world.log_in("amy", PASSWORD)
    problem(await world.call("POST", f"/v1/leases/{lease_id}/renew", fresh), 409, "conflict")


async def test_planned_end_ends_renewal_without_anybody_ending_the_class(
    world: World, school: School
) -> None:
    body = {"ends_at": world.clock.unix + 3600}
    patched = await world.call("PATCH", f"/v1/classrooms/{LIVE}", school.tokens["tom"], body)
    assert patched.status_code == 200
    lease_id, amy = school.leases[LIVE, "amy"], school.tokens["amy"]
    world.clock.advance(seconds=3600 + 1799)  # a live class may run over by half an hour
    assert await renew(world, lease_id, amy)
    world.clock.advance(seconds=1)
    problem(await world.call("POST", f"/v1/leases/{lease_id}/renew", amy), 409, "conflict")


async def test_host_who_is_a_teacher_no_longer_hosts_no_longer(
    world: World, school: School
) -> None:
    body = {"role": "student"}
    await world.call("PATCH", "/v1/admin/accounts/tom", school.tokens["root"], body)
    token = await world.log_in("tom", PASSWORD)
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", token)
    problem(answer, 403, "permission_denied")


async def test_leases_of_an_ended_class_stay_ended(world: World, school: School) -> None:
    for identifier in ("tom", "amy", "anna"):
        path = f"/v1/leases/{school.leases[ENDED, identifier]}/renew"
        problem(await world.call("POST", path, school.tokens[identifier]), 409, "conflict")


async def test_sessions_and_leases_live_as_the_settings_say(open_with: Opener) -> None:
    async with open_with(accounts={"session_lifetime": 200, "idle_lifetime": 120}) as world:
        token = await world.log_in("amy", PASSWORD)
        world.clock.advance(seconds=120)
        problem(await world.call("GET", "/v1/me", token), 401, "not_authenticated")
