"""What a killed process, a cut line or an ended class leaves lying about is ended, recorded, and
cleaned up in the store; what is meant to stay stays."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.cloud_proxy import cloud_proxy_before
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PASSWORD, PDF, School
from tests.support.school_settings import SECRET_ID, SECRET_KEY
from tests.support.uploads import complete, cos_client, open_upload, put, upload_whole

from classgate.cloud.bucket import BucketClient, CosCredentials
from classgate.cloud.http import CloudHttpClient

FOLDERS = f"/v1/classrooms/{LIVE}/upload-credentials"
PART = b"a" * (1 << 20)


@dataclass
class Eye:
    """Looks into the bucket with the service's own key."""

    bucket: BucketClient

    async def sees(self, key: str) -> bool:
        reply = await self.bucket.request("HEAD", key, key=CosCredentials(SECRET_ID, SECRET_KEY))
        assert reply.status in {200, 404}
        return reply.status == 200

    async def unfinished(self) -> int:
        """How many uploads in parts are under way."""
        parameters = [("uploads", "")]
        reply = await self.bucket.request(
            "GET", key=CosCredentials(SECRET_ID, SECRET_KEY), parameters=parameters
        )
        assert reply.status == 200
        return reply.body.count(b"<UploadId>")


@pytest.fixture
async def eye(world: World, emulator: Emulator) -> AsyncIterator[Eye]:
    http = CloudHttpClient()
    yield Eye(BucketClient("http", emulator.address, http, world.clock))
    await http.close()


def begin_in_parts(emulator: Emulator, grant: dict[str, Any], key: str) -> str:
    """One part arrives, then the line is cut. The store's name of the upload."""
    client, bucket = cos_client(emulator, grant), grant["bucket"]
    begun: str = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    client.upload_part(Bucket=bucket, Key=key, Body=PART, PartNumber=1, UploadId=begun)
    return begun


def state(world: World, upload_id: str) -> str:
    ((found,),) = world.raw_database.query(
        "SELECT state FROM uploads WHERE upload_id = ?", upload_id
    )
    assert isinstance(found, str)
    return found


async def give_up(world: World, token: str, upload_id: str) -> None:
    answer = await world.call("DELETE", f"/v1/uploads/{upload_id}", token)
    assert answer.status_code == 204


# ── pending leases ──────────────────────────────────────────────────────────────────────────────


async def leave_pending(
    open_with: Opener, school: School, emulator: Emulator, path: str, body: object
) -> None:
    """A process is killed while STS is asked: its last words are never written."""
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        proxy.hold()
        asking = asyncio.create_task(world.call("POST", path, school.tokens["tom"], body))
        await asyncio.wait_for(proxy.arrived.wait(), 30)
        world.raw_database.refuse_records("NEW.event = 'upload_credentials_failed'")
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await world.settle()
        world.raw_database.take_records()


@pytest.mark.parametrize("what", ["uploads", "upload-credentials"])
async def test_lease_left_pending_by_a_killed_process_ends_with_a_record(
    open_with: Opener, school: School, emulator: Emulator, what: str
) -> None:
    path = f"/v1/classrooms/{LIVE}/{what}"
    await leave_pending(open_with, school, emulator, path, PDF if what == "uploads" else None)
    async with open_with() as world:
        ((lease_id,),) = world.raw_database.query(
            "SELECT lease_id FROM leases WHERE state = 'pending'"
        )
        given = world.raw_database.given()
        world.clock.advance(seconds=119)
        assert await world.application.courseware.upload_clean_up.cancel_interrupted() == 0
        world.clock.advance(seconds=2)
        assert await world.application.courseware.upload_clean_up.cancel_interrupted() == 1
        assert await world.application.courseware.upload_clean_up.cancel_interrupted() == 0
        assert world.raw_database.lease_state(lease_id) == "ended"
        rows = world.raw_database.query(
            "SELECT details FROM audit_rows"
            " WHERE event = 'upload_credentials_failed' AND lease_id = ?",
            lease_id,
        )
        assert [json.loads(row[0])["reason"] for row in rows] == ["interrupted"]
        assert world.raw_database.given() == given
        uploads = world.raw_database.query("SELECT state FROM uploads WHERE lease_id = ?", lease_id)
        assert uploads == ([("abandoned",)] if what == "uploads" else [])
        assert (await world.application.audit.verify()).faults == ()


