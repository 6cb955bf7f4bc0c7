"""Whoever is no teacher any more has lost the host's rights, whatever they became."""

import asyncio

import pytest
from tests.support.cloud_proxy import cloud_proxy_before
from tests.support.harness import Opener, World, problem
from tests.support.legacy_client import legacy_client
from tests.support.presence_driver import PresenceDriver
from tests.support.running_emulator import Emulator
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, PDF, School

from classgate.accounts.models import AccountRole

NO_TEACHER = pytest.mark.parametrize("role", ["admin", "student"])
NUMBERS = (LIVE, CREATED, ENDED, OPEN)


async def become(world: World, school: School, role: str, identifier: str = "tom") -> None:
    """An admin gives somebody another role, which ends their sessions."""
    path = f"/v1/admin/accounts/{identifier}"
    answer = await world.call("PATCH", path, school.tokens["root"], {"role": role})
    assert answer.status_code == 200, answer.text


async def tom_as(world: World, school: School, role: str) -> str:
    """The host, who got another role and logged in again."""
    await become(world, school, role)
    return await world.log_in("tom", PASSWORD)


def of_a_host(school: School) -> list[tuple[str, str, object]]:
    """What a host may do in their classes and an admin as such may not."""
    upload = school.uploads[LIVE, "tom"]
    signature = {"type": "reusable", "file_path": f"/classes/{LIVE}/direct/a.pdf"}
    return [
        ("POST", f"/v1/classrooms/{LIVE}/entry", None),
        ("POST", f"/v1/classrooms/{OPEN}/entry", None),
        ("POST", f"/v1/classrooms/{CREATED}/start", None),
        ("POST", f"/v1/classrooms/{LIVE}/heartbeat", None),
        ("POST", f"/v1/classrooms/{LIVE}/uploads", PDF),
        ("POST", f"/v1/classrooms/{LIVE}/upload-credentials", None),
        ("POST", "/v1/cos/signature", signature),
        ("POST", "/v1/cos/signature", {**signature, "type": "single_use"}),
        ("POST", f"/v1/uploads/{upload}/credentials", None),
        ("POST", f"/v1/uploads/{upload}/complete", None),
        ("POST", f"/v1/leases/{school.leases[LIVE, 'tom']}/renew", None),
        ("POST", f"/v1/leases/{school.upload_leases[LIVE, 'tom']}/renew", None),
    ]


@NO_TEACHER
async def test_who_is_no_teacher_any_more_gets_nothing_in_their_classes(
    world: World, school: School, role: str
) -> None:
    token = await tom_as(world, school, role)
    given, leases = world.raw_database.given(), world.raw_database.open_leases()
    for method, path, body in of_a_host(school):
        answer = await world.call(method, path, token, body)
        assert answer.status_code == 403, (path, answer.text)
        problem(answer, 403, "permission_denied")
    assert (world.raw_database.given(), world.raw_database.open_leases()) == (given, leases)


@NO_TEACHER
async def test_what_was_given_to_the_host_ends_with_the_role(
    world: World, school: School, role: str
) -> None:
    tom = school.tokens["tom"]
    signature = {"type": "reusable", "file_path": f"/classes/{LIVE}/direct/a.pdf"}
    folder = await world.call("POST", f"/v1/classrooms/{LIVE}/upload-credentials", tom)
    assert folder.status_code == 200, folder.text
    assert (await world.call("POST", "/v1/cos/signature", tom, signature)).status_code == 200
    await become(world, school, role)
    held = "SELECT count(*) FROM leases JOIN accounts ON accounts.account_id = leases.account_id"
    still = world.raw_database.query(f"{held} WHERE identifier = 'tom' AND leases.state != 'ended'")
    assert still == [(0,)]
    assert world.raw_database.lease_state(folder.json()["lease_id"]) == "ended"
    assert world.raw_database.lease_state(school.leases[LIVE, "anna"]) == "active"


