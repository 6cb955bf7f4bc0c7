"""The API answers as its own description says, whatever is sent; never with an internal error."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.support.databases import Databases
from tests.support.harness import StoppedClock
from tests.support.running_emulator import Emulator
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, School
from tests.support.school_settings import settings_for

from classgate.app.wiring import build_application
from classgate.server.application import create_app

CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The API on a free port of this machine, in a thread, until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the API ended instead of starting"
            assert time.monotonic() < deadline, "the API did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@pytest.fixture(scope="module")
def description(
    databases: Databases,
    template: School,
    session_emulator: Emulator,
    session_clock: StoppedClock,
) -> Iterator[Any]:
    """The school over HTTP, and its openapi.json."""
    database = databases.copy(template.database)
    session_clock.reset()
    settings = settings_for(database, session_emulator, {})
    application = build_application(settings, session_clock)
    with served(create_app(application, settings)) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        yield schema.exclude(path="/v1/sessions/current")  # would log out who asks


def real_values(school: School) -> dict[str, list[Any]]:
    """What exists: nonsense alone gets no further than 404."""
    return {
        "classroom_id": [LIVE, CREATED, ENDED, OPEN],
        "identifier": ["amy", "stan", "kim", "sam", "nobody"],
        "upload_id": list(school.uploads.values()),
        "lease_id": [*school.leases.values(), *school.upload_leases.values()],
        "password": [PASSWORD],
        "file_path": [f"/classes/{LIVE}/direct/a.pdf", f"/classes/{ENDED}/direct/a.pdf"],
        "bucket": [None],
        "title": ["数学"],
        "cover_url": [None],
        "file_name": ["a.pdf"],
        "size": [5],
        "content_type": ["application/pdf"],
        "starts_at": [None, 4000000000],
        "ends_at": [None, 4000003600],
        "members": [[], [{"identifier": "sam", "role": "student"}]],
        "on_stage": [True, False],
    }


def made_real(values: Any, known: dict[str, list[Any]], data: st.DataObject) -> None:
    """Put what exists in the place of some nonsense."""
    for name in values if isinstance(values, dict) else ():
        if name in known and data.draw(st.booleans()):
            values[name] = data.draw(st.sampled_from(known[name]))


@pytest.mark.parametrize("who", ["tom", "root"])  # root deletes people
@pytest.mark.parametrize(
    "tag", ["accounts", "leases", "classrooms", "courseware", "administration"]
)
def test_answers_are_as_described(description: Any, template: School, tag: str, who: str) -> None:
    headers = {"Authorization": f"Bearer {template.tokens[who]}"}
    found = [each.ok() for each in description.include(tag=tag).get_all_operations()]
    assert found
    known = real_values(template)

    for operation in found:

        @given(case=operation.as_strategy(), data=st.data())
        @settings(
            max_examples=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Any, data: st.DataObject) -> None:
            made_real(case.path_parameters, known, data)
            made_real(case.body, known, data)
            case.call_and_validate(headers=headers, checks=CHECKS)

        check()
