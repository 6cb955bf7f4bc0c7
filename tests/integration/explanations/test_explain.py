"""`POST /v1/admin/explain`: who may ask, what the audit keeps, and that nothing else is kept."""

import json

import pytest
import TLSSigAPIv2
from tests.support.captured_log import CapturedLog
from tests.support.harness import World, problem
from tests.support.school import School
from tests.support.school_settings import AUDIT_KEY, SDK_APP_ID, SDK_SECRET_KEY, SECRET_KEY

PATH = "/v1/admin/explain"


def official_token(secret: str = SDK_SECRET_KEY, identifier: str = "amy") -> str:
    token = TLSSigAPIv2.TLSSigAPIv2(SDK_APP_ID, secret).gen_sig(identifier, 3600)
    assert isinstance(token, str)
    return token


async def test_a_user_sig_is_explained_with_the_keys_of_the_service(
    world: World, school: School
) -> None:
    root = school.tokens["root"]
    valid = await world.call("POST", PATH, root, {"text": official_token()})
    assert valid.status_code == 200
    assert valid.json()["valid"] is True
    assert valid.json()["content"]["identifier"] == "amy"
    hex_decoded = official_token(bytes.fromhex("61" * 32).decode())
    wrong = (await world.call("POST", PATH, root, {"text": hex_decoded})).json()
    assert (wrong["kind"], wrong["valid"], wrong["first_failure"]) == (
        "user_sig",
        False,
        "signature",
    )
    assert wrong["causes"][0]["code"] == "wrong_key"
    assert wrong["fix"] == wrong["causes"][0]["fix"] != ""
    body = {"text": official_token(), "identifier": "tom"}
    other = (await world.call("POST", PATH, root, body)).json()
    assert other["causes"][0]["code"] == "wrong_identifier"


async def test_what_the_service_itself_issued_is_valid(world: World, school: School) -> None:
    answer = await world.call("POST", "/v1/user-sig", school.tokens["amy"])
    root = school.tokens["root"]
    explained = await world.call("POST", PATH, root, {"text": answer.text})
    assert explained.json()["valid"] is True
    assert explained.json()["content"]["identifier"] == "amy"


async def test_the_answer_is_in_the_language_of_the_admin(world: World, school: School) -> None:
    asked = {"accept-language": "zh-CN"}
    answer = await world.call("POST", PATH, school.tokens["root"], {"text": "70001"}, headers=asked)
    assert answer.headers["content-language"] == "zh"
    assert answer.headers["vary"] == "Accept-Language"
    assert answer.json()["content"]["title"] == "UserSig 已过期"


async def test_asking_is_in_the_audit_by_its_kind_alone(
    world: World, school: School, captured_log: CapturedLog
) -> None:
    token = official_token(identifier="canary_of_explain")
    for text in (token, f"code 70003 of {token[:60]}", "canary_of_explain"):
        await world.call("POST", PATH, school.tokens["root"], {"text": text})
    rows = world.raw_database.query(
        "SELECT details, account_id FROM audit_rows WHERE event = 'explain_asked' ORDER BY at, seq"
    )
    assert [json.loads(details)["kind"] for details, _ in rows] == [
        "user_sig",
        "user_sig",
        "unknown",
    ]
    assert all(set(json.loads(details)) == {"kind"} for details, _ in rows)
    assert [account for _, account in rows] == [None] * 3
    kept = world.raw_database.stored_bytes() + captured_log.getvalue().encode()
    for canary in ("canary_of_explain", token, token[:60]):
        assert canary.encode() not in kept


async def test_nothing_is_answered_that_cannot_be_recorded(world: World, school: School) -> None:
    world.raw_database.refuse_records("NEW.event = 'explain_asked'")
    answer = await world.call("POST", PATH, school.tokens["root"], {"text": "70003"})
    problem(answer, 500, "internal_error")
    await world.settle()
    world.raw_database.take_records()
    asked = await world.call("POST", PATH, school.tokens["root"], {"text": "70003"})
    assert asked.status_code == 200


async def test_no_secret_of_the_service_is_in_an_answer(world: World, school: School) -> None:
    for text in (official_token(), official_token("0" * 64), SDK_SECRET_KEY, "70009"):
        answer = await world.call("POST", PATH, school.tokens["root"], {"text": text})
        for secret in (SDK_SECRET_KEY, SECRET_KEY, AUDIT_KEY):
            assert secret not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": 5}, 400),
        ({"text": "70003", "more": 1}, 400),
        ({"text": "a" * (1024 * 1024 + 1)}, 400),
        ({"text": "a" * (2 * 1024 * 1024)}, 413),
    ],
)
async def test_a_body_has_to_fit(
    world: World, school: School, body: dict[str, object], status: int
) -> None:
    answer = await world.call("POST", PATH, school.tokens["root"], body)
    assert answer.status_code == status


async def test_garbage_has_a_clear_answer(world: World, school: School) -> None:
    for text in ("", "\0", "[" * 60_000, "e" * (1024 * 1024)):
        answer = await world.call("POST", PATH, school.tokens["root"], {"text": text})
        assert answer.status_code == 200
        assert answer.json()["kind"] == "unknown"
        assert answer.json()["valid"] is False
