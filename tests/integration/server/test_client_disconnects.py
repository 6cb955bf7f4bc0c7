"""A client that goes away in the middle is nobody's error."""

from typing import Any

import pytest
from tests.support.harness import World
from tests.support.school import LIVE, School


async def test_hanging_up_in_a_body_is_not_logged_as_an_error(
    world: World, school: School, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"title": "', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PATCH",
        "path": f"/v1/classrooms/{LIVE}",
        "raw_path": f"/v1/classrooms/{LIVE}".encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("classgate.test", 80),
        "client": ("198.51.100.7", 40000),
        "headers": [(b"authorization", f"Bearer {school.tokens['tom']}".encode())],
    }
    await world.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert "unexpected error" not in caplog.text
    assert world.raw_database.query(
        "SELECT title FROM classrooms WHERE classroom_id = ?", LIVE
    ) == [("数学",)]
