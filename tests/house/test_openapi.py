"""/openapi.json is fit to generate clients from: names, descriptions, types, who has to log in."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.support.minimal_settings import settings_for

from classgate.api.routes import create_api
from classgate.app.wiring import build_application
from classgate.settings.loading import load_settings

Schema = dict[str, Any]
Calls = dict[str, Schema]

OPERATION_IDS = {
    "POST /v1/accounts": "createAccount",
    "POST /v1/sessions": "logIn",
    "GET /v1/sessions": "listSessions",
    "DELETE /v1/sessions/current": "logOut",
    "GET /v1/console/session": "getConsoleSession",
    "POST /v1/console/session": "openConsoleSession",
    "POST /v1/console/session/confirm": "confirmConsoleSession",
    "DELETE /v1/console/session": "endConsoleSession",
    "POST /v1/console/second-factor": "startSecondFactor",
    "PUT /v1/console/second-factor": "confirmSecondFactor",
    "DELETE /v1/console/second-factor": "removeSecondFactor",
    "DELETE /v1/sessions/{session_id}": "endSession",
    "GET /v1/me": "getMe",
    "PUT /v1/me/password": "changePassword",
    "POST /v1/user-sig": "issueUserSig",
    "POST /v1/leases/{lease_id}/renew": "renewLease",
    "POST /v1/classrooms": "createClassroom",
    "GET /v1/classrooms": "listClassrooms",
    "GET /v1/classrooms/{classroom_id}": "getClassroom",
    "PATCH /v1/classrooms/{classroom_id}": "updateClassroom",
    "POST /v1/classrooms/{classroom_id}": "updateClassroomByPost",
    "POST /v1/classrooms/{classroom_id}/start": "startClassroom",
    "POST /v1/classrooms/{classroom_id}/end": "endClassroom",
    "POST /v1/classrooms/{classroom_id}/entry": "enterClassroom",
    "GET /v1/classrooms/{classroom_id}/members": "listMembers",
    "PUT /v1/classrooms/{classroom_id}/members/{identifier}": "setMember",
    "DELETE /v1/classrooms/{classroom_id}/members/{identifier}": "removeMember",
    "POST /v1/classrooms/{classroom_id}/members/{identifier}/kick": "kickMember",
    "POST /v1/classrooms/{classroom_id}/members/{identifier}/mute": "muteMember",
    "DELETE /v1/classrooms/{classroom_id}/members/{identifier}/mute": "unmuteMember",
    "POST /v1/classrooms/{classroom_id}/mute": "muteStudents",
    "DELETE /v1/classrooms/{classroom_id}/mute": "unmuteStudents",
    "PUT /v1/classrooms/{classroom_id}/host": "changeHost",
    "POST /v1/classrooms/{classroom_id}/heartbeat": "sendHeartbeat",
    "POST /v1/classrooms/{classroom_id}/leave": "leaveClassroom",
    "GET /v1/classrooms/{classroom_id}/attendance": "listAttendance",
    "GET /v1/classrooms/{classroom_id}/refusals": "listClassRefusals",
    "POST /v1/classrooms/{classroom_id}/uploads": "createUpload",
    "POST /v1/uploads/{upload_id}/credentials": "renewUploadCredentials",
    "POST /v1/uploads/{upload_id}/complete": "completeUpload",
    "DELETE /v1/uploads/{upload_id}": "abandonUpload",
    "POST /v1/classrooms/{classroom_id}/upload-credentials": "issueUploadCredentials",
    "POST /v1/cos/signature": "issueCosSignature",
    "GET /v1/classrooms/{classroom_id}/courseware": "listCourseware",
    "DELETE /v1/courseware/{courseware_id}": "deleteCourseware",
    "GET /v1/admin/accounts": "listAccounts",
    "POST /v1/admin/accounts": "importAccounts",
    "POST /v1/admin/account-files/check": "checkAccountFile",
    "PATCH /v1/admin/accounts/{identifier}": "updateAccount",
    "POST /v1/admin/accounts/{identifier}": "updateAccountByPost",
    "POST /v1/admin/accounts/{identifier}/password": "resetPassword",
    "DELETE /v1/admin/accounts/{identifier}": "deleteAccount",
    "POST /v1/admin/invitations": "createInvitation",
    "GET /v1/admin/invitations": "listInvitations",
    "DELETE /v1/admin/invitations/{invitation_id}": "revokeInvitation",
    "GET /v1/admin/audit": "listAuditRows",
    "GET /v1/admin/refusals": "listRefusals",
    "GET /v1/admin/why": "explainAdmission",
    "GET /v1/classrooms/{classroom_id}/why": "explainClassAdmission",
    "POST /v1/admin/explain": "explainText",
    "GET /v1/admin/entries": "listValidEntries",
    "GET /v1/admin/leases": "listHeldLeases",
    "GET /v1/admin/status": "readStatus",
    "POST /v1/admin/doctor": "runDoctor",
}
PUBLIC = {
    "POST /v1/accounts",
    "POST /v1/sessions",
    "GET /v1/console/session",
    "POST /v1/console/session",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """Not as a context: nothing has to be started for what is asked here."""
    folder = tmp_path_factory.mktemp("openapi")
    application = build_application(load_settings({}, None, settings_for(folder)))
    yield TestClient(create_api(application.api_services))
    asyncio.run(application.close())


@pytest.fixture(scope="module")
def document(client: TestClient[Any]) -> Schema:
    found: Schema = client.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def calls(document: Schema) -> Calls:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


@pytest.fixture(scope="module")
def components(document: Schema) -> dict[str, Schema]:
    found: dict[str, Schema] = document["components"]["schemas"]
    return found


def parts(value: Any, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Every object of the description, with where it stands."""
    if isinstance(value, dict):
        yield place, value
        for name, each in value.items():
            yield from parts(each, f"{place}/{name}")
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from parts(each, f"{place}/{number}")