async def test_host_who_became_an_admin_administers_their_class_as_any_admin(
    world: World, school: School
) -> None:
    token = await tom_as(world, school, "admin")
    path = f"/v1/classrooms/{LIVE}"
    calls: list[tuple[str, str, object, int]] = [
        ("GET", path, None, 200),
        ("GET", f"{path}/members", None, 200),
        ("PATCH", path, {"title": "几何"}, 200),
        ("PUT", f"{path}/members/amy", {"role": "assistant"}, 200),
        ("POST", f"{path}/members/amy/kick", None, 204),
        ("PUT", f"/v1/classrooms/{CREATED}/host", {"identifier": "tina"}, 200),
        ("POST", f"{path}/end", None, 200),
    ]
    for method, where, body, status in calls:
        answer = await world.call(method, where, token, body)
        assert answer.status_code == status, (where, answer.text)


async def test_host_who_became_a_student_neither_reads_nor_runs_the_class(
    world: World, school: School
) -> None:
    token = await tom_as(world, school, "student")
    path = f"/v1/classrooms/{LIVE}"
    for method, where, body in (
        ("GET", path, None),
        ("GET", f"{path}/members", None),
        ("GET", f"{path}/attendance", None),
        ("GET", f"{path}/courseware", None),
        ("PATCH", path, {"title": "x"}),
        ("POST", f"{path}/end", None),
        ("POST", f"{path}/members/amy/kick", None),
        ("PUT", f"{path}/host", {"identifier": "tina"}),
    ):
        problem(await world.call(method, where, token, body), 403, "permission_denied")


@pytest.mark.parametrize(
    ("role", "listed"), [("teacher", set(NUMBERS)), ("student", {OPEN}), ("admin", set(NUMBERS))]
)
async def test_list_shows_what_may_be_read(
    world: World, school: School, role: str, listed: set[int]
) -> None:
    token = school.tokens["tom"] if role == "teacher" else await tom_as(world, school, role)
    answer = await world.call("GET", "/v1/classrooms", token)
    assert {each["classroom_id"] for each in answer.json()["items"]} == listed


@NO_TEACHER
async def test_teacher_again_is_host_again_with_nothing_of_before(
    world: World, school: School, role: str
) -> None:
    await become(world, school, role)
    await become(world, school, "teacher")
    token = await world.log_in("tom", PASSWORD)
    renewal = f"/v1/leases/{school.leases[LIVE, 'tom']}/renew"
    problem(await world.call("POST", renewal, token), 409, "conflict")
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", token)
    assert answer.json()["privilege_map"] == 255


@NO_TEACHER
async def test_class_goes_on_with_the_host_whom_an_admin_names(
    world: World, school: School, role: str
) -> None:
    """Who lost the rights leaves the roster: an assistant's rights are no consolation."""
    token = await tom_as(world, school, role)
    path = f"/v1/classrooms/{LIVE}"
    answer = await world.call("PUT", f"{path}/host", school.tokens["root"], {"identifier": "tina"})
    assert answer.json()["host"] == "tina"
    listed = await world.call("GET", f"{path}/members", school.tokens["root"])
    assert "tom" not in {each["identifier"] for each in listed.json()["items"]}
    assert (await world.call("POST", f"{path}/entry", token)).status_code in {403, 404}
    entered = await world.call("POST", f"{path}/entry", school.tokens["tina"])
    assert entered.json()["privilege_map"] == 255


@NO_TEACHER
async def test_live_class_whose_host_lost_the_permissions_ends_unless_another_is_named(
    world: World, school: School, role: str
) -> None:
    driver = PresenceDriver(world)
    await driver.tick()
    await driver.enter(LIVE, school.tokens["tom"])
    token = await tom_as(world, school, role)
    for _ in range(60):  # refused heartbeats are not recorded
        answer = await world.call("POST", f"/v1/classrooms/{LIVE}/heartbeat", token)
        assert answer.status_code == 403
        await driver.run(5)
    assert driver.state(LIVE) == "ended"


