"""A small school: one of each kind of person, and a class in each state.

It is made once, through the API, and copied for each test.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.support.harness import World

from classgate.accounts.models import AccountRole, NewAccount

PASSWORD = "battery staple, correct horse"

PEOPLE = {
    "root": AccountRole.ADMIN,
    "tom": AccountRole.TEACHER,  # the host
    "tina": AccountRole.TEACHER,  # has nothing to do with tom's classes
    "anna": AccountRole.STUDENT,  # an assistant
    "amy": AccountRole.STUDENT,
    "stan": AccountRole.STUDENT,  # on stage
    "kim": AccountRole.STUDENT,  # was a member, and kicked
    "rob": AccountRole.STUDENT,  # was a member, and removed
    "sam": AccountRole.STUDENT,  # a stranger
}
ROSTER = [
    {"identifier": "anna", "role": "assistant"},
    {"identifier": "amy", "role": "student"},
    {"identifier": "stan", "role": "student", "on_stage": True},
    {"identifier": "kim", "role": "student"},
    {"identifier": "rob", "role": "student"},
]
PDF = {"file_name": "函数.pdf", "size": 5, "content_type": "application/pdf"}

LIVE, CREATED, ENDED, OPEN = 1, 2, 3, 4


@dataclass
class School:
    """Where it is stored, and what its people were given while it was made."""

    database: str  # its address
    tokens: dict[str, str] = field(default_factory=dict)
    # Of LIVE and of ENDED: who has which entry lease; and tom's and anna's uploads with theirs.
    leases: dict[tuple[int, str], str] = field(default_factory=dict)
    uploads: dict[tuple[int, str], str] = field(default_factory=dict)
    upload_leases: dict[tuple[int, str], str] = field(default_factory=dict)


async def found_school(world: World) -> School:
    """Make it in an empty, migrated database."""
    school = School(world.settings.database.url.get_secret_value())
    for identifier, role in PEOPLE.items():
        await world.application.accounts.administration.add(
            None, NewAccount(identifier, PASSWORD, role)
        )
        school.tokens[identifier] = await world.log_in(identifier, PASSWORD)
    for number in (LIVE, CREATED, ENDED, OPEN):
        await _make_class(world, school, number)
    for number in (LIVE, ENDED):
        await _teach(world, school, number)
    for number in (LIVE, CREATED, ENDED, OPEN):
        await _lose_two(world, school, number)
    await _ask(world, f"/v1/classrooms/{ENDED}/end", school.tokens["tom"])
    return school


async def _make_class(world: World, school: School, number: int) -> None:
    body = {"title": "数学", "members": ROSTER, "open": number == OPEN}
    made = await _ask(world, "/v1/classrooms", school.tokens["tom"], body)
    assert made["classroom_id"] == number
    if number != CREATED:
        await _ask(world, f"/v1/classrooms/{number}/start", school.tokens["tom"])


async def _teach(world: World, school: School, number: int) -> None:
    """Everybody enters, and two announce a file."""
    for identifier in ("tom", "anna", "amy", "stan", "kim", "rob"):
        entry_credentials = await _ask(
            world, f"/v1/classrooms/{number}/entry", school.tokens[identifier]
        )
        school.leases[number, identifier] = entry_credentials["lease_id"]
    for identifier in ("tom", "anna"):
        token = school.tokens[identifier]
        grant = await _ask(world, f"/v1/classrooms/{number}/uploads", token, PDF)
        school.uploads[number, identifier] = grant["upload_id"]
        school.upload_leases[number, identifier] = grant["lease_id"]


async def _lose_two(world: World, school: School, number: int) -> None:
    """kim is kicked, rob is taken off the roster."""
    members, token = f"/v1/classrooms/{number}/members", school.tokens["tom"]
    assert (await world.call("POST", f"{members}/kim/kick", token)).status_code == 204
    assert (await world.call("DELETE", f"{members}/rob", token)).status_code == 204


async def _ask(world: World, path: str, token: str, body: object = None) -> dict[str, Any]:
    answer = await world.call("POST", path, token, body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def delete(world: World, school: School, identifier: str) -> httpx.Response:
    return await world.call("DELETE", f"/v1/admin/accounts/{identifier}", school.tokens["root"])
