"""The video service for teachers: what is signed, for whom, and what is recorded of it."""

import json
from urllib.parse import urlencode

import asyncpg
import pytest
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator, fetch
from tests.support.school import School
from tests.support.school_settings import SECRET_ID
from tests.support.video_signatures import (
    HOST,
    PATH,
    caller_of,
    expected_sign,
    query,
    read_upload_sign,
)

from classgate.errors import (
    InvalidRequest,
    NotAuthenticated,
    PermissionDenied,
)
from classgate.storage.database import IntegrityViolation

QUERY, UPLOAD = "video_query_signature_issued", "video_upload_signature_issued"


def last_row(world: World, event: str) -> tuple[str, str, str, dict[str, object]]:
    """Lease, rule, fingerprints and details of the newest row, which is of this event."""
    ((found, lease_id, rule, fingerprints, details),) = world.raw_database.query(
        "SELECT event, lease_id, rule, fingerprints, details FROM audit_rows"
        " ORDER BY at DESC, seq DESC LIMIT 1"
    )
    assert found == event
    return lease_id, rule, fingerprints, json.loads(details)


def assert_nothing_was_given(world: World, rows: list[str]) -> None:
    assert world.raw_database.events() == rows
    assert world.raw_database.query("SELECT * FROM leases WHERE kind LIKE 'video%'") == []


# ── a signature for one query ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_teacher_is_given_a_signature_that_the_video_service_takes(
    world: World, school: School, emulator: Emulator, method: str
) -> None:
    params = query(world, some_name="函数 & 图")
    tom = await caller_of(world, school, "tom")
    grant = await world.application.legacy.videos.sign_query(tom, method, HOST, PATH, params)
    assert grant.sign == expected_sign(method, params)
    assert (grant.secret_id, grant.signature_method) == (SECRET_ID, "HmacSHA1")
    sent = urlencode({**params, "SecretId": SECRET_ID, "Signature": grant.sign})
    url = f"http://{emulator.address}{PATH}"
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = (
        fetch("GET", f"{url}?{sent}")
        if method == "GET"
        else fetch("POST", url, sent.encode(), form)
    )
    assert json.loads(answer.body)["code"] == 0


async def test_sha256_signs_when_it_is_named(world: World, school: School) -> None:
    params = query(world, SignatureMethod="HmacSHA256")
    tom = await caller_of(world, school, "tom")
    grant = await world.application.legacy.videos.sign_query(tom, "GET", HOST, PATH, params)
    assert grant.sign == expected_sign("GET", params, "sha256")
    assert grant.signature_method == "HmacSHA256"


async def test_key_is_never_the_callers_to_name(world: World, school: School) -> None:
    tom = await caller_of(world, school, "tom")
    named = query(world, SecretId="AKIDsomebodyelses", Signature="x")
    grant = await world.application.legacy.videos.sign_query(tom, "GET", HOST, PATH, named)
    assert grant.sign == expected_sign("GET", query(world))


async def test_signature_is_a_lease_until_its_time_and_five_minutes(
    world: World, school: School
) -> None:
    tom = await caller_of(world, school, "tom")
    at = world.clock.unix - 100
    params = query(world, Timestamp=str(at))
    grant = await world.application.legacy.videos.sign_query(tom, "GET", HOST, PATH, params)
    assert int(grant.expires_at.timestamp()) == at + 300
    lease_id, rule, fingerprints, details = last_row(world, QUERY)
    assert lease_id == grant.lease_id
    assert rule == "a teacher, for an action that only reads"
    assert len(fingerprints) == 32
    assert details == {"resource": "GetVideoInfo", "expires_at": at + 300}
    lease = await world.application.leases.find_any(world.application.database.reader, lease_id)
    assert lease is not None
    assert (lease.kind, lease.state, lease.session_id) == ("video_query", "active", tom.session_id)
    assert (lease.expires_at, lease.renewable_until) == (grant.expires_at, None)


@pytest.mark.parametrize("seconds", [-299, 300])
async def test_time_within_five_minutes_is_signed(
    world: World, school: School, seconds: int
) -> None:
    tom = await caller_of(world, school, "tom")
    params = query(world, Timestamp=world.clock.unix + seconds)
    assert await world.application.legacy.videos.sign_query(tom, "GET", HOST, PATH, params)


