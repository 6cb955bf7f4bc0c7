"""When the cloud does not do as it should, or takes its time: nothing is given, and it is recorded.

The cloud is the emulator behind a proxy, or a fault that the emulator was set to show.
"""

import asyncio
import json
import socket
from typing import Any

import httpx
import pytest
from tests.support.cloud_proxy import CloudProxy, cloud_proxy_before
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PASSWORD, PDF, School

UPLOADS = f"/v1/classrooms/{LIVE}/uploads"
EVERY_TRY = 3  # of one call


def assert_nothing_was_given(world: World, given: int, leases: set[str]) -> None:
    """As far as the database knows: no gift in the audit, no lease, no open upload of these."""
    assert world.raw_database.given() == given
    assert world.raw_database.open_leases() <= leases
    states = world.raw_database.query("SELECT state FROM uploads ORDER BY created_at DESC LIMIT 1")
    assert states == [("abandoned",)]
    assert "upload_credentials_failed" in world.raw_database.events()


async def open_upload(world: World, token: str) -> httpx.Response:
    return await world.call("POST", UPLOADS, token, PDF)


# ── the cloud fails ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["unavailable", "throttled"])
async def test_cloud_that_cannot_now_is_503_with_retry_after(
    world: World, school: School, emulator: Emulator, fault: str
) -> None:
    given, leases = world.raw_database.given(), world.raw_database.open_leases()
    emulator.fail_next("sts", "GetFederationToken", fault, EVERY_TRY)
    answer = await open_upload(world, school.tokens["tom"])
    problem(answer, 503, "cloud_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert_nothing_was_given(world, given, leases)
    assert (await open_upload(world, school.tokens["tom"])).status_code == 201


async def test_cloud_that_says_no_is_502_with_its_own_code(
    open_with: Opener, school: School
) -> None:
    async with open_with(
        cloud={"secret_key": "not the key but 32 letters".replace(" ", "-")}
    ) as world:
        given, leases = world.raw_database.given(), world.raw_database.open_leases()
        found = problem(await open_upload(world, school.tokens["tom"]), 502, "cloud_rejected")
        assert "AuthFailure" in found["detail"]
        assert_nothing_was_given(world, given, leases)


async def test_unreachable_cloud_is_503(open_with: Opener, school: School) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        async with open_with(cloud={"sts_endpoint": address, "cos_endpoint": address}) as world:
            given, leases = world.raw_database.given(), world.raw_database.open_leases()
            tom = school.tokens["tom"]
            problem(await open_upload(world, tom), 503, "cloud_unavailable")
            assert_nothing_was_given(world, given, leases)
            complete = f"/v1/uploads/{school.uploads[LIVE, 'tom']}/complete"
            problem(await world.call("POST", complete, tom), 503, "cloud_unavailable")


async def test_cloud_that_never_answers_is_given_up(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        given, leases = world.raw_database.given(), world.raw_database.open_leases()
        proxy.hold()
        async with asyncio.timeout(15):
            answer = await open_upload(world, school.tokens["tom"])
        problem(answer, 503, "cloud_unavailable")
        assert_nothing_was_given(world, given, leases)


def sts_answer(expires_at: int, **changed: Any) -> bytes:
    keys = {"Token": "t" * 40, "TmpSecretId": "AKIDtemporary", "TmpSecretKey": "k" * 40}
    answer = {"Credentials": keys, "ExpiredTime": expires_at, "RequestId": "r"}
    return json.dumps({"Response": {**answer, **changed}}).encode()


async def test_answer_in_two_pieces_is_read_whole(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        body = sts_answer(world.clock.unix + 1800)
        proxy.answer_with(body[:100], body[100:])
        answer = await open_upload(world, school.tokens["tom"])
        assert answer.status_code == 201, answer.text
        assert answer.json()["credentials"] == {
            "tmpSecretId": "AKIDtemporary",
            "tmpSecretKey": "k" * 40,
            "sessionToken": "t" * 40,
        }


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"<html>a captive portal</html>"],
        [b"{}"],
        [b'{"Response": null}'],
        [b'{"Response": {"RequestId": "r"}}'],
        [b"\xff\xfe"],
        [b"[" * 100_000],
        [b"{" + b" " * (1 << 20) + b"}"],
        [sts_answer(0)],
        [sts_answer(-1)],
        [sts_answer(10**18)],
        [sts_answer(2**63)],
        [sts_answer(4102444800)],
        [sts_answer(4102444800, Credentials=None)],
        [sts_answer(4102444800, Credentials={"Token": 1})],
    ],
    ids=lambda pieces: repr(pieces)[:60],
)
async def test_odd_answer_of_the_cloud_is_not_handed_on(
    open_with: Opener, school: School, emulator: Emulator, pieces: list[bytes]
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        given, leases = world.raw_database.given(), world.raw_database.open_leases()
        proxy.answer_with(*pieces)
        answer = await open_upload(world, school.tokens["tom"])
        problem(answer, 503, "cloud_unavailable")
        assert_nothing_was_given(world, given, leases)


async def test_failed_renewal_leaves_what_was_given_before(
    world: World, school: School, emulator: Emulator
) -> None:
    tom, lease_id = school.tokens["tom"], school.upload_leases[LIVE, "tom"]
    for path in (
        f"/v1/leases/{lease_id}/renew",
        f"/v1/uploads/{school.uploads[LIVE, 'tom']}/credentials",
    ):
        given = world.raw_database.given()
        emulator.fail_next("sts", "GetFederationToken", "unavailable", EVERY_TRY)
        problem(await world.call("POST", path, tom), 503, "cloud_unavailable")
        assert world.raw_database.given() == given
        assert world.raw_database.events()[-1] == "upload_credentials_failed"
        assert world.raw_database.lease_state(lease_id) == "active"
        assert (await world.call("POST", path, tom)).status_code == 200
        world.clock.advance(minutes=16)  # by then those keys are not handed on any more


async def test_store_that_fails_leaves_the_upload_open(
    world: World, school: School, emulator: Emulator
) -> None:
    tom, upload_id = school.tokens["tom"], school.uploads[LIVE, "tom"]
    emulator.fail_next("cos", "HeadObject", "unavailable", EVERY_TRY)
    answer = await world.call("POST", f"/v1/uploads/{upload_id}/complete", tom)
    problem(answer, 503, "cloud_unavailable")
    assert world.raw_database.query("SELECT state FROM uploads WHERE upload_id = ?", upload_id) == [
        ("open",)
    ]


async def test_store_that_says_no_is_502(open_with: Opener, school: School) -> None:
    async with open_with(cloud={"secret_key": "not-the-key-but-32-letters-of-it"}) as world:
        upload_id = school.uploads[LIVE, "tom"]
        path = f"/v1/uploads/{upload_id}/complete"
        problem(await world.call("POST", path, school.tokens["tom"]), 502, "cloud_rejected")


# ── something ends while the cloud is asked ─────────────────────────────────────────────────────


async def _end_class(world: World, school: School) -> None:
    await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])


