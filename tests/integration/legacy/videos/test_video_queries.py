"""Asking the video service in a teacher's place, on good days and on bad ones."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.cloud_proxy import CloudProxy, cloud_proxy_before
from tests.support.harness import Opener, World
from tests.support.lying_cloud import LyingCloud, lying_cloud_before
from tests.support.running_emulator import Emulator
from tests.support.school import PASSWORD, School
from tests.support.school_settings import SECRET_ID, SECRET_KEY
from tests.support.video_signatures import HOST, PATH, PLAYABLE, caller_of, query

from classgate.errors import CloudError, CloudRejected, CloudUnavailable, InvalidRequest

EVERY_TRY = 3  # of one call
FORWARDED = "video_query_forwarded"


@asynccontextmanager
async def behind_lying_cloud(
    open_with: Opener, emulator: Emulator
) -> AsyncIterator[tuple[World, LyingCloud]]:
    async with (
        lying_cloud_before(emulator) as lying_cloud,
        open_with(cloud={"vod_endpoint": lying_cloud.address}) as world,
    ):
        yield world, lying_cloud


@asynccontextmanager
async def behind_gate(
    open_with: Opener, emulator: Emulator
) -> AsyncIterator[tuple[World, CloudProxy]]:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"vod_endpoint": proxy.address}) as world,
    ):
        yield world, proxy


async def failure(world: World, school: School, method: str = "GET") -> CloudError:
    """How a good query of a teacher fails."""
    tom = await caller_of(world, school, "tom")
    with pytest.raises(CloudError) as error:
        await world.application.legacy.videos.forward_query(tom, method, query(world))
    return error.value


# ── good days ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_teacher_gets_the_answer_of_the_video_service(
    world: World, school: School, method: str
) -> None:
    tom, videos = await caller_of(world, school, "tom"), world.application.legacy.videos
    reported = await videos.forward_query(tom, method, query(world))
    assert (reported["code"], reported["message"]) == (0, "")
    assert isinstance(reported["basicInfo"], dict)
    listed = await videos.forward_query(tom, method, {"Action": "DescribeVodInfo", "pageSize": 10})
    assert listed["totalCount"] == 2


async def test_question_is_recorded_and_nothing_is_given(world: World, school: School) -> None:
    tom, given = await caller_of(world, school, "tom"), world.raw_database.given()
    leases = world.raw_database.open_leases()
    await world.application.legacy.videos.forward_query(tom, "GET", query(world))
    assert (world.raw_database.given(), world.raw_database.open_leases()) == (given, leases)
    ((lease_id, account_id, rule, fingerprints, details),) = world.raw_database.query(
        "SELECT lease_id, account_id, rule, fingerprints, details FROM audit_rows WHERE event = ?",
        FORWARDED,
    )
    assert (lease_id, account_id) == (None, tom.account_id)
    assert (rule, fingerprints) == ("a teacher, for an action that only reads", "")
    assert json.loads(details) == {"action": "GetVideoInfo"}


async def test_callers_parameters_override_nothing(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    named = {
        "SecretId": "AKIDsomebodyelses",
        "Nonce": 7,
        "Timestamp": 1,
        "Signature": "somebodys",
        "SignatureMethod": "HmacSHA1",
    }
    async with behind_lying_cloud(open_with, emulator) as (world, lying_cloud):
        tom = await caller_of(world, school, "tom")
        reported = await world.application.legacy.videos.forward_query(
            tom, "POST", query(world, **named)
        )
        assert reported["code"] == 0
        (sent_request,) = lying_cloud.requests
    assert (
        sent_request.count(b"Action=")
        == sent_request.count(b"SecretId=")
        == sent_request.count(b"Signature=")
        == 1
    )
    assert f"SecretId={SECRET_ID}".encode() in sent_request
    for foreign in (b"somebody", b"Nonce=7&", b"Timestamp=1&"):
        assert foreign not in sent_request


async def test_query_that_cannot_be_sent_is_not_recorded(world: World, school: School) -> None:
    tom, rows = await caller_of(world, school, "tom"), world.raw_database.events()
    for method, changed in (("GET", {"a": 1.5}), ("POST", {"a": "@x"}), ("PUT", {})):
        with pytest.raises(InvalidRequest):
            await world.application.legacy.videos.forward_query(
                tom, method, query(world, **changed)
            )
    assert world.raw_database.events() == rows


# ── bad days ────────────────────────────────────────────────────────────────────────────────────


async def test_refusal_carries_the_number_of_the_service(world: World, school: School) -> None:
    tom = await caller_of(world, school, "tom")
    with pytest.raises(CloudRejected) as refusal:
        await world.application.legacy.videos.forward_query(tom, "GET", query(world, fileId="1"))
    assert (refusal.value.service, int(refusal.value.cloud_code)) == ("VOD", 10008)
    assert world.raw_database.events()[-1] == FORWARDED


@pytest.mark.parametrize(
    ("fault", "code"), [("throttled", "4400"), ("skewed_clock", "4500"), ("expired", "4105")]
)
async def test_ordered_refusal_is_passed_on(
    world: World, school: School, emulator: Emulator, fault: str, code: str
) -> None:
    emulator.fail_next("vod", "GetVideoInfo", fault)
    error = await failure(world, school)
    assert isinstance(error, CloudRejected)
    assert error.cloud_code == code


async def test_outage_is_reported_and_passes(
    world: World, school: School, emulator: Emulator
) -> None:
    emulator.fail_next("vod", "", "unavailable", EVERY_TRY)
    assert isinstance(await failure(world, school), CloudUnavailable)
    assert world.raw_database.events()[-1] == FORWARDED
    tom = await caller_of(world, school, "tom")
    assert await world.application.legacy.videos.forward_query(tom, "GET", query(world))


async def test_one_bad_moment_is_not_noticed(
    world: World, school: School, emulator: Emulator
) -> None:
    emulator.fail_next("vod", "", "unavailable", EVERY_TRY - 1)
    tom = await caller_of(world, school, "tom")
    assert await world.application.legacy.videos.forward_query(tom, "POST", query(world))


async def test_service_that_is_down_is_left_alone_and_others_are_not(
    world: World, school: School, emulator: Emulator
) -> None:
    emulator.fail_next("vod", "", "unavailable", 5)
    await failure(world, school)
    await failure(world, school)
    assert isinstance(await failure(world, school), CloudUnavailable)  # the service would answer
    path = "/v1/classrooms/1/upload-credentials"
    assert (await world.call("POST", path, school.tokens["tom"])).status_code == 200
    world.clock.advance(seconds=11)
    tom = await caller_of(world, school, "tom")
    assert await world.application.legacy.videos.forward_query(tom, "GET", query(world))


async def test_nobody_there_is_unavailable(open_with: Opener, school: School) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        async with open_with(cloud={"vod_endpoint": address}) as world:
            assert isinstance(await failure(world, school), CloudUnavailable)


async def test_service_that_never_answers_is_given_up_in_seconds(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with behind_gate(open_with, emulator) as (world, proxy):
        proxy.hold()
        async with asyncio.timeout(15):
            assert isinstance(await failure(world, school), CloudUnavailable)


async def test_no_transaction_is_open_while_the_service_thinks(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with behind_gate(open_with, emulator) as (world, proxy):
        proxy.hold()
        asking = asyncio.create_task(
            world.application.legacy.videos.forward_query(
                await caller_of(world, school, "tom"), "GET", query(world)
            )
        )
        await asyncio.wait_for(proxy.arrived.wait(), 30)
        assert world.raw_database.events()[-1] == FORWARDED  # before the answer
        assert await world.log_in("tom", PASSWORD)
        assert not asking.done()
        proxy.release()
        assert (await asking)["code"] == 0


GOOD = '{"code": 0, "message": "", "fileSet": []}'


@pytest.mark.parametrize(
    ("status", "body", "tries"),
    [
        (500, "", EVERY_TRY),
        (502, "<html>", EVERY_TRY),
        (503, GOOD, EVERY_TRY),
        (429, "", EVERY_TRY),
        (200, "", 1),
        (200, "<html>log in to this network</html>", 1),
        (200, GOOD[:20], 1),
        (200, "[]", 1),
        (200, "{}", 1),
        (200, "0", 1),
        (200, '{"code": null}', 1),
        (200, '{"code": false}', 1),
        (200, '{"code": 0.0}', 1),
        (200, '{"code": "Success"}', 1),
        (200, '{"code": "0 "}', 1),
        (200, '{"code": 99999999999}', 1),
        (200, '{"code": [0]}', 1),
        (200, '{"code": 4000, "code": 0}', 1),
        (200, '{"code": 0, "message": "\\ud83d"}', 1),
        (200, '{"code": NaN}', 1),
        (200, "[" * 100_000, 1),
        (200, GOOD + " " * (1 << 20), 1),
        (302, GOOD, 1),
        (404, GOOD, 1),
        (404, "not found", 1),
    ],
)
async def test_answer_that_is_none_is_not_passed_on(
    open_with: Opener, school: School, emulator: Emulator, status: int, body: str, tries: int
) -> None:
    async with behind_lying_cloud(open_with, emulator) as (world, lying_cloud):
        lying_cloud.forge("GET /v2/index.php", status, body, Location="http://127.0.0.1:9/")
        assert isinstance(await failure(world, school), CloudUnavailable)
        assert len(lying_cloud.requests) == tries


@pytest.mark.parametrize("code", ["0", '"0"', '"-0"'])
async def test_code_may_be_written_as_text(
    open_with: Opener, school: School, emulator: Emulator, code: str
) -> None:
    async with behind_lying_cloud(open_with, emulator) as (world, lying_cloud):
        lying_cloud.forge("GET", 200, f'{{"code": {code}, "message": "", "fileSet": []}}')
        tom = await caller_of(world, school, "tom")
        reported = await world.application.legacy.videos.forward_query(tom, "GET", query(world))
        assert reported == {"code": 0, "message": "", "fileSet": []}


@pytest.mark.parametrize(("code", "status"), [("-1", 200), ("4100", 403), ('"4100"', 200)])
async def test_refusal_is_one_under_any_status(
    open_with: Opener, school: School, emulator: Emulator, code: str, status: int
) -> None:
    async with behind_lying_cloud(open_with, emulator) as (world, lying_cloud):
        lying_cloud.forge("GET", status, f'{{"code": {code}}}')
        error = await failure(world, school)
        assert isinstance(error, CloudRejected)
        assert error.cloud_code == code.strip('"')
        assert len(lying_cloud.requests) == 1


async def test_hung_up_service_is_unavailable(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with behind_gate(open_with, emulator) as (world, proxy):
        proxy.answer_with()
        assert isinstance(await failure(world, school, "POST"), CloudUnavailable)


# ── what is written ─────────────────────────────────────────────────────────────────────────────


async def test_no_secret_is_logged_or_recorded(
    open_with: Opener, school: School, emulator: Emulator, captured_log: CapturedLog
) -> None:
    errors = []
    async with behind_lying_cloud(open_with, emulator) as (world, lying_cloud):
        tom, videos = await caller_of(world, school, "tom"), world.application.legacy.videos
        signed = await videos.sign_query(tom, "GET", HOST, PATH, query(world))
        upload = await videos.issue_upload_signature(tom)
        params = query(world, name="zqparameter")
        assert (await videos.forward_query(tom, "GET", params))["code"] == 0
        echo = json.dumps({"code": 4100, "message": f"zqmessage {SECRET_KEY} {PLAYABLE}"})
        for status, body in ((200, echo), (200, "zqgarbage"), (500, "zqfailure")):
            lying_cloud.forge(f"GET .*fileId={status}{len(body)}", status, body)
            reported = query(world, fileId=f"{status}{len(body)}", name="zqparameter")
            with pytest.raises(CloudError) as error:
                await videos.forward_query(tom, "GET", reported)
            errors.append(error.value.message)
        written = "\n".join([captured_log.getvalue(), *world.raw_database.texts(), *errors])
        sent_requests = b"".join(lying_cloud.requests).decode()
    assert "vod refused" in written
    assert "vod answer not understood" in written
    assert "zqparameter" in sent_requests
    sent = [part.split("&")[0].split(" ")[0] for part in sent_requests.split("Signature=")[1:]]
    assert len(sent) == 1 + 1 + 1 + EVERY_TRY
    for secret in (SECRET_KEY, signed.sign, upload.sign, school.tokens["tom"], "zq", *sent):
        assert secret not in written
