"""A name that only looks like somebody's, or folds to it, is nobody's at every entrance."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.legacy_client import PATH_SECRET, legacy_client
from tests.support.school import CREATED, LIVE, PASSWORD, School

from classgate.accounts.models import AccountRole, NewAccount
from classgate.errors import (
    AccountNotFound,
    InvalidIdentifier,
)

# Of `sam` and `kim`, who are there: letters that fold to `s` and `k`, or become them in NFKC; and
# what is around a name where a rule is loosely written.
LOOKALIKES = [
    "ſam",
    "\u212aim",
    "SAM\u0130",
    "ｓａｍ",
    "𝐬am",
    "sam\n",
    "sam ",
    " sam",
    "sam\u200b",
    "sam\u0301",
    "\ufeffsam",
]
EACH = pytest.mark.parametrize("name", LOOKALIKES, ids=ascii)


def in_path(name: str) -> str:
    return quote(name, safe="")


async def rows_of(world: World) -> Sequence[Any]:
    """Everything that a call about another account could have changed."""
    accounts = "SELECT identifier, role, disabled, password_hash FROM accounts ORDER BY account_id"
    places = (
        "SELECT classroom_id, account_id, role, kicked_at FROM memberships"
        " ORDER BY classroom_id, account_id"
    )
    return [*world.raw_database.query(accounts), *world.raw_database.query(places)]


@EACH
async def test_calls_that_name_somebody_find_nobody(
    world: World, school: School, name: str
) -> None:
    tom, root = school.tokens["tom"], school.tokens["root"]
    member = f"/v1/classrooms/{LIVE}/members/{in_path(name)}"
    account = f"/v1/admin/accounts/{in_path(name)}"
    calls: list[tuple[str, str, str, object]] = [
        ("PUT", member, tom, {"role": "student"}),
        ("POST", f"{member}/kick", tom, None),
        ("DELETE", member, tom, None),
        ("PUT", f"/v1/classrooms/{CREATED}/host", root, {"identifier": name}),
        ("PATCH", account, root, {"role": "teacher"}),
        ("PATCH", account, root, {"disabled": True}),
        ("DELETE", account, root, None),
        ("GET", f"/v1/admin/audit?identifier={in_path(name)}", root, None),
    ]
    before = await rows_of(world)
    for method, path, token, body in calls:
        problem(await world.call(method, path, token, body), 404, "not_found")
    assert await rows_of(world) == before


@EACH
async def test_class_is_not_made_with_such_a_member(
    world: World, school: School, name: str
) -> None:
    body = {"title": "x", "members": [{"identifier": name, "role": "student"}]}
    answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == ["members[0].identifier"]


async def test_name_and_lookalike_are_not_taken_for_one_listed_twice(
    world: World, school: School
) -> None:
    members = [{"identifier": name, "role": "student"} for name in ("sam", "ſam", "SAM")]
    answer = await world.call(
        "POST", "/v1/classrooms", school.tokens["tom"], {"title": "x", "members": members}
    )
    found = problem(answer, 400, "invalid_request")["errors"]
    assert [each["field"] for each in found] == [
        "members[1].identifier",
        "members[2].identifier",
    ]
    assert found[0]["message"].startswith("there is no account")
    assert found[1]["message"].endswith("is listed twice")


@pytest.mark.parametrize("name", ["ſky", "s\u212ay", "ｓky", "sky\n"], ids=ascii)
async def test_list_by_host_shows_nothing(world: World, school: School, name: str) -> None:
    await world.application.accounts.administration.add(
        None, NewAccount("sky", PASSWORD, AccountRole.TEACHER)
    )
    token = await world.log_in("sky", PASSWORD)
    await world.call("POST", "/v1/classrooms", token, {"title": "x"})

    async def listed(host: str) -> int:
        answer = await world.call("GET", f"/v1/classrooms?host={in_path(host)}", token)
        return len(answer.json()["items"])

    assert await listed("SKY") == 1
    assert await listed(name) == 0


@EACH
async def test_such_a_name_neither_registers_nor_logs_in(open_with: Opener, name: str) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        for path in ("/v1/accounts", "/v1/sessions"):
            body = {"identifier": name, "password": PASSWORD}
            found = problem(await world.call("POST", path, body=body), 400, "invalid_request")
            assert [each["field"] for each in found["errors"]] == ["identifier"]


@EACH
async def test_failures_under_such_a_name_slow_down_nobody(world: World, name: str) -> None:
    body = {"identifier": name, "password": "a wrong guess"}
    for _ in range(12):
        await world.call("POST", "/v1/sessions", body=body)
    assert await world.log_in("sam", PASSWORD)


@EACH
async def test_bulk_import_makes_no_such_account(world: World, school: School, name: str) -> None:
    one = {"identifier": name, "password": PASSWORD, "role": "student"}
    answer = await world.call(
        "POST", "/v1/admin/accounts", school.tokens["root"], {"accounts": [one]}
    )
    (result,) = answer.json()["results"]
    assert (result["status"], result["code"]) == ("failed", "invalid_request")


@EACH
async def test_command_line_finds_nobody_either(world: World, school: School, name: str) -> None:
    administration, before = world.application.accounts.administration, await rows_of(world)
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: administration.change(None, name, role=AccountRole.ADMIN),
        lambda: administration.change(None, name, disabled=True),
        lambda: administration.reset_password(None, name, "another long sentence"),
        lambda: administration.read_audit(None, name, None, None, None, 20),
        lambda: world.application.account_deletion.delete_account(None, name),
    ]
    for call in calls:
        with pytest.raises(AccountNotFound):
            await call()
    with pytest.raises(InvalidIdentifier):
        await administration.add(None, NewAccount(name, PASSWORD, AccountRole.STUDENT))
    assert await rows_of(world) == before


async def test_null_in_a_name_is_no_name(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    path = f"/v1/classrooms/{LIVE}/members/sam%00"
    problem(await world.call("PUT", path, tom, {"role": "student"}), 404, "not_found")
    with pytest.raises(AccountNotFound):
        await world.application.accounts.administration.change(None, "sam\0", disabled=True)


# ── the legacy API ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["ſtu", "ｓtu", "stu\n", "stu ", "ſTU"], ids=ascii)
async def test_old_clients_find_nobody_by_such_a_name(open_with: Opener, name: str) -> None:
    async with legacy_client(open_with, reveal_unknown_account=True) as client:
        number = await client.make_class("tess", 1)
        assert await client.code("account/login", id=name, pwd="1000") == 10005
        assert await client.code("account/regist", id=name, pwd="1000", role=0) == 10003
        page = {"index": 0, "size": 10}
        assert await client.code("live/roomlist", "tess", host_uid=name, **page) == 10005
        userid = quote(base64.b64encode(name.encode()).decode(), safe="")
        body = {
            "event_type": 100,
            "stream_id": "s",
            "video_id": "v",
            "video_url": "https://v.test/v",
            "stream_param": f"groupid={number}&userid={userid}",
            **dict.fromkeys(
                ("start_time", "end_time", "media_start_time", "file_size", "duration"), 1
            ),
        }
        await client.send("live/reccall", body, f"/{PATH_SECRET}/index.php")
        assert client.world.raw_database.query("SELECT count(*) FROM recordings") == [(0,)]


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────

# What `int` reads as 1, and what is no number of a class.
LIKE_ONE = ["١", "１", "𝟏", "1_0", " 1", "1 ", "+1", "01", "1\n", "1.0", "0x1", "²"]


@pytest.mark.parametrize("text", LIKE_ONE, ids=ascii)
async def test_class_of_a_path_is_named_by_ascii_digits_alone(
    world: World, school: School, text: str
) -> None:
    path = f"/v1/classrooms/{in_path(text)}"
    for method, where in (("GET", path), ("POST", f"{path}/entry"), ("POST", f"{path}/heartbeat")):
        problem(await world.call(method, where, school.tokens["tom"]), 404, "not_found")


@pytest.mark.parametrize("text", ["١", "１", "1_0", " 1", "%2B1", "1%0A", "²"], ids=ascii)
@pytest.mark.parametrize(
    "query",
    [
        "/v1/classrooms?limit=",
        "/v1/classrooms?from=",
        "/v1/classrooms?to=",
        "/v1/classrooms?cursor=",
        f"/v1/classrooms/{LIVE}/attendance?cursor=",
        "/v1/admin/audit?classroom_id=",
        "/v1/admin/audit?since=",
        "/v1/admin/audit?limit=",
    ],
)
async def test_numbers_of_a_query_are_of_ascii_digits(
    world: World, school: School, query: str, text: str
) -> None:
    sent = text if "%" in text else in_path(text)
    answer = await world.call("GET", query + sent, school.tokens["root"])
    problem(answer, 400, "invalid_request")


@pytest.mark.parametrize("text", ["١", "１", "²"], ids=ascii)
async def test_room_of_an_old_client_is_named_by_ascii_digits(open_with: Opener, text: str) -> None:
    """Its text may begin with blanks or a sign, as PHP has it; other digits are none."""
    async with legacy_client(open_with) as client:
        assert await client.make_class("tess", 1) > 0
        assert await client.code("live/heartbeat", "tess", roomnum=text) == 10100
