"""HEAD is GET without a body, on both listeners."""

import pytest
from tests.support.harness import World
from tests.support.school import LIVE, School

PER_REQUEST = {"x-request-id", "date"}
GETS = [
    "/docs",
    "/docs/errors",
    "/openapi.json",
    "/v1/me",
    "/v1/classrooms",
    f"/v1/classrooms/{LIVE}",
    f"/v1/classrooms/{LIVE}/members",
    "/v1/sessions",
    "/v1/classrooms/1",
    "/nowhere",
]


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("token", ["tom", None])
async def test_head_of_the_api_is_get_without_a_body(
    world: World, school: School, path: str, token: str | None
) -> None:
    sent = school.tokens[token] if token else None
    got, head = [await world.call(method, path, sent) for method in ("GET", "HEAD")]
    assert head.content == b""
    assert head.status_code == got.status_code
    kept = [
        {name: value for name, value in each.headers.items() if name not in PER_REQUEST}
        for each in (got, head)
    ]
    assert kept[1] == kept[0]
    assert kept[1]["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    "path", [f"/v1/classrooms/{LIVE}/entry", f"/v1/classrooms/{LIVE}/heartbeat"]
)
async def test_head_is_not_taken_where_get_is_not(world: World, school: School, path: str) -> None:
    answer = await world.call("HEAD", path, school.tokens["tom"])
    assert (answer.status_code, answer.content) == (405, b"")


async def test_head_is_counted_and_logged_under_its_route(world: World, school: School) -> None:
    await world.call("HEAD", f"/v1/classrooms/{LIVE}", school.tokens["tom"])
    async with world.operations() as client:
        text = (await client.get("/metrics")).text
    assert (
        'classgate_requests_total{method="HEAD",route="/v1/classrooms/{classroom_id}",status="200"}'
    ) in text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_head_of_the_operations_listener_is_get_without_a_body(
    world: World, path: str
) -> None:
    async with world.operations() as client:
        got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert int(head.headers["content-length"]) > 0
