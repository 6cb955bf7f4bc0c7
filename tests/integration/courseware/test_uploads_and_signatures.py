"""Courseware from announcement to download, and the seed's two calls, with the official client."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from qcloud_cos import CosServiceError
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Answer, Emulator, fetch
from tests.support.school import LIVE, PASSWORD, PDF, School
from tests.support.school_settings import APP_ID, BUCKET, REGION
from tests.support.uploads import (
    CONTENT,
    UPLOADS,
    complete,
    cos_client,
    open_upload,
    put,
    upload_whole,
)

# ── announcing ──────────────────────────────────────────────────────────────────────────────────


async def test_grant_is_answered_whole(world: World, school: School, emulator: Emulator) -> None:
    grant = await open_upload(world, school.tokens["tom"], file_name="第 1 课 slides.PDF")
    now = world.clock.unix
    assert set(grant.pop("credentials")) == {"tmpSecretId", "tmpSecretKey", "sessionToken"}
    upload_id, lease_id = grant.pop("upload_id"), grant.pop("lease_id")
    assert lease_id
    assert grant == {
        "bucket": BUCKET,
        "bucket_url": f"http://{emulator.address}",
        "region": REGION,
        "object_key": f"classes/{LIVE}/{upload_id}/Di_1_Ke_slides.PDF",
        "startTime": now,
        "expiredTime": now + 1800,
        "server_time": now,
        "refresh_after": now + 1440,
    }


@pytest.mark.parametrize(
    "body", [{"object_key": "a"}, {"key": "a"}, {"bucket": "b"}, {"upload_id": "u"}]
)
async def test_client_does_not_choose_the_key(
    world: World, school: School, body: dict[str, object]
) -> None:
    answer = await world.call("POST", UPLOADS, school.tokens["tom"], {**PDF, **body})
    problem(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("file_name", ""),
        ("file_name", "a/b.pdf"),
        ("file_name", "a\\b.pdf"),
        ("file_name", ".."),
        ("file_name", "a\x00.pdf"),
        ("file_name", "a\u202efdp.exe"),
        ("file_name", "a" * 256),
        ("size", 0),
        ("size", -1),
        ("size", True),
        ("size", 1.5),
        ("size", "5"),
        ("size", 2**63),
        ("size", 10**400),
        ("content_type", "text/html"),
        ("content_type", "image/svg+xml"),
        ("content_type", "application/pd\u212a"),
    ],
)
async def test_file_that_cannot_be_is_refused_by_field(
    world: World, school: School, field: str, value: object
) -> None:
    answer = await world.call("POST", UPLOADS, school.tokens["tom"], {**PDF, field: value})
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found.get("errors", [{"field": field}])] == [field]


@pytest.mark.parametrize("announced", ["", "application/vnd.ms-office", None])
async def test_type_that_says_nothing_is_derived_from_the_name(
    world: World, school: School, announced: str | None
) -> None:
    body = {"file_name": "教案.DOCX", "size": 5, "content_type": announced}
    if announced is None:
        del body["content_type"]
    answer = await world.call("POST", UPLOADS, school.tokens["tom"], body)
    assert answer.status_code == 201
    (stored,) = world.raw_database.query(
        "SELECT content_type FROM uploads ORDER BY created_at DESC LIMIT 1"
    )
    expected = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert stored == (expected,)


async def test_refused_type_names_the_accepted_extensions(
    open_with: Opener, school: School
) -> None:
    async with open_with(cos={"allowed_types": ["application/pdf", "image/jpeg"]}) as world:
        body = {**PDF, "file_name": "a.exe", "content_type": ""}
        answer = await world.call("POST", UPLOADS, school.tokens["tom"], body)
        (error,) = problem(answer, 400, "invalid_request")["errors"]
        assert error["field"] == "content_type"
        assert error["message"].endswith("accepted are .jfif, .jpe, .jpeg, .jpg, .pdf")


async def test_file_over_the_limit_is_too_large(open_with: Opener, school: School) -> None:
    async with open_with(cos={"max_size": 100}) as world:
        answer = await world.call("POST", UPLOADS, school.tokens["tom"], {**PDF, "size": 101})
        problem(answer, 413, "too_large")
        assert await open_upload(world, school.tokens["tom"], size=100)


# ── the keys are for one object ─────────────────────────────────────────────────────────────────


async def test_keys_put_the_one_object_and_no_other(
    world: World, school: School, emulator: Emulator
) -> None:
    grant = await open_upload(world, school.tokens["tom"])
    other = await open_upload(world, school.tokens["anna"])
    key = grant["object_key"]
    assert put(emulator, grant, key) == 200
    for refused in (other["object_key"], key + "x", key[:-1], f"classes/{LIVE}/", "a", f"{key}/a"):
        assert put(emulator, grant, refused) == 403


async def test_keys_neither_read_nor_delete_nor_list(
    world: World, school: School, emulator: Emulator
) -> None:
    grant = await open_upload(world, school.tokens["tom"])
    assert put(emulator, grant, grant["object_key"]) == 200
    client, where = cos_client(emulator, grant), {"Bucket": BUCKET, "Key": grant["object_key"]}
    calls: list[Callable[..., object]] = [
        client.get_object,
        client.head_object,
        client.delete_object,
    ]
    for call in calls:
        with pytest.raises(CosServiceError) as raised:
            call(**where)
        assert raised.value.get_status_code() == 403
    with pytest.raises(CosServiceError) as raised:
        client.list_multipart_uploads(Bucket=BUCKET)
    assert raised.value.get_status_code() == 403


async def test_keys_end_with_their_time(world: World, school: School, emulator: Emulator) -> None:
    grant = await open_upload(world, school.tokens["tom"])
    world.clock.advance(seconds=1800)
    assert put(emulator, grant, grant["object_key"]) == 403


@pytest.mark.parametrize("by", ["lease", "upload"])
async def test_renewed_keys_carry_the_upload_on(
    world: World, school: School, emulator: Emulator, by: str
) -> None:
    tom = school.tokens["tom"]
    grant = await open_upload(world, tom)
    world.clock.advance(seconds=1440)
    path = {
        "lease": f"/v1/leases/{grant['lease_id']}/renew",
        "upload": f"/v1/uploads/{grant['upload_id']}/credentials",
    }[by]
    answer = await world.call("POST", path, tom)
    assert answer.status_code == 200
    again = answer.json()
    assert set(again) == set(grant)
    assert {again[name] == grant[name] for name in ("upload_id", "object_key", "lease_id")} == {
        True
    }
    assert again["expiredTime"] == grant["expiredTime"] + 1440
    assert put(emulator, again, grant["object_key"]) == 200
    assert put(emulator, again, grant["object_key"] + "x") == 403
    assert world.raw_database.events()[-1] == "upload_credentials_renewed"


# ── arriving ────────────────────────────────────────────────────────────────────────────────────


async def test_upload_is_complete_when_the_store_has_it(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    grant = await open_upload(world, tom)
    early = await complete(world, tom, grant["upload_id"])
    assert "not arrived" in problem(early, 409, "conflict", "upload_not_in_store")["detail"]
    assert put(emulator, grant, grant["object_key"], b"another size") == 200
    other = await complete(world, tom, grant["upload_id"])
    problem(other, 409, "conflict", "upload_size_differs")
    assert put(emulator, grant, grant["object_key"]) == 200
    answer = await complete(world, tom, grant["upload_id"])
    assert answer.status_code == 200
    record = answer.json()
    assert record.pop("download_url").startswith(f"http://{emulator.address}/classes/{LIVE}/")
    assert record == {
        "id": grant["upload_id"],
        "file_name": "函数.pdf",
        "size": 5,
        "content_type": "application/pdf",
        "created_at": world.clock.unix,
        "uploaded_by": {"identifier": "tom", "display_name": "tom"},
        "download_expires_at": world.clock.unix + 3600,
    }


async def test_completing_twice_is_one_completion(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    grant = await open_upload(world, tom)
    put(emulator, grant, grant["object_key"])
    calls = [complete(world, tom, grant["upload_id"]) for _ in range(5)]
    answers = await asyncio.gather(*calls)
    answers.append(await complete(world, tom, grant["upload_id"]))
    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1
    assert world.raw_database.events().count("upload_completed") == 1


async def test_nothing_more_is_given_for_an_upload_that_is_over(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    done, given_up = await open_upload(world, tom), await open_upload(world, tom)
    put(emulator, done, done["object_key"])
    assert (await complete(world, tom, done["upload_id"])).status_code == 200
    path = f"/v1/uploads/{given_up['upload_id']}"
    assert (await world.call("DELETE", path, tom)).status_code == 204
    assert (await world.call("DELETE", path, tom)).status_code == 204
    assert world.raw_database.events().count("upload_abandoned") == 1
    given = world.raw_database.given()
    for grant in (done, given_up):
        assert world.raw_database.lease_state(grant["lease_id"]) == "ended"
        for renewal in (
            f"/v1/uploads/{grant['upload_id']}/credentials",
            f"/v1/leases/{grant['lease_id']}/renew",
        ):
            problem(await world.call("POST", renewal, tom), 409, "conflict")
    assert world.raw_database.given() == given
    late = await complete(world, tom, given_up["upload_id"])
    problem(late, 409, "conflict", "upload_closed")
    late = await world.call("DELETE", f"/v1/uploads/{done['upload_id']}", tom)
    problem(late, 409, "conflict", "upload_complete")


async def test_who_may_upload_no_longer_completes_nothing(
    world: World, school: School, emulator: Emulator
) -> None:
    anna = school.tokens["anna"]
    grant = await open_upload(world, anna)
    put(emulator, grant, grant["object_key"])
    body = {"role": "student"}
    await world.call("PUT", f"/v1/classrooms/{LIVE}/members/anna", school.tokens["tom"], body)
    problem(await complete(world, anna, grant["upload_id"]), 403, "permission_denied")


# ── downloading ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["函数.pdf", 'a b;c="d".pdf', "100%.pdf", "it's.pdf", "a&b?.html"])
async def test_file_opens_with_a_plain_client_as_an_attachment_of_its_name(
    world: World, school: School, emulator: Emulator, name: str
) -> None:
    await upload_whole(world, emulator, school.tokens["tom"], name)
    listed = await world.call("GET", f"/v1/classrooms/{LIVE}/courseware", school.tokens["amy"])
    (item,) = listed.json()["items"]
    reply = fetch("GET", item["download_url"])
    assert (reply.status, reply.body) == (200, CONTENT)
    disposition = reply.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    assert disposition.endswith(f"; filename*=UTF-8''{quote(name, safe='')}")
    assert item["file_name"] == name


async def test_download_address_ends_and_cannot_be_turned_to_another_file(
    world: World, school: School, emulator: Emulator
) -> None:
    record = await upload_whole(world, emulator, school.tokens["tom"], "a.pdf")
    other = await upload_whole(world, emulator, school.tokens["tom"], "b.pdf")
    url = record["download_url"]
    turned = url.replace(record["id"], other["id"]).replace("a.pdf", "b.pdf", 1)
    assert fetch("GET", turned).status == 403
    assert fetch("DELETE", url).status == 403
    assert fetch("PUT", url, b"x").status == 403
    inline = url.replace("attachment", "inline")
    assert inline != url
    assert fetch("GET", inline).status == 403
    world.clock.advance(seconds=3601)
    assert fetch("GET", url).status == 403


async def test_files_are_listed_newest_first_in_pages(
    world: World, school: School, emulator: Emulator
) -> None:
    for name in ("1.pdf", "2.pdf", "3.pdf"):
        await upload_whole(world, emulator, school.tokens["tom"], name)
        world.clock.advance(seconds=1)
    await open_upload(world, school.tokens["tom"])  # not arrived: not listed
    path, amy = f"/v1/classrooms/{LIVE}/courseware?limit=2", school.tokens["amy"]
    page = (await world.call("GET", path, amy)).json()
    assert [each["file_name"] for each in page["items"]] == ["3.pdf", "2.pdf"]
    page = (await world.call("GET", f"{path}&cursor={page['next_cursor']}", amy)).json()
    assert [each["file_name"] for each in page["items"]] == ["1.pdf"]
    assert page["next_cursor"] is None
    assert page["items"][0]["uploaded_by"] == {"identifier": "tom", "display_name": "tom"}


async def test_file_of_a_deleted_account_is_nobodys(
    world: World, school: School, emulator: Emulator
) -> None:
    tom, root = school.tokens["tom"], school.tokens["root"]
    await upload_whole(world, emulator, school.tokens["anna"], "1.pdf")
    deleted = await world.call("DELETE", "/v1/admin/accounts/anna", root)
    assert deleted.status_code == 204, deleted.text
    (item,) = (await world.call("GET", f"/v1/classrooms/{LIVE}/courseware", tom)).json()["items"]
    assert item["uploaded_by"] is None


# ── the seed's call once before class ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("content", [b"", b"{}", b'{"prefix": "/"}', b"not json"])
async def test_folder_credentials_need_no_body_and_take_nothing_from_one(
    world: World, school: School, content: bytes
) -> None:
    path = f"/v1/classrooms/{LIVE}/upload-credentials"
    answer = await world.call("POST", path, school.tokens["tom"], content=content)
    assert answer.status_code == 200
    grant = answer.json()
    assert grant["prefix"] == f"classes/{LIVE}/{grant['lease_id']}/"
    assert not {"upload_id", "object_key"} & set(grant)


async def test_folder_credentials_reach_their_folder_alone(
    world: World, school: School, emulator: Emulator
) -> None:
    path = f"/v1/classrooms/{LIVE}/upload-credentials"
    grant = (await world.call("POST", path, school.tokens["anna"])).json()
    other = (await world.call("POST", path, school.tokens["anna"])).json()
    assert other["prefix"] != grant["prefix"]
    assert put(emulator, grant, grant["prefix"] + "1.pdf") == 200
    assert put(emulator, grant, grant["prefix"] + "deep/2.pdf") == 200
    for refused in (other["prefix"] + "1.pdf", grant["prefix"][:-1], f"classes/{LIVE}/1.pdf", "1"):
        assert put(emulator, grant, refused) == 403
    answer = await world.call(
        "POST", f"/v1/leases/{grant['lease_id']}/renew", school.tokens["anna"]
    )
    again = answer.json()
    assert again["prefix"] == grant["prefix"]
    assert put(emulator, again, grant["prefix"] + "3.pdf") == 200
    assert put(emulator, again, other["prefix"] + "3.pdf") == 403


# ── the seed's signature ────────────────────────────────────────────────────────────────────────

DIRECT = f"/classes/{LIVE}/direct/"


async def sign(world: World, token: str, **body: object) -> dict[str, Any]:
    body = {"type": "single_use", "file_path": f"{DIRECT}a.pdf", **body}
    answer = await world.call("POST", "/v1/cos/signature", token, body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def v4_upload(url: str, signature: str, content: bytes = CONTENT) -> Answer:
    """As the document of the JSON API has it: a form with op and filecontent."""
    boundary = "6f2b7c"
    parts = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {"op": "upload", "insertOnly": "0"}.items()
    )
    parts += f'--{boundary}\r\nContent-Disposition: form-data; name="filecontent"'.encode()
    body = parts + b'; filename="a"\r\n\r\n' + content + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Authorization": signature,
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    return fetch("POST", url, body, headers)


async def test_signature_is_answered_whole(
    world: World, school: School, emulator: Emulator
) -> None:
    grant = await sign(world, school.tokens["tom"], type="reusable")
    assert grant.pop("sign")
    assert grant == {
        "type": "reusable",
        "bucket": BUCKET,
        "file_path": f"{DIRECT}a.pdf",
        "region": REGION,
        "cloud_app_id": APP_ID,
        "upload_url": f"http://{emulator.address}/files/v2/{APP_ID}/courseware{DIRECT}a.pdf",
        "expires_at": world.clock.unix + 3600,
    }


@pytest.mark.parametrize("kind", ["single_use", 0])
async def test_single_use_signature_uploads_once(
    world: World, school: School, emulator: Emulator, kind: object
) -> None:
    grant = await sign(world, school.tokens["tom"], type=kind)
    assert (grant["type"], grant["expires_at"]) == ("single_use", None)
    assert v4_upload(grant["upload_url"], grant["sign"]).status == 200
    assert v4_upload(grant["upload_url"], grant["sign"], b"again").status != 200


@pytest.mark.parametrize("kind", ["reusable", 1])
async def test_reusable_signature_uploads_until_it_expires(
    world: World, school: School, emulator: Emulator, kind: object
) -> None:
    grant = await sign(world, school.tokens["tom"], type=kind)
    assert grant["type"] == "reusable"
    assert v4_upload(grant["upload_url"], grant["sign"]).status == 200
    assert v4_upload(grant["upload_url"], grant["sign"], b"again").status == 200
    world.clock.advance(seconds=3601)
    assert v4_upload(grant["upload_url"], grant["sign"], b"late").status != 200


@pytest.mark.parametrize("kind", ["single_use", "reusable"])
async def test_signature_is_good_for_its_name_alone(
    world: World, school: School, emulator: Emulator, kind: str
) -> None:
    grant = await sign(world, school.tokens["tom"], type=kind)
    for name in ("b.pdf", "a.pdf2", "a.pdf/b", "../a.pdf"):
        url = grant["upload_url"].replace("a.pdf", name)
        assert v4_upload(url, grant["sign"]).status != 200


async def test_reusable_signature_ends_with_the_class(world: World, school: School) -> None:
    ends_at, tom = world.clock.unix + 600, school.tokens["tom"]
    await world.call("PATCH", f"/v1/classrooms/{LIVE}", tom, {"ends_at": ends_at})
    grant = await sign(world, tom, type="reusable")
    assert grant["expires_at"] == ends_at + 1800


async def test_two_signatures_for_one_name_differ(world: World, school: School) -> None:
    assert len({(await sign(world, school.tokens["tom"]))["sign"] for _ in range(20)}) == 20


@pytest.mark.parametrize("bucket", [BUCKET, "courseware", None])
async def test_bucket_may_be_named_with_or_without_the_app_id(
    world: World, school: School, bucket: str | None
) -> None:
    assert (await sign(world, school.tokens["tom"], bucket=bucket))["bucket"] == BUCKET


@pytest.mark.parametrize(
    "bucket", ["", "other", "courseware-1250000001", "courseware-", "COURSEWARE"]
)
async def test_another_bucket_is_refused(world: World, school: School, bucket: str) -> None:
    body = {"type": 0, "file_path": f"{DIRECT}a.pdf", "bucket": bucket}
    answer = await world.call("POST", "/v1/cos/signature", school.tokens["tom"], body)
    assert problem(answer, 400, "invalid_request")["errors"][0]["field"] == "bucket"


@pytest.mark.parametrize("kind", [2, -1, True, False, "0", "1", None, "SINGLE_USE", 1.0, 0.0, [0]])
async def test_other_types_of_signature_are_refused(
    world: World, school: School, kind: object
) -> None:
    body = {"type": kind, "file_path": f"{DIRECT}a.pdf"}
    answer = await world.call("POST", "/v1/cos/signature", school.tokens["tom"], body)
    problem(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        f"classes/{LIVE}/direct/a.pdf",
        f"/classes/{LIVE}/direct",
        f"/classes/{LIVE}/direct/",
        f"/classes/{LIVE}/direct/a/",
        f"/classes/{LIVE}/direct//a",
        f"//classes/{LIVE}/direct/a",
        f"/classes/{LIVE}/direct/../a",
        f"/classes/{LIVE}/direct/./a",
        f"/classes/{LIVE}/direct/...",
        f"/classes/{LIVE}/direct/a/../../../2/direct/a",
        f"/classes/{LIVE}/direct/a&b=c",
        f"/classes/{LIVE}/direct/a%2f..%2fb",
        f"/classes/{LIVE}/direct/a%00",
        f"/classes/{LIVE}/direct/a\x00",
        f"/classes/{LIVE}/direct/a\n",
        f"/classes/{LIVE}/direct/a b",
        f"/classes/{LIVE}/direct/*",
        f"/classes/{LIVE}/direct/a?b",
        f"/classes/{LIVE}/direct/a#b",
        f"/classes/{LIVE}/direct/课件.pdf",
        f"/classes/{LIVE}/direct/" + "a" * 500,
        f"/classes/{LIVE}/DIRECT/a",
        f"/classes/{LIVE}/a",
        f"/classes/{LIVE}/u0123456789/a",
        f"/classes/0{LIVE}/direct/a",
        "/classes/0/direct/a",
        "/classes/-1/direct/a",
        "/classes/１/direct/a",
        "/classes/x/direct/a",
        "/classes/*/direct/a",
        "/direct/a",
    ],
)
async def test_path_that_is_not_one_whole_name_below_direct_is_refused(
    world: World, school: School, path: str
) -> None:
    given = world.raw_database.given()
    body = {"type": 0, "file_path": path}
    answer = await world.call("POST", "/v1/cos/signature", school.tokens["tom"], body)
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == ["file_path"]
    assert world.raw_database.given() == given


@pytest.mark.parametrize(("number", "status"), [(3, 409), (99, 404), (9999999999, 404)])
async def test_signature_for_another_class_is_decided_by_that_class(
    world: World, school: School, number: int, status: int
) -> None:
    body = {"type": 0, "file_path": f"/classes/{number}/direct/a.pdf"}
    answer = await world.call("POST", "/v1/cos/signature", school.tokens["tom"], body)
    problem(answer, status, "conflict" if status == 409 else "not_found")


async def test_signature_is_recorded_with_what_it_covers(world: World, school: School) -> None:
    await sign(world, school.tokens["anna"], type=0)
    ((event, rule, details),) = world.raw_database.query(
        "SELECT event, rule, details FROM audit_rows ORDER BY at DESC, seq DESC LIMIT 1"
    )
    assert event == "cos_signature_issued"
    assert rule.startswith("assistant of the class")
    assert json.loads(details) == {
        "resource": f"classes/{LIVE}/direct/a.pdf",
        "expires_at": None,
        "type": "single_use",
    }


async def test_an_open_upload_outlives_the_session_that_opened_it_but_its_lease_does_not(
    world: World, school: School
) -> None:
    upload, lease = school.uploads[LIVE, "tom"], school.upload_leases[LIVE, "tom"]
    assert (
        await world.call("DELETE", "/v1/sessions/current", school.tokens["tom"])
    ).status_code == 204
    fresh = await world.log_in("tom", PASSWORD)
    renewed = await world.call("POST", f"/v1/leases/{lease}/renew", fresh)
    problem(renewed, 409, "conflict", "lease_ended")
    answer = await world.call("POST", f"/v1/uploads/{upload}/credentials", fresh)
    assert answer.status_code == 200, answer.text
    assert answer.json()["upload_id"] == upload
    assert answer.json()["lease_id"] != lease
    assert world.raw_database.lease_state(answer.json()["lease_id"]) == "active"