async def test_interrupted_renewal_under_a_new_lease_leaves_the_upload_open(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    upload_id = school.uploads[LIVE, "tom"]
    async with open_with() as world:
        world.raw_database.change(
            "UPDATE leases SET state = 'ended' WHERE upload_id = ?", upload_id
        )
        world.clock.advance(seconds=1)
    path = f"/v1/uploads/{upload_id}/credentials"
    await leave_pending(open_with, school, emulator, path, None)
    async with open_with() as world:
        world.clock.advance(minutes=3)
        assert await world.application.courseware.upload_clean_up.cancel_interrupted() == 1
        assert state(world, upload_id) == "open"
        assert (await world.call("POST", path, school.tokens["tom"])).status_code == 200


async def test_slow_answer_to_an_interrupted_lease_gives_nothing(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    """The process was not killed, its lease only looks as if: nothing is given twice."""
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        proxy.hold()
        path, given = f"/v1/classrooms/{LIVE}/uploads", world.raw_database.given()
        asking = asyncio.create_task(world.call("POST", path, school.tokens["tom"], PDF))
        await asyncio.wait_for(proxy.arrived.wait(), 30)
        # Not by the clock, which the cloud has too: a try that begins now would be refused there.
        hour = 3600 * 1_000_000
        pending = "UPDATE leases SET issued_at = issued_at - ? WHERE state = 'pending'"
        assert world.raw_database.change(pending, hour) == 1
        announced = "UPDATE uploads SET created_at = created_at - ? WHERE lease_id IN"
        of_pending = "(SELECT lease_id FROM leases WHERE state = 'pending')"
        assert world.raw_database.change(f"{announced} {of_pending}", hour) == 1
        assert await world.application.courseware.upload_clean_up.cancel_interrupted() == 1
        proxy.release()
        problem(await asking, 409, "conflict")
        assert world.raw_database.given() == given


# ── uploads that nobody finishes ────────────────────────────────────────────────────────────────


async def test_upload_that_nobody_renewed_for_a_day_is_abandoned(
    world: World, school: School
) -> None:
    grant = await open_upload(world, school.tokens["tom"])
    upload_id = grant["upload_id"]
    world.clock.advance(hours=24, minutes=29)
    await world.application.courseware.upload_clean_up.abandon_expired()
    assert state(world, upload_id) == "open"
    world.clock.advance(minutes=2)
    await world.application.courseware.upload_clean_up.abandon_expired()
    assert state(world, upload_id) == "abandoned"
    assert world.raw_database.lease_state(grant["lease_id"]) == "ended"
    assert world.raw_database.events()[-1] == "upload_abandoned"


async def test_renewing_keeps_an_upload_open(world: World, school: School) -> None:
    upload_id = school.uploads[LIVE, "tom"]
    for _ in range(3):
        world.clock.advance(hours=20)
        tom = await world.log_in("tom", PASSWORD)
        path = f"/v1/uploads/{upload_id}/credentials"
        assert (await world.call("POST", path, tom)).status_code == 200
        await world.application.courseware.upload_clean_up.abandon_expired()
    assert state(world, upload_id) == "open"


async def test_day_is_a_setting(open_with: Opener, school: School) -> None:
    async with open_with(cos={"abandoned_after": 3600}) as world:
        world.clock.advance(hours=1, minutes=31)
        await world.application.courseware.upload_clean_up.abandon_expired()
        assert state(world, school.uploads[LIVE, "tom"]) == "abandoned"


async def test_when_the_class_is_over_there_is_an_hour_to_confirm(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    grant = await open_upload(world, tom)
    other = await open_upload(world, tom)
    assert put(emulator, grant, grant["object_key"]) == 200
    await world.call("POST", f"/v1/classrooms/{LIVE}/end", tom)
    world.clock.advance(minutes=89)
    await world.application.courseware.upload_clean_up.abandon_expired()
    assert (await complete(world, tom, grant["upload_id"])).status_code == 200
    world.clock.advance(minutes=2)
    await world.application.courseware.upload_clean_up.abandon_expired()
    assert state(world, grant["upload_id"]) == "complete"
    assert state(world, other["upload_id"]) == "abandoned"


async def test_owner_sees_that_the_clean_up_abandoned_the_upload(
    world: World, school: School
) -> None:
    upload_id = school.uploads[LIVE, "tom"]
    world.clock.advance(hours=25)
    await world.application.courseware.upload_clean_up.abandon_expired()
    tom = await world.log_in("tom", PASSWORD)
    problem(await complete(world, tom, upload_id), 409, "conflict")
    path = f"/v1/uploads/{upload_id}/credentials"
    problem(await world.call("POST", path, tom), 409, "conflict")


# ── the store ───────────────────────────────────────────────────────────────────────────────────


async def test_parts_of_an_upload_that_was_cut_are_gone_in_the_end(
    world: World, school: School, emulator: Emulator, eye: Eye
) -> None:
    grant = await open_upload(world, school.tokens["tom"])
    begin_in_parts(emulator, grant, grant["object_key"])
    assert await eye.unfinished() == 1
    world.clock.advance(hours=25)
    await world.application.courseware.upload_clean_up.run_once()
    assert state(world, grant["upload_id"]) == "abandoned"
    assert await eye.unfinished() == 0
    assert "upload_cleaned_up" in world.raw_database.events()


async def test_late_put_after_giving_up_is_deleted_when_the_keys_are_over(
    world: World, school: School, emulator: Emulator, eye: Eye
) -> None:
    grant = await open_upload(world, school.tokens["tom"])
    key = grant["object_key"]
    await give_up(world, school.tokens["tom"], grant["upload_id"])
    await world.application.courseware.upload_clean_up.run_once()
    assert put(emulator, grant, key) == 200, "the keys cannot be called back"
    begin_in_parts(emulator, grant, key)
    world.clock.advance(minutes=89)
    await world.application.courseware.upload_clean_up.run_once()
    assert await eye.sees(key)
    world.clock.advance(minutes=2)
    await world.application.courseware.upload_clean_up.run_once()
    assert not await eye.sees(key)
    assert await eye.unfinished() == 0


async def test_late_put_after_deletion_is_deleted_too(
    world: World, school: School, emulator: Emulator, eye: Eye
) -> None:
    tom = school.tokens["tom"]
    grant = await open_upload(world, tom)
    key = grant["object_key"]
    assert put(emulator, grant, key) == 200
    assert (await complete(world, tom, grant["upload_id"])).status_code == 200
    assert (await world.call("DELETE", f"/v1/courseware/{grant['upload_id']}", tom)).is_success
    assert not await eye.sees(key)
    assert put(emulator, grant, key) == 200
    world.clock.advance(minutes=91)
    await world.application.courseware.upload_clean_up.run_once()
    assert not await eye.sees(key)
    assert state(world, grant["upload_id"]) == "deleted"


async def test_removed_file_that_the_store_kept_is_deleted_by_the_clean_up(
    world: World, school: School, emulator: Emulator, eye: Eye
) -> None:
    tom = school.tokens["tom"]
    file = await upload_whole(world, emulator, tom, "a.pdf")
    key = f"classes/{LIVE}/{file['id']}/a.pdf"
    emulator.fail_next("cos", "DeleteObject", "unavailable", 3)
    await world.call("DELETE", f"/v1/courseware/{file['id']}", tom)
    assert (state(world, file["id"]), await eye.sees(key)) == ("removed", True)
    await world.application.courseware.upload_clean_up.run_once()
    assert (state(world, file["id"]), await eye.sees(key)) == ("deleted", False)


async def test_complete_files_are_never_touched(
    world: World, school: School, emulator: Emulator, eye: Eye
) -> None:
    file = await upload_whole(world, emulator, school.tokens["tom"], "a.pdf")
    await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    for _ in range(5):
        world.clock.advance(days=30)
        await world.application.courseware.upload_clean_up.run_once()
    assert await eye.sees(f"classes/{LIVE}/{file['id']}/a.pdf")
    assert state(world, file["id"]) == "complete"


async def test_upload_is_cleaned_up_once(
    world: World, school: School, captured_log: CapturedLog
) -> None:
    await give_up(world, school.tokens["tom"], school.uploads[LIVE, "tom"])
    world.clock.advance(hours=2)
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() >= 1
    for _ in range(3):
        world.clock.advance(hours=2)
        assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 0
    assert world.raw_database.events().count("upload_cleaned_up") == 1


@pytest.mark.parametrize("operation", ["ListMultipartUploads", "DeleteObject"])
async def test_store_that_is_down_is_tried_again_later(
    world: World, school: School, emulator: Emulator, operation: str
) -> None:
    await give_up(world, school.tokens["tom"], school.uploads[LIVE, "tom"])
    world.clock.advance(hours=2)
    emulator.fail_next("cos", operation, "unavailable", 3)
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 0
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 0, "not at once"
    world.clock.advance(minutes=6)
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 1
    assert world.raw_database.events().count("upload_cleaned_up") == 1


async def test_store_that_refuses_one_does_not_keep_the_others_waiting(
    world: World, school: School, emulator: Emulator
) -> None:
    for who in ("tom", "anna"):
        await give_up(world, school.tokens[who], school.uploads[LIVE, who])
    world.clock.advance(hours=2)
    emulator.fail_next("cos", "ListMultipartUploads", "expired")
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 1
    world.clock.advance(minutes=61)
    assert await world.application.courseware.upload_clean_up.clean_up_uploads() == 1


async def test_two_clean_ups_at_once_do_each_thing_once(open_with: Opener, school: School) -> None:
    async with open_with() as one, open_with() as two:
        one.clock.advance(hours=25)
        await asyncio.gather(
            one.application.courseware.upload_clean_up.run_once(),
            two.application.courseware.upload_clean_up.run_once(),
        )
        events = one.raw_database.events()
        opened = len(school.uploads)
        assert events.count("upload_abandoned") == opened
        one.clock.advance(hours=25)
        await asyncio.gather(
            one.application.courseware.upload_clean_up.run_once(),
            two.application.courseware.upload_clean_up.run_once(),
        )
        assert one.raw_database.events().count("upload_cleaned_up") == opened
        assert (await one.application.audit.verify()).faults == ()


# ── folders ─────────────────────────────────────────────────────────────────────────────────────


async def test_parts_in_a_folder_go_when_its_keys_are_over_and_objects_stay(
    world: World, school: School, emulator: Emulator, eye: Eye
) -> None:
    grant = (await world.call("POST", FOLDERS, school.tokens["tom"])).json()
    begin_in_parts(emulator, grant, f"{grant['prefix']}课件 a&b.pdf")
    assert put(emulator, grant, f"{grant['prefix']}whole.pdf") == 200
    await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    world.clock.advance(minutes=89)
    await world.application.courseware.upload_clean_up.run_once()
    assert await eye.unfinished() == 1
    world.clock.advance(minutes=2)
    await world.application.courseware.upload_clean_up.run_once()
    assert await eye.unfinished() == 0
    assert await eye.sees(f"{grant['prefix']}whole.pdf")


async def test_folder_that_may_be_renewed_keeps_its_parts_for_a_day(
    world: World, school: School, emulator: Emulator, eye: Eye
) -> None:
    grant = (await world.call("POST", FOLDERS, school.tokens["tom"])).json()
    begin_in_parts(emulator, grant, f"{grant['prefix']}a.pdf")
    world.clock.advance(hours=24)
    await world.application.courseware.upload_clean_up.run_once()
    assert await eye.unfinished() == 1
    world.clock.advance(hours=1)
    await world.application.courseware.upload_clean_up.run_once()
    assert await eye.unfinished() == 0


@pytest.mark.parametrize(
    "key", ["elsewhere/a.pdf", "classes/1/lnotalease/a.pdf", f"classes/1/l{'0' * 24}/a.pdf"]
)
async def test_parts_that_are_not_ours_are_not_touched(
    world: World, school: School, emulator: Emulator, eye: Eye, key: str
) -> None:
    reply = await eye.bucket.request(
        "POST", key, key=CosCredentials(SECRET_ID, SECRET_KEY), parameters=[("uploads", "")]
    )
    assert reply.status == 200
    world.clock.advance(days=60)
    await world.application.courseware.upload_clean_up.run_once()
    assert await eye.unfinished() == 1


# ── the loop ────────────────────────────────────────────────────────────────────────────────────


async def test_cloud_that_is_down_ends_no_step(
    world: World, school: School, emulator: Emulator
) -> None:
    await give_up(world, school.tokens["tom"], school.uploads[LIVE, "tom"])
    world.clock.advance(hours=25)
    emulator.fail_next("cos", "*", "unavailable", 1_000_000)
    for _ in range(3):
        await world.application.courseware.upload_clean_up.run_once()
        world.clock.advance(minutes=1)
    assert state(world, school.uploads[LIVE, "anna"]) == "abandoned"
    emulator.reset()
    for _ in range(3):
        world.clock.advance(minutes=10)
        await world.application.courseware.upload_clean_up.run_once()
    assert world.raw_database.events().count("upload_cleaned_up") == len(school.uploads)


async def test_running_service_cleans_up_by_itself_and_goes_on_after_an_error(
    world: World, school: School
) -> None:
    """No time passes for the tests' sleep, so that the loop turns as fast as it can."""
    world.clock.advance(hours=25)
    world.raw_database.refuse_records("NEW.event = 'upload_abandoned'")
    await world.application.start()
    try:
        await asyncio.sleep(0.2)
        assert state(world, school.uploads[LIVE, "tom"]) == "open"
        # In a thread: the service, which may be holding what this waits for, has to go on.
        await asyncio.to_thread(world.raw_database.take_records)
        for _ in range(600):
            await asyncio.sleep(0.05)
            if state(world, school.uploads[LIVE, "tom"]) == "abandoned":
                break
        assert state(world, school.uploads[LIVE, "tom"]) == "abandoned"
    finally:
        await world.application.stop()
