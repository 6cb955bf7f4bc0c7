"""`GET /v1/admin/entries` and `/v1/admin/leases`: who could enter, who can still do what."""

import json
from typing import Any

from tests.support.harness import World, problem
from tests.support.school import CREATED, LIVE, PASSWORD, School

MINUTE = 60


async def ask(world: World, token: str, path: str) -> dict[str, Any]:
    answer = await world.call("GET", path, token)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def entries(
    world: World, token: str, classroom_id: int, at: int | None = None
) -> dict[str, Any]:
    when = "" if at is None else f"&at={at}"
    return await ask(world, token, f"/v1/admin/entries?classroom={classroom_id}{when}")


async def leases(world: World, token: str, identifier: str) -> list[dict[str, Any]]:
    found = await ask(world, token, f"/v1/admin/leases?identifier={identifier}")
    return list(found["items"])


async def enter(world: World, token: str) -> dict[str, Any]:
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", token)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def names(answer: dict[str, Any]) -> set[str]:
    return {each["identifier"] for each in answer["items"]}


async def test_whoever_was_issued_credentials_could_enter(world: World, school: School) -> None:
    del school
    world.clock.advance(days=3)
    amy, root = await world.log_in("amy", PASSWORD), await world.log_in("root", PASSWORD)
    before = world.clock.unix - 1
    issued = await enter(world, amy)
    answer = await entries(world, root, LIVE)
    assert answer == {
        "at": world.clock.unix,
        "complete": True,
        "items": [
            {
                "account_id": answer["items"][0]["account_id"],
                "identifier": "amy",
                "role": "student",
                "issued_at": world.clock.unix,
                "expires_at": issued["expires_at"],
                "private_map_key_expires_at": issued["private_map_key_expires_at"],
            }
        ],
    }
    assert names(await entries(world, root, LIVE, before)) == set()
    assert names(await entries(world, root, CREATED)) == set()


async def test_renewal_does_not_hide_what_was_valid_before(world: World, school: School) -> None:
    first = await enter(world, school.tokens["amy"])
    at = world.clock.unix + 1
    world.clock.advance(seconds=10 * MINUTE)
    path = f"/v1/leases/{first['lease_id']}/renew"
    assert (await world.call("POST", path, school.tokens["amy"])).status_code == 200
    answer = await entries(world, school.tokens["root"], LIVE, at)
    (amy,) = [each for each in answer["items"] if each["identifier"] == "amy"]
    assert amy["private_map_key_expires_at"] == first["private_map_key_expires_at"]


async def test_kick_takes_no_issued_credential_back(world: World, school: School) -> None:
    issued = await enter(world, school.tokens["amy"])
    kick = f"/v1/classrooms/{LIVE}/members/amy/kick"
    assert (await world.call("POST", kick, school.tokens["tom"])).status_code < 300
    assert "amy" in names(await entries(world, school.tokens["root"], LIVE))
    held = {each["lease_id"]: each for each in await leases(world, school.tokens["root"], "amy")}
    lease = held[issued["lease_id"]]
    assert (lease["kind"], lease["state"], lease["classroom_id"]) == ("entry", "ended", LIVE)
    assert lease["expires_at"] == issued["expires_at"]
    assert lease["ended_at"] == world.clock.unix
    assert lease["end_reason"]


async def test_what_expired_is_not_listed(world: World, school: School) -> None:
    issued = await enter(world, school.tokens["amy"])
    world.clock.advance(days=3)
    root = await world.log_in("root", PASSWORD)
    kept = await leases(world, root, "amy")  # what may still be renewed
    assert all(each["renewable_until"] > world.clock.unix for each in kept)
    assert names(await entries(world, root, LIVE)) == set()
    assert "amy" in names(await entries(world, root, LIVE, issued["expires_at"] - 1))
    assert "amy" not in names(await entries(world, root, LIVE, issued["expires_at"]))


async def test_unknown_person_is_404(world: World, school: School) -> None:
    path = "/v1/admin/leases?identifier=nobody"
    answer = await world.call("GET", path, school.tokens["root"])
    problem(answer, 404, "not_found", "account_not_found")


async def test_questions_are_in_the_audit_once(world: World, school: School) -> None:
    at = world.clock.unix
    for _ in range(2):
        await entries(world, school.tokens["root"], LIVE, at)
        await entries(world, school.tokens["root"], LIVE)
        await leases(world, school.tokens["root"], "amy")
    rows = world.raw_database.query(
        "SELECT reader.identifier, whose.identifier, classroom_id, details FROM audit_rows"
        " JOIN accounts AS reader ON reader.account_id = actor_id"
        " LEFT JOIN accounts AS whose ON whose.account_id = audit_rows.account_id"
        " WHERE event = 'credentials_read' ORDER BY seq"
    )
    assert [(*row[:3], json.loads(row[3])) for row in rows] == [
        ("root", None, LIVE, {"at": at, "question": "entries"}),
        ("root", None, LIVE, {"question": "entries"}),
        ("root", "amy", None, {"question": "leases"}),
    ]


async def test_question_without_a_class_or_a_person_is_invalid(
    world: World, school: School
) -> None:
    for path in ("/v1/admin/entries", "/v1/admin/leases", "/v1/admin/entries?classroom=0"):
        answer = await world.call("GET", path, school.tokens["root"])
        problem(answer, 400, "invalid_request", "fields_invalid")