@NO_TEACHER
async def test_role_that_changes_while_the_cloud_is_asked_stops_the_gift(
    open_with: Opener, school: School, emulator: Emulator, role: str
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        proxy.hold()
        path, tom = f"/v1/classrooms/{LIVE}/uploads", school.tokens["tom"]
        asking = asyncio.create_task(world.call("POST", path, tom, PDF))
        await asyncio.wait_for(proxy.arrived.wait(), 30)
        await become(world, school, role)
        given = world.raw_database.given()
        proxy.release()
        problem(await asking, 401, "not_authenticated")
        assert world.raw_database.given() == given


@pytest.mark.parametrize("role", ["teacher", "admin", "student"])
async def test_assistant_of_any_account_role_assists(
    world: World, school: School, role: str
) -> None:
    """Only the host's place asks for a teacher."""
    await become(world, school, role, "sam")
    token = await world.log_in("sam", PASSWORD)
    path = f"/v1/classrooms/{LIVE}"
    await world.call("PUT", f"{path}/members/sam", school.tokens["tom"], {"role": "assistant"})
    answer = await world.call("POST", f"{path}/entry", token)
    assert answer.json()["privilege_map"] == 254
    assert (await world.call("POST", f"{path}/uploads", token, PDF)).status_code == 201
    problem(
        await world.call("POST", f"/v1/classrooms/{CREATED}/start", token),
        *((403, "permission_denied") if role == "admin" else (404, "not_found")),
    )


@NO_TEACHER
async def test_command_line_takes_the_rights_as_the_api_does(
    world: World, school: School, role: str
) -> None:
    await world.application.accounts.administration.change(None, "TOM", role=AccountRole(role))
    token = await world.log_in("tom", PASSWORD)
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", token)
    problem(answer, 403, "permission_denied")


# ── the legacy API ─────────────────────────────────────────────────────────────────


async def test_old_clients_lose_host_permissions_by_the_same_rule(open_with: Opener) -> None:
    async with legacy_client(open_with) as client:
        created, live = [await client.make_class("tess", state) for state in (0, 1)]
        file = {"type": 0, "file_name": "a", "url": "https://files.test/a"}
        bound = {"roomnum": live, "operate": 0, "bind_file": file}
        await client.data("live/reportbind", "tess", **bound)
        client.world.raw_database.change(  # as if another teacher had bound it, as an assistant
            "UPDATE bindings SET account_id ="
            " (SELECT account_id FROM accounts WHERE identifier = ?)",
            "ted",
        )
        page = {"roomnum": live, "index": 0, "size": 10}
        assert (await client.data("live/querybind", "tess", **page))["total"] == 1
        await client.world.application.accounts.administration.change(
            None, "tess", role=AccountRole.STUDENT
        )
        assert await client.code("live/heartbeat", "tess", roomnum=live) == 10009
        await client.log_in("tess")
        path = {"type": 1, "file_path": f"/classes/{live}/a.pdf"}
        for command, fields in (
            ("live/create", {"title": "x", "cover": ""}),
            ("live/startcourse", {"roomnum": created}),
            ("live/exitroom", {"roomnum": live}),
            ("live/heartbeat", {"roomnum": live}),
            ("live/reportmemid", {"roomnum": live, "operate": 0}),
            ("live/reportbind", bound),
            ("cos/get_sign", path),
        ):
            assert await client.code(command, "tess", **fields) == 10101, command
        assert (await client.data("live/querybind", "tess", **page))["total"] == 0


async def test_who_became_an_admin_is_out_of_the_legacy_api(open_with: Opener) -> None:
    async with legacy_client(open_with) as client:
        live = await client.make_class("tess", 1)
        await client.world.application.accounts.administration.change(
            None, "tess", role=AccountRole.ADMIN
        )
        assert await client.code("live/heartbeat", "tess", roomnum=live) == 10009
        assert await client.code("live/exitroom", "tess", roomnum=live) == 10009
        assert await client.code("account/login", id="tess", pwd="1000") == 10101


async def test_old_clients_start_a_planned_class_no_earlier_than_the_host_may_enter(
    open_with: Opener,
) -> None:
    """Their own classes have no planned start, and may be started at once."""
    async with legacy_client(open_with) as client:
        world = client.world
        token = await world.log_in("tess", "1000")
        planned = {"title": "x", "starts_at": world.clock.unix + 3600}
        made = await world.call("POST", "/v1/classrooms", token, planned)
        number = made.json()["classroom_id"]
        assert await client.code("live/startcourse", "tess", roomnum=number) == 10102
        world.clock.advance(seconds=1800)
        assert await client.code("live/startcourse", "tess", roomnum=number) == 0
        assert await client.make_class("tess", 1) > number
