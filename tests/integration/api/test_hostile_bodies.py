"""A hostile body is refused at every entrance, with the error that says so, and cheaply."""

import json

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.hostile_json import LONG, TOO_DEEP, TOO_MANY_VALUES
from tests.support.legacy_client import PATH_SECRET, LegacyClient, legacy_client
from tests.support.school import School

BEYOND = [*TOO_MANY_VALUES.values(), *TOO_DEEP.values()]
CALLBACK = f"/{PATH_SECRET}/index.php?svc=live&cmd="


async def code_of(client: LegacyClient, address: str, body: bytes) -> int:
    answer = (await client.post(address, body)).json()
    code = answer.get("errorCode", answer.get("ErrorCode"))
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize("command", ["account&cmd=login", "live&cmd=heartbeat", "live&cmd=create"])
async def test_old_clients_body_beyond_the_bounds_is_10002(open_with: Opener, command: str) -> None:
    async with legacy_client(open_with, {}) as client:
        codes = {await code_of(client, f"/index.php?svc={command}", body) for body in BEYOND}
        assert codes == {10002}
        codes = {await code_of(client, f"/index.php?svc={command}", body) for body in LONG.values()}
        assert codes == {10003}  # no appid in it


async def test_index_callback_beyond_the_bounds_is_refused(open_with: Opener) -> None:
    async with legacy_client(open_with, {}) as client:
        codes = {await code_of(client, f"{CALLBACK}idxfileendcall", body) for body in BEYOND}
        assert codes == {10002}
        inner = '{"a":[' + ",".join(["[]"] * 500) + "]}"
        body = json.dumps({"SrcRequest": inner, "ErrorCode": 0, "ErrorInfo": ""}).encode()
        assert await code_of(client, f"{CALLBACK}idxfileendcall", body) == 10003


async def test_recording_callback_beyond_the_bounds_is_refused(open_with: Opener) -> None:
    async with legacy_client(open_with, {}) as client:
        codes = {await code_of(client, f"{CALLBACK}reccall", body) for body in BEYOND}
        assert codes == {10002}


async def test_old_clients_query_beyond_the_bounds_counts_as_none(open_with: Opener) -> None:
    async with legacy_client(open_with, {}) as client:
        address = "/index.php?svc=account&cmd=login"
        assert await code_of(client, address + "&a" * 30, b"{}") == 10003
        assert await code_of(client, address + "&a" * 31, b"{}") == 10001
        assert await code_of(client, address + "&" + "a" * 4074, b"{}") == 10003
        assert await code_of(client, address + "&" + "a" * 4075, b"{}") == 10001


STRANGERS = "/v1/sessions"
BEYOND_DETAIL = "the body is nested too deeply, or has too many values"


async def test_body_beyond_the_bounds_is_refused(world: World) -> None:
    for body in BEYOND:
        answer = await world.call("POST", STRANGERS, content=body)
        assert problem(answer, 400, "invalid_request")["detail"] == BEYOND_DETAIL


async def test_body_of_a_stranger_has_at_most_100_values(world: World) -> None:
    for numbers, detail in ((97, "some fields"), (98, BEYOND_DETAIL)):
        body = b'{"a":[' + b",".join([b"1"] * numbers) + b"]}"
        answer = await world.call("POST", STRANGERS, content=body)
        assert problem(answer, 400, "invalid_request")["detail"].startswith(detail)


async def test_class_with_500_members_is_within_the_bounds(world: World, school: School) -> None:
    member = {"role": "student", "on_stage": False}
    for count in (500, 501):  # both are read; that 501 are too many is for the service to say
        members = [{"identifier": f"n{number}", **member} for number in range(count)]
        body = {"title": "x", "cover_url": None, "starts_at": None, "members": members}
        answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
        assert problem(answer, 400, "invalid_request")["detail"] != BEYOND_DETAIL


async def test_class_with_more_than_5000_values_is_refused(world: World, school: School) -> None:
    for numbers, detail in ((4997, "some fields"), (4998, BEYOND_DETAIL)):
        body = b'{"a":[' + b",".join([b"1"] * numbers) + b"]}"
        answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], content=body)
        assert problem(answer, 400, "invalid_request")["detail"].startswith(detail)


async def test_name_of_an_unknown_field_is_repeated_shortened(world: World) -> None:
    answer = await world.call("POST", STRANGERS, content=LONG["a long name"])
    errors = problem(answer, 400, "invalid_request")["errors"]
    assert [each["field"] for each in errors] == ["x" * 200 + "…"]
    assert len(answer.content) < 2000


async def test_query_beyond_the_bounds_is_refused(world: World, school: School) -> None:
    token = school.tokens["tom"]
    for query in ("&".join(["a"] * 32), "a=" + "x" * 4094):
        assert (await world.call("GET", f"/v1/classrooms?{query}", token)).status_code == 200
    for query in ("&".join(["a"] * 33), "a=" + "x" * 4095):
        for method, path in (("GET", "/v1/classrooms"), ("POST", STRANGERS)):
            answer = await world.call(method, f"{path}?{query}", token, body=None)
            assert problem(answer, 400, "invalid_request")["detail"] == (
                "the query is longer than 4096 bytes, or has more than 32 parameters"
            )