@pytest.mark.parametrize("seconds", [-301, 302, -86_400, 86_400])
async def test_time_that_is_further_away_is_denied(
    world: World, school: School, seconds: int
) -> None:
    tom, rows = await caller_of(world, school, "tom"), world.raw_database.events()
    params = query(world, Timestamp=world.clock.unix + seconds)
    with pytest.raises(PermissionDenied):
        await world.application.legacy.videos.sign_query(tom, "GET", HOST, PATH, params)
    assert_nothing_was_given(world, rows)


@pytest.mark.parametrize("time", ["", "now", "-1", "1.5", -1, 2**40, "１２３"])
async def test_time_that_is_none_is_refused(world: World, school: School, time: object) -> None:
    tom, rows = await caller_of(world, school, "tom"), world.raw_database.events()
    with pytest.raises(InvalidRequest) as refusal:
        await world.application.legacy.videos.sign_query(
            tom, "GET", HOST, PATH, query(world, Timestamp=time)
        )
    assert [fault.field for fault in refusal.value.fields] == ["Timestamp"]
    assert_nothing_was_given(world, rows)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("cvm.api.qcloud.com", PATH),
        ("vod.api.qcloud.com:443", PATH),
        ("VOD.api.qcloud.com", PATH),
        ("vod.api.qcloud.com.", PATH),
        ("", PATH),
        (HOST, "/"),
        (HOST, "/v2/index.php/"),
        (HOST, "/v2/../v2/index.php"),
        (HOST, "/v2/index.php?Action=DeleteVodFile"),
        ("vod.api.qcloud", ".com/v2/index.php"),
    ],
)
async def test_only_the_video_service_is_signed_for(
    world: World, school: School, host: str, path: str
) -> None:
    tom, rows = await caller_of(world, school, "tom"), world.raw_database.events()
    with pytest.raises(PermissionDenied):
        await world.application.legacy.videos.sign_query(tom, "GET", host, path, query(world))
    assert_nothing_was_given(world, rows)


async def test_only_listed_actions_are_signed(open_with: Opener, school: School) -> None:
    async with open_with(legacy={"vod_actions": ["DescribeClass"]}) as world:
        tom = await caller_of(world, school, "tom")
        videos = world.application.legacy.videos
        with pytest.raises(PermissionDenied):
            await videos.sign_query(tom, "GET", HOST, PATH, query(world))
        listed = query(world, Action="DescribeClass")
        assert await videos.sign_query(tom, "GET", HOST, PATH, listed)


@pytest.mark.parametrize("name", ["Nonce", "Timestamp"])
async def test_query_that_the_cloud_would_not_take_is_denied(
    world: World, school: School, name: str
) -> None:
    tom, params = await caller_of(world, school, "tom"), query(world)
    del params[name]
    with pytest.raises(PermissionDenied, match=name):
        await world.application.legacy.videos.sign_query(tom, "GET", HOST, PATH, params)


# ── a signature for one upload ──────────────────────────────────────────────────────────────────


async def test_teacher_may_upload_one_video_within_an_hour(world: World, school: School) -> None:
    tom = await caller_of(world, school, "tom")
    grant = await world.application.legacy.videos.issue_upload_signature(tom)
    fields, now = read_upload_sign(grant.sign), world.clock.unix
    assert 0 <= int(fields.pop("random")) < 2**32
    assert fields == {
        "secretId": SECRET_ID,
        "currentTimeStamp": str(now),
        "expireTime": str(now + 3600),
        "oneTimeValid": "1",
    }
    assert grant.secret_id == SECRET_ID
    assert int(grant.expires_at.timestamp()) == now + 3600


async def test_upload_signature_is_a_lease(world: World, school: School) -> None:
    tom = await caller_of(world, school, "tom")
    grant = await world.application.legacy.videos.issue_upload_signature(tom)
    lease_id, rule, fingerprints, details = last_row(world, UPLOAD)
    assert (lease_id, rule) == (grant.lease_id, "a teacher, for one upload")
    assert len(fingerprints) == 32
    assert details == {"expires_at": world.clock.unix + 3600}
    lease = await world.application.leases.find_any(world.application.database.reader, lease_id)
    assert lease is not None
    assert (lease.kind, lease.state) == ("video_upload", "active")
    assert lease.expires_at == grant.expires_at


async def test_no_two_upload_signatures_are_the_same(world: World, school: School) -> None:
    tom = await caller_of(world, school, "tom")
    first = await world.application.legacy.videos.issue_upload_signature(tom)
    second = await world.application.legacy.videos.issue_upload_signature(tom)
    assert first.sign != second.sign


