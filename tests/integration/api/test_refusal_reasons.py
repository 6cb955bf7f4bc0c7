"""A refusal says its one cause, in the language that the client prefers, and tells no more."""

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.school import LIVE, PASSWORD, School

from classgate.reasons import Reason

ORIGIN = "https://school.example"
ENTRY = f"/v1/classrooms/{LIVE}/entry"
CHINESE = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}


@pytest.mark.parametrize(
    ("headers", "language", "title", "detail"),
    [
        ({}, "en", "Not allowed", "you were removed from this class; its teacher can readmit"),
        (CHINESE, "zh", "没有权限", "您已被踢出这个课堂；课堂老师可以让您重新进入"),
        ({"accept-language": "fr"}, "en", "Not allowed", "you were removed from this class;"),
        ({"accept-language": "zh" * 400}, "en", "Not allowed", "you were removed from this"),
    ],
)
async def test_detail_is_in_the_language_of_the_client(
    world: World,
    school: School,
    headers: dict[str, str],
    language: str,
    title: str,
    detail: str,
) -> None:
    answer = await world.call("POST", ENTRY, school.tokens["kim"], headers=headers)
    found = problem(answer, 403, "permission_denied", "kicked")
    assert found["title"] == title
    assert found["detail"].startswith(detail)
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code", "reason", "detail"),
    [
        ("GET", "/v1/nothing", b"", 404, "not_found", "route_not_found", "没有这个地址"),
        (
            "PUT", "/v1/sessions", b"", 405, "method_not_allowed", "method_not_allowed",
            "这个地址不支持这种请求方法",
        ),
        ("POST", "/v1/sessions", b"{", 400, "invalid_request", "body_unreadable", "请求体不是"),
        ("POST", "/v1/sessions", b"{}", 400, "invalid_request", "fields_invalid", "请求中有字段"),
        ("POST", "/v1/sessions", b" " * 70_000, 413, "too_large", "body_too_large", "请求体太大"),
        ("GET", "/v1/me", b"", 401, "not_authenticated", "token_missing", "请先登录"),
    ],
)  # fmt: skip
async def test_what_is_refused_before_a_handler_has_a_reason_too(
    world: World, method: str, path: str, content: bytes, status: int, code: str, reason: str,
    detail: str,
) -> None:  # fmt: skip
    answer = await world.call(method, path, content=content, headers=CHINESE)
    assert problem(answer, status, code, reason)["detail"].startswith(detail)


async def test_origin_and_language_both_vary(open_with: Opener) -> None:
    async with open_with(http={"cors_origins": [ORIGIN]}) as world:
        answer = await world.call("GET", "/v1/me", headers={"origin": ORIGIN})
        varies = {each.strip() for each in answer.headers["vary"].split(",")}
        assert varies == {"Accept-Language", "Origin"}


async def test_unknown_account_and_wrong_password_are_answered_alike(
    world: World, school: School
) -> None:
    reported = []
    for identifier in ("amy", "nobody"):
        body = {"identifier": identifier, "password": "not the password"}
        answer = await world.call("POST", "/v1/sessions", body=body, headers=CHINESE)
        found = problem(answer, 401, "not_authenticated", "wrong_credentials")
        reported.append({**found, "request_id": ""})
    assert reported[0] == reported[1]


async def test_class_of_others_and_no_class_are_answered_alike(
    world: World, school: School
) -> None:
    reported = []
    for number in (LIVE, 99):
        path = f"/v1/classrooms/{number}/entry"
        answer = await world.call("POST", path, school.tokens["sam"], headers=CHINESE)
        found = problem(answer, 404, "not_found", "classroom_not_found")
        reported.append({**found, "request_id": ""})
    assert reported[0] == reported[1]


async def test_ended_session_and_unknown_token_are_answered_alike(
    world: World, school: School
) -> None:
    token = await world.log_in("amy", PASSWORD)
    assert (await world.call("DELETE", "/v1/sessions/current", token)).status_code == 204
    for shown in (token, "cg_unknown"):
        answer = await world.call("GET", "/v1/me", shown)
        problem(answer, 401, "not_authenticated", "session_ended")


async def test_reasons_are_an_enumeration_in_the_description(world: World) -> None:
    schemas = (await world.call("GET", "/openapi.json")).json()["components"]["schemas"]
    member = schemas["Problem"]["properties"]["reason"]
    found = schemas[member["$ref"].rpartition("/")[2]] if "$ref" in member else member
    assert sorted(found["enum"]) == sorted(Reason)
    assert "reason" in schemas["Problem"]["required"]