async def _kick(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/members/anna/kick"
    await world.call("POST", path, school.tokens["tom"])


async def _kick_and_let_in(world: World, school: School) -> None:
    await _kick(world, school)
    path = f"/v1/classrooms/{LIVE}/members/anna"
    await world.call("PUT", path, school.tokens["tom"], {"role": "assistant"})


async def _remove(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/members/anna"
    await world.call("DELETE", path, school.tokens["tom"])


async def _demote(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/members/anna"
    await world.call("PUT", path, school.tokens["tom"], {"role": "student"})


async def _disable(world: World, school: School) -> None:
    path = "/v1/admin/accounts/anna"
    await world.call("PATCH", path, school.tokens["root"], {"disabled": True})


async def _log_out(world: World, school: School) -> None:
    await world.call("DELETE", "/v1/sessions/current", school.tokens["anna"])


async def _pass_the_end(world: World, school: School) -> None:
    body = {"ends_at": world.clock.unix + 1}
    await world.call("PATCH", f"/v1/classrooms/{LIVE}", school.tokens["tom"], body)
    world.clock.advance(seconds=1)


MEANWHILE = [
    (_end_class, 409, "conflict"),
    (_kick, 403, "permission_denied"),
    (_kick_and_let_in, 409, "conflict"),
    (_remove, 404, "not_found"),
    (_demote, 403, "permission_denied"),
    (_disable, 401, "not_authenticated"),
    (_log_out, 401, "not_authenticated"),
    (_pass_the_end, 409, "conflict"),
]
CALLS = ["uploads", "upload-credentials", "credentials", "renew"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("meanwhile", "status", "code"), MEANWHILE)
async def test_what_ends_while_the_cloud_is_asked_gets_nothing(
    open_with: Opener,
    school: School,
    emulator: Emulator,
    call: str,
    meanwhile: Any,
    status: int,
    code: str,
) -> None:
    path = {
        "uploads": UPLOADS,
        "upload-credentials": f"/v1/classrooms/{LIVE}/upload-credentials",
        "credentials": f"/v1/uploads/{school.uploads[LIVE, 'anna']}/credentials",
        "renew": f"/v1/leases/{school.upload_leases[LIVE, 'anna']}/renew",
    }[call]
    body = PDF if call == "uploads" else None
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}, classrooms={"overrun": 0}) as world,
    ):
        leases = world.raw_database.open_leases()
        proxy.hold()
        asking = asyncio.create_task(world.call("POST", path, school.tokens["anna"], body))
        await asyncio.wait_for(proxy.arrived.wait(), 30)
        await meanwhile(world, school)
        given = world.raw_database.given()
        proxy.release()
        answer = await asking
        problem(answer, status, code)
        assert "tmpSecret" not in answer.text
        assert world.raw_database.given() == given
        assert world.raw_database.open_leases() <= leases
        assert world.raw_database.events()[-1] == "upload_credentials_failed"
        assert (await world.application.audit.verify()).faults == ()


async def _asking(world: World, school: School, proxy: CloudProxy) -> asyncio.Task[httpx.Response]:
    proxy.hold()
    task = asyncio.create_task(open_upload(world, school.tokens["tom"]))
    await asyncio.wait_for(proxy.arrived.wait(), 30)
    return task


async def test_client_that_hangs_up_leaves_no_lease(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        given, leases = world.raw_database.given(), world.raw_database.open_leases()
        task = await _asking(world, school, proxy)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert_nothing_was_given(world, given, leases)


async def test_others_work_while_the_cloud_is_slow(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        task = await _asking(world, school, proxy)
        assert await world.log_in("amy", PASSWORD)
        entry = f"/v1/classrooms/{LIVE}/entry"
        assert (await world.call("POST", entry, school.tokens["amy"])).status_code == 200
        assert not task.done()
        proxy.release()
        assert (await task).status_code == 201


async def test_upload_completed_while_its_keys_are_renewed_gives_no_more_keys(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        tom, upload_id = school.tokens["tom"], school.uploads[LIVE, "tom"]
        proxy.hold()
        path = f"/v1/uploads/{upload_id}/credentials"
        asking = asyncio.create_task(world.call("POST", path, tom))
        await asyncio.wait_for(proxy.arrived.wait(), 30)
        assert (await world.call("DELETE", f"/v1/uploads/{upload_id}", tom)).status_code == 204
        proxy.release()
        problem(await asking, 409, "conflict")
