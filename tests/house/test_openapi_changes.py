"""What the comparison of two releases of the API says, and whether a change breaks clients."""

import copy
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KEPT: dict[str, Any] = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_bytes())
SCHEMAS = "components", "schemas"


def load_tool() -> Any:
    spec = importlib.util.spec_from_file_location(
        "openapi_changes", ROOT / "tools" / "openapi_changes.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


changes: Callable[[Any, Any], list[tuple[bool, str]]] = load_tool().changes


def edited(edit: Callable[[dict[str, Any], dict[str, Any]], object]) -> list[tuple[bool, str]]:
    """The changes after an edit of the paths and the schemas."""
    after = copy.deepcopy(KEPT)
    edit(after["paths"], after["components"]["schemas"])
    return changes(KEPT, after)


def a_body(required: bool) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"type": "object"}}}, "required": required}


def test_same_document_has_no_changes() -> None:
    assert changes(KEPT, copy.deepcopy(KEPT)) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda paths, _: paths.pop("/v1/me"), [(True, "GET /v1/me: removed")]),
        (
            lambda paths, _: paths.update({"/v1/new": {"get": {"responses": {}}}}),
            [(False, "GET /v1/new: new")],
        ),
        (
            lambda paths, _: paths["/v1/user-sig"]["post"].update(requestBody=a_body(False)),
            [(False, "POST /v1/user-sig request: new")],
        ),
        (
            lambda paths, _: paths["/v1/user-sig"]["post"].update(requestBody=a_body(True)),
            [(True, "POST /v1/user-sig request: new")],
        ),
        (
            lambda paths, _: paths["/v1/sessions"]["post"].pop("requestBody"),
            [(False, "POST /v1/sessions request: removed")],
        ),
        (
            lambda _, schemas: schemas["LogInRequest"]["properties"].pop("password"),
            [(True, "POST /v1/sessions request.password: removed")],
        ),
        (
            lambda _, schemas: schemas["LogInRequest"]["properties"].update(
                password={"anyOf": [{"type": "string"}, {"type": "null"}]}
            ),
            [
                (False, "POST /v1/sessions request.password: takes another type as well"),
                (False, "POST /v1/sessions request.password: maxLength 1024 became None"),
            ],
        ),
        (
            lambda _, schemas: schemas["LogInRequest"]["properties"].update(
                password={"anyOf": [{"type": "integer"}, {"type": "null"}]}
            ),
            [
                (True, "POST /v1/sessions request.password: string became None"),
                (False, "POST /v1/sessions request.password: maxLength 1024 became None"),
            ],
        ),
        (
            lambda _, schemas: schemas["LogInRequest"]["properties"].update(x={"type": "string"}),
            [(False, "POST /v1/sessions request.x: new")],
        ),
        (
            lambda _, schemas: (
                schemas["LogInRequest"]["properties"].update(x={"type": "string"}),
                schemas["LogInRequest"]["required"].append("x"),
            ),
            [(True, "POST /v1/sessions request.x: new")],
        ),
        (
            lambda _, schemas: schemas["CreateUploadRequest"]["required"].append("content_type"),
            [
                (
                    True,
                    "POST /v1/classrooms/{classroom_id}/uploads request.content_type: required now",
                )
            ],
        ),
        (
            lambda _, schemas: schemas["CreateClassroomRequest"]["properties"]["title"].update(
                maxLength=64
            ),
            [(True, "POST /v1/classrooms request.title: maxLength 128 became 64")],
        ),
        (
            lambda _, schemas: schemas["CreateClassroomRequest"]["properties"]["title"].update(
                maxLength=256
            ),
            [(False, "POST /v1/classrooms request.title: maxLength 128 became 256")],
        ),
        (
            lambda _, schemas: schemas["LogInGrant"]["properties"].pop("access_token"),
            [(True, "POST /v1/sessions answer 201.access_token: removed")],
        ),
        (
            lambda _, schemas: schemas["LogInGrant"]["properties"].update(x={"type": "string"}),
            [(False, "POST /v1/sessions answer 201.x: new")],
        ),
        (
            lambda _, schemas: schemas["LogInGrant"]["required"].remove("access_token"),
            [(True, "POST /v1/sessions answer 201.access_token: may be left out now")],
        ),
        (
            lambda _, schemas: schemas["LogInGrant"]["properties"]["expires_at"].update(
                type="string"
            ),
            [(True, "POST /v1/sessions answer 201.expires_at: integer became string")],
        ),
    ],
)
def test_change_is_named_and_judged(
    edit: Callable[[dict[str, Any], dict[str, Any]], object], expected: list[tuple[bool, str]]
) -> None:
    assert edited(edit) == expected
