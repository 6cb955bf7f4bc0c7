"""`POST /v1/admin/explain` with a request: would the pasted policy allow it?"""

from typing import Any

import pytest
from tests.support.harness import World, problem
from tests.support.school import School
from tests.support.storage_cases import sdk_policy

PATH = "/v1/admin/explain"
REQUEST = {"method": "PUT", "bucket": "examplebucket-1250000000", "key": "classes/7/a.pdf"}


async def ask(world: World, school: School, **changed: Any) -> dict[str, Any]:
    body = {"text": sdk_policy(), "request": REQUEST | changed}
    answer = await world.call("POST", PATH, school.tokens["root"], body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert isinstance(found, dict)
    return found


async def test_grant_allows_the_request(world: World, school: School) -> None:
    answer = await ask(world, school)
    assert answer["checks"][-1]["name"] == "grant"
    assert answer["checks"][-1]["ok"] is True
    assert answer["content"]["request"]["action"] == "name/cos:PutObject"


@pytest.mark.parametrize(
    ("changed", "action", "allowed"),
    [
        ({"query": ["uploads"], "method": "POST"}, "name/cos:InitiateMultipartUpload", True),
        ({"method": "POST", "is_form": True}, "name/cos:PostObject", True),
        ({"method": "GET"}, "name/cos:GetObject", False),
        ({"key": "classes/8/a.pdf"}, "name/cos:PutObject", False),
        ({"bucket": "another-1250000000"}, "name/cos:PutObject", False),
    ],
)
async def test_answer_names_the_action(
    world: World, school: School, changed: dict[str, object], action: str, allowed: bool
) -> None:
    request = (await ask(world, school, **changed))["content"]["request"]
    assert (request["action"], request["allowed"]) == (action, allowed)


@pytest.mark.parametrize(
    "request_", [{}, {"method": "PUT"}, REQUEST | {"method": ""}, REQUEST | {"key": "a" * 851},
                 REQUEST | {"more": 1}, REQUEST | {"query": ["a"] * 11}, "PUT"],
)  # fmt: skip
async def test_malformed_question_is_refused(
    world: World, school: School, request_: object
) -> None:
    body = {"text": "{}", "request": request_}
    answer = await world.call("POST", PATH, school.tokens["root"], body)
    problem(answer, 400, "invalid_request")