def test_operation_ids_are_what_a_generated_client_calls(calls: Calls) -> None:
    assert {call: operation["operationId"] for call, operation in calls.items()} == OPERATION_IDS


def test_operation_ids_are_unique_and_in_lower_camel_case() -> None:
    ids = OPERATION_IDS.values()
    assert len(set(ids)) == len(ids)
    assert [each for each in ids if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", each)] == []


def test_schemas_have_names_of_the_field(components: dict[str, Schema]) -> None:
    assert {"Session", "SessionPage", "UserSig", "EntryCredentials", "Problem"} <= set(components)
    assert [each for each in components if not re.fullmatch(r"[A-Z][A-Za-z]+", each)] == []
    assert {name: each["title"] for name, each in components.items()} == {
        name: name for name in components
    }


def test_bodies_are_requests_that_refuse_unknown_fields(
    calls: Calls, components: dict[str, Schema]
) -> None:
    names = {
        content["schema"]["$ref"].rpartition("/")[2]
        for operation in calls.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    assert len(names) == 18
    assert [each for each in names if not each.endswith("Request")] == []
    assert [
        each for each in names if components[each].get("additionalProperties") is not False
    ] == []


def test_every_call_is_summed_up_and_described(calls: Calls) -> None:
    for word in ("summary", "description"):
        assert [call for call, operation in calls.items() if not operation.get(word)] == []
    summaries = [operation["summary"] for operation in calls.values()]
    assert len(set(summaries)) == len(summaries)


def test_every_parameter_is_described(calls: Calls) -> None:
    missing = [
        f"{call}: {parameter['name']}"
        for call, operation in calls.items()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    assert missing == []


def test_every_schema_and_every_field_is_described(components: dict[str, Schema]) -> None:
    named = {
        f"{name}.{field}": schema
        for name, component in components.items()
        for field, schema in component.get("properties", {}).items()
    } | components
    assert [name for name, schema in named.items() if not schema.get("description")] == []


def test_every_success_has_a_schema_or_no_content(calls: Calls) -> None:
    for call, operation in calls.items():
        (status,) = (each for each in operation["responses"] if each.startswith("2"))
        answer = operation["responses"][status]
        if status == "204":
            assert "content" not in answer, call
        else:
            assert answer["content"]["application/json"]["schema"], call


def test_every_reference_leads_to_a_schema(document: Schema, components: dict[str, Schema]) -> None:
    wanted = {f"#/components/schemas/{name}" for name in components}
    found = {each["$ref"] for _, each in parts(document) if "$ref" in each}
    assert found - wanted == set()


def test_no_enumeration_or_type_is_mixed(document: Schema) -> None:
    """Generators drop a call whose enumeration is of strings and integers."""
    mixed = [
        place
        for place, each in parts(document)
        if isinstance(each.get("type"), list)
        or (
            isinstance(each.get("enum"), list)
            and (each.get("type") != "string" or not all(isinstance(e, str) for e in each["enum"]))
        )
    ]
    assert mixed == []


def test_kind_of_a_cos_signature_is_described_by_its_names(components: dict[str, Schema]) -> None:
    kind = components["IssueCosSignatureRequest"]["properties"]["type"]
    assert sorted(kind["enum"]) == ["reusable", "single_use"]
    assert "0 (`single_use`) and 1 (`reusable`) are accepted" in re.sub(
        r"\s+", " ", kind["description"]
    )


def test_ids_of_classes_are_integers_with_bounds(
    calls: Calls, components: dict[str, Schema]
) -> None:
    found = [
        parameter["schema"]
        for operation in calls.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "classroom_id"
    ]
    found += [components["Classroom"]["properties"][each] for each in ("classroom_id", "room_id")]
    assert len(found) > 10
    assert {(each["type"], each["minimum"], each["maximum"]) for each in found} == {
        ("integer", 1, 4294967295)
    }


def test_no_parameter_may_be_null(calls: Calls) -> None:
    parameters = [each for operation in calls.values() for each in operation.get("parameters", [])]
    assert [place for place, each in parts(parameters) if each.get("type") == "null"] == []


def test_times_of_a_query_are_bounded_below_too(calls: Calls) -> None:
    """The framework leaves a bound out that is 0."""
    (since,) = (e for e in calls["GET /v1/admin/audit"]["parameters"] if e["name"] == "since")
    assert (since["schema"]["minimum"], since["schema"]["maximum"]) == (0, 32503680000)


def test_bearer_tokens_are_declared_and_wanted_unless_said(document: Schema, calls: Calls) -> None:
    scheme = document["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert document["security"] == [{"bearer": []}]
    assert {call for call, operation in calls.items() if "security" in operation} == PUBLIC
    assert all(calls[call]["security"] == [] for call in PUBLIC)


@pytest.mark.parametrize("call", OPERATION_IDS)
def test_the_token_is_wanted_exactly_where_it_is_said(client: TestClient[Any], call: str) -> None:
    method, path = call.split()
    answer = client.request(method, re.sub(r"{[a-z_]+}", "1", path))
    assert (answer.status_code == 401) == (call not in PUBLIC)


def test_the_page_for_people_shows_what_programs_read(client: TestClient[Any]) -> None:
    page = client.get("/docs").text
    assert "<code>issueUserSig</code>" in page
    assert "<td>Maximum number of items on the page." in page
    assert "<td>Id of the upload." in page
    assert "<td>reusable | single_use<td>How often the signature works." in page