# ── for whom ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("identifier", ["amy", "anna", "root"])
async def test_nobody_but_a_teacher_is_served(
    world: World, school: School, identifier: str
) -> None:
    somebody = await caller_of(world, school, identifier)
    rows, videos = world.raw_database.events(), world.application.legacy.videos
    with pytest.raises(PermissionDenied):
        await videos.sign_query(somebody, "GET", HOST, PATH, query(world))
    with pytest.raises(PermissionDenied):
        await videos.issue_upload_signature(somebody)
    with pytest.raises(PermissionDenied):
        await videos.forward_query(somebody, "GET", query(world))
    # Nor answered what else would be wrong with it.
    with pytest.raises(PermissionDenied):
        await videos.forward_query(somebody, "PUT", {"Action": 1.5})
    assert_nothing_was_given(world, rows)


async def test_teacher_of_a_moment_ago_is_not_served(world: World, school: School) -> None:
    tina, videos = await caller_of(world, school, "tina"), world.application.legacy.videos
    await world.settle()
    world.raw_database.change("UPDATE accounts SET role = 'student' WHERE identifier = 'tina'")
    rows = world.raw_database.events()
    with pytest.raises(PermissionDenied):
        await videos.sign_query(tina, "GET", HOST, PATH, query(world))
    with pytest.raises(PermissionDenied):
        await videos.issue_upload_signature(tina)
    with pytest.raises(PermissionDenied):
        await videos.forward_query(tina, "GET", query(world))
    assert_nothing_was_given(world, rows)


async def test_session_that_ended_meanwhile_is_given_nothing(world: World, school: School) -> None:
    tom, videos = await caller_of(world, school, "tom"), world.application.legacy.videos
    await world.application.accounts.accounts.end_session(tom, tom.session_id)
    with pytest.raises(NotAuthenticated):
        await videos.sign_query(tom, "GET", HOST, PATH, query(world))
    with pytest.raises(NotAuthenticated):
        await videos.issue_upload_signature(tom)
    with pytest.raises(NotAuthenticated):
        await videos.forward_query(tom, "GET", query(world))


# ── its record ──────────────────────────────────────────────────────────────────────────────────


# What a trigger of each database raises.
_REFUSED = (IntegrityViolation, asyncpg.RaiseError)


async def test_without_a_record_nothing_is_signed(world: World, school: School) -> None:
    tom, videos = await caller_of(world, school, "tom"), world.application.legacy.videos
    rows = world.raw_database.events()
    await world.settle()
    world.raw_database.refuse_records("NEW.event LIKE 'video%'")
    with pytest.raises(_REFUSED):
        await videos.sign_query(tom, "GET", HOST, PATH, query(world))
    with pytest.raises(_REFUSED):
        await videos.issue_upload_signature(tom)
    with pytest.raises(_REFUSED):
        await videos.forward_query(tom, "GET", query(world))
    assert_nothing_was_given(world, rows)
    await world.settle()
    world.raw_database.take_records()
    assert await videos.issue_upload_signature(tom)


async def test_signatures_are_not_renewed(world: World, school: School) -> None:
    tom, videos = await caller_of(world, school, "tom"), world.application.legacy.videos
    signed = await videos.sign_query(tom, "GET", HOST, PATH, query(world))
    upload = await videos.issue_upload_signature(tom)
    for lease_id in (signed.lease_id, upload.lease_id):
        refused = await world.call("POST", f"/v1/leases/{lease_id}/renew", school.tokens["tom"])
        problem(refused, 409, "conflict", "lease_not_renewable")


async def test_leases_end_with_their_session(world: World, school: School) -> None:
    tom, videos = await caller_of(world, school, "tom"), world.application.legacy.videos
    signed = await videos.sign_query(tom, "GET", HOST, PATH, query(world))
    await world.application.accounts.accounts.end_session(tom, tom.session_id)
    assert world.raw_database.lease_state(signed.lease_id) == "ended"


async def test_chains_are_whole_and_hold_no_signature(world: World, school: School) -> None:
    tom, videos = await caller_of(world, school, "tom"), world.application.legacy.videos
    signed = await videos.sign_query(tom, "GET", HOST, PATH, query(world))
    upload = await videos.issue_upload_signature(tom)
    assert (await world.application.audit.verify()).faults == ()
    stored = world.raw_database.stored_bytes()
    assert signed.sign.encode() not in stored
    assert upload.sign.encode() not in stored
