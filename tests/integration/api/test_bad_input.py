"""What cannot be understood is refused, by name where there is one; it is no internal error."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.school import CREATED, LIVE, PASSWORD, PDF, School

LIMIT = 64 * 1024
BULK_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Route:
    """A call that takes a body, who may send it, and one that is good."""

    method: str
    path: str
    who: str | None
    body: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


MEMBER = {"identifier": "sam", "role": "student", "on_stage": False}
ACCOUNT = {"identifier": "new", "password": PASSWORD, "role": "student", "display_name": "新"}
ROUTES = [
    Route("POST", "/v1/accounts", None, {k: v for k, v in ACCOUNT.items() if k != "role"}),
    Route("POST", "/v1/sessions", None, {"identifier": "amy", "password": PASSWORD}),
    Route(
        "PUT",
        "/v1/me/password",
        "amy",
        {"current_password": PASSWORD, "new_password": "another long sentence"},
    ),
    Route(
        "POST",
        "/v1/classrooms",
        "tom",
        {
            "title": "x",
            "cover_url": "https://school.example/",
            "starts_at": 4000000000,
            "ends_at": 4000003600,
            "open": True,
            "members": [MEMBER],
        },
    ),
    Route(
        "PATCH",
        f"/v1/classrooms/{CREATED}",
        "tom",
        {
            "title": "x",
            "cover_url": None,
            "starts_at": 4000000000,
            "ends_at": None,
            "open": False,
        },
    ),
    Route(
        "PUT",
        f"/v1/classrooms/{LIVE}/members/sam",
        "tom",
        {"role": "student", "on_stage": True},
    ),
    Route("PUT", f"/v1/classrooms/{CREATED}/host", "root", {"identifier": "tina"}),
    Route("POST", f"/v1/classrooms/{LIVE}/uploads", "tom", PDF),
    Route(
        "POST",
        "/v1/cos/signature",
        "tom",
        {
            "type": "reusable",
            "file_path": f"/classes/{LIVE}/direct/a",
            "bucket": "courseware",
        },
    ),
    Route("POST", "/v1/admin/accounts", "root", {"accounts": [ACCOUNT]}),
    Route("PATCH", "/v1/admin/accounts/sam", "root", {"role": "teacher", "disabled": False}),
]
EVERY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=str)

NO_OBJECT = [
    b"",
    b" ",
    b"null",
    b"[]",
    b'"text"',
    b"1",
    b"{",
    b'{"identifier":',
    b"{}x",
    b"{'identifier': 'amy'}",
    b'{"identifier": NaN}',
    b"identifier=amy&password=x",
    b"\xef\xbb\xbf{}",
    '{"identifier": "amy"}'.encode("utf-16"),
    b'{"identifier": "\xff\xfe"}',
    b'{"\xff": 1}',
    b'{"identifier": "a\x00b"}',
    b'{"identifier": "\\ud800"}',
    b'{"\\udc00": 1}',
    b'{"identifier": "\\ud83d\\ud83d"}',
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"identifier":' + b"[" * 60_000,
    b'{"unknown":' + b"[" * 60_000,
    b"1" * 60_000,
    b'{"identifier": ' + b"9" * 60_000 + b"}",
]


async def send(world: World, school: School, route: Route, **sent: Any) -> Any:
    token = None if route.who is None else school.tokens[route.who]
    return await world.call(route.method, route.path, token, **sent)


@pytest.fixture
async def open_world(open_with: Opener) -> AsyncIterator[World]:
    """Where registration is open, so that its body counts."""
    async with open_with(accounts={"registration": "open"}) as world:
        yield world


@EVERY_ROUTE
async def test_good_body_is_good(open_world: World, school: School, route: Route) -> None:
    answer = await send(open_world, school, route, body=route.body)
    assert answer.is_success, answer.text


@EVERY_ROUTE
async def test_what_is_no_json_object_is_refused(
    open_world: World, school: School, route: Route
) -> None:
    for content in NO_OBJECT:
        answer = await send(open_world, school, route, content=content)
        problem(answer, 400, "invalid_request")


@EVERY_ROUTE
async def test_unknown_field_is_named(open_world: World, school: School, route: Route) -> None:
    answer = await send(open_world, school, route, body={**route.body, "is_admin": True})
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == ["is_admin"]


WRONG: dict[type, list[object]] = {
    str: [1, 1.5, True, [], {}, ["x"], {"x": "y"}],
    int: ["1", 1.5, True, False, [], {}, -(10**30), 10**30, 10**400],
    bool: [0, 1, "true", "false", "", [], {}],
    list: ["x", 1, True, {}, [1], ["sam"], [[]], [{}], [None]],
    type(None): [True, [], {}],
}


@EVERY_ROUTE
async def test_field_of_a_wrong_type_is_named(
    open_world: World, school: School, route: Route
) -> None:
    for name, good in route.body.items():
        for wrong in WRONG[type(good)]:
            if name == "type" and wrong == 1 and wrong is not True:
                continue  # the seed's number for a reusable signature
            answer = await send(open_world, school, route, body={**route.body, name: wrong})
            found = problem(answer, 400, "invalid_request")
            # No name where the number itself is more than JSON can hold.
            fields = [each["field"] for each in found.get("errors", [])]
            assert all(field.startswith(name) for field in fields), (name, wrong, fields)
            assert fields or wrong == 10**400


OPTIONAL = {
    "content_type",
    "display_name",
    "cover_url",
    "starts_at",
    "ends_at",
    "open",
    "members",
    "on_stage",
    "bucket",
}


@EVERY_ROUTE
async def test_missing_field_is_named(open_world: World, school: School, route: Route) -> None:
    for name in route.body:
        left = {key: value for key, value in route.body.items() if key != name}
        answer = await send(open_world, school, route, body=left)
        if name in OPTIONAL or route.method == "PATCH":
            assert answer.status_code != 400
            continue
        found = problem(answer, 400, "invalid_request")
        assert [each["field"] for each in found["errors"]] == [name]


@EVERY_ROUTE
async def test_over_long_text_is_refused(open_world: World, school: School, route: Route) -> None:
    for name, good in route.body.items():
        if isinstance(good, str):
            answer = await send(open_world, school, route, body={**route.body, name: "a" * 50_000})
            problem(answer, 400, "invalid_request")


@EVERY_ROUTE
async def test_control_characters_never_get_through(
    open_world: World, school: School, route: Route
) -> None:
    for name, good in route.body.items():
        for odd in ("\x00", "a\x00b", "a\nb", "\u202e", "\x7f", "\u2028"):
            if isinstance(good, str):
                answer = await send(open_world, school, route, body={**route.body, name: odd})
                assert 400 <= answer.status_code < 500, (name, odd, answer.text)


async def test_control_characters_in_a_roster_are_refused(world: World, school: School) -> None:
    for odd in ("\x00", "a\x00b", "a\nb"):
        body = {"title": "x", "members": [{**MEMBER, "identifier": odd}]}
        answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
        problem(answer, 400, "invalid_request")


@EVERY_ROUTE
@pytest.mark.parametrize("chunked", [True, False])
async def test_body_over_the_limit_is_too_large(
    open_world: World, school: School, route: Route, chunked: bool
) -> None:
    limit = BULK_LIMIT if route.path == "/v1/admin/accounts" else LIMIT
    content = b'{"identifier": "' + b"a" * limit + b'"}'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 10_000):
            yield content[start : start + 10_000]

    answer = await send(open_world, school, route, content=pieces() if chunked else content)
    problem(answer, 413, "too_large")


async def test_import_takes_up_to_500_accounts(world: World, school: School) -> None:
    one = {"password": "x", "role": "student"}
    for count, status in [(500, 200), (501, 400), (0, 400)]:
        accounts = [{"identifier": f"n{number}", **one} for number in range(count)]
        answer = await world.call(
            "POST", "/v1/admin/accounts", school.tokens["root"], {"accounts": accounts}
        )
        assert answer.status_code == status


async def test_content_type_does_not_matter(world: World) -> None:
    content = b'{"identifier": "amy", "password": "x"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/msgpack", "", "x"):
        answer = await world.call(
            "POST", "/v1/sessions", content=content, headers={"content-type": kind}
        )
        problem(answer, 401, "not_authenticated")


# ── queries and paths ───────────────────────────────────────────────────────────────────────────

LISTS = ["/v1/classrooms", f"/v1/classrooms/{LIVE}/members", f"/v1/classrooms/{LIVE}/courseware"]
AUDIT = "/v1/admin/audit"


@pytest.mark.parametrize("path", [*LISTS, AUDIT])
@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "", "9" * 30, "%00"])
async def test_bad_limit_is_refused(world: World, school: School, path: str, limit: str) -> None:
    answer = await world.call("GET", f"{path}?limit={limit}", school.tokens["root"])
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == ["limit"]


@pytest.mark.parametrize("path", ["/v1/classrooms", f"/v1/classrooms/{LIVE}/courseware", AUDIT])
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "-",
        "--",
        "1--",
        "a-b-c",
        "1-a-x",
        "9" * 100,
        f"1-a-{'9' * 40}",
        f"{'9' * 40}-a-1",
        "%ff",
    ],
)
async def test_bad_cursor_is_refused(world: World, school: School, path: str, cursor: str) -> None:
    answer = await world.call("GET", f"{path}?cursor={cursor}", school.tokens["root"])
    problem(answer, 400, "invalid_request")


@pytest.mark.parametrize("path", [*LISTS, AUDIT])
async def test_over_long_cursor_is_refused(world: World, school: School, path: str) -> None:
    answer = await world.call("GET", f"{path}?cursor={'a' * 201}", school.tokens["root"])
    problem(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    "query",
    [
        "state=bogus",
        "state=",
        "from=x",
        "from=-1",
        f"from={10**20}",
        f"to={10**400}",
        "host=" + "a" * 201,
    ],
)
async def test_bad_filter_is_refused(world: World, school: School, query: str) -> None:
    answer = await world.call("GET", f"/v1/classrooms?{query}", school.tokens["root"])
    problem(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("identifier=nobody", 404, "not_found"),
        ("classroom_id=0", 400, "invalid_request"),
        ("classroom_id=x", 400, "invalid_request"),
        (f"classroom_id={10**30}", 400, "invalid_request"),
        ("since=-1", 400, "invalid_request"),
        (f"since={10**30}", 400, "invalid_request"),
    ],
)
async def test_bad_filter_of_the_audit_is_refused(
    world: World, school: School, query: str, status: int, code: str
) -> None:
    problem(await world.call("GET", f"{AUDIT}?{query}", school.tokens["root"]), status, code)


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v2/me", "/v1/nope", "/me", "/%2e%2e/v1"])
async def test_unknown_address_is_not_found(world: World, path: str) -> None:
    problem(await world.call("GET", path), 404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "BREW"])
async def test_other_method_is_not_allowed(world: World, method: str) -> None:
    answer = await world.call(method, "/v1/sessions")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= {each.strip() for each in answer.headers["allow"].split(",")}


async def test_each_answer_has_a_request_id_of_its_own(world: World) -> None:
    seen = set()
    for _ in range(3):
        answer = await world.call("GET", "/v1/me", headers={"x-request-id": "chosen by a stranger"})
        seen.add(answer.headers["x-request-id"])
    assert len(seen) == 3
    assert "chosen by a stranger" not in seen


async def test_unforeseen_error_is_answered_opaquely(
    world: World, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table is gone, as no code foresees; what the database says is for the log alone."""
    world.raw_database.change("ALTER TABLE memberships RENAME TO elsewhere")
    path = f"/v1/classrooms/{LIVE}"
    answer = await world.call("GET", path, school.tokens["tom"])
    assert answer.status_code in {500, 503}
    assert "memberships" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_name_with_a_nul_is_nobody_s(world: World, school: School, method: str) -> None:
    path = f"/v1/classrooms/{LIVE}/members/amy%00"
    body = {"role": "student"} if method == "PUT" else None
    answer = await world.call(method, path, school.tokens["tom"], body)
    problem(answer, 404, "not_found")
    kick = await world.call("POST", f"{path}/kick", school.tokens["tom"])
    problem(kick, 404, "not_found")
