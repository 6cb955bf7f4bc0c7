"""The list of accounts: every page of it, and what a search finds."""

from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support.harness import World, problem
from tests.support.school import PEOPLE, School, delete

from classgate.accounts.list_repository import REACH
from classgate.accounts.models import AccountRole, NewAccount

LIST = "/v1/admin/accounts"


async def list_page(world: World, school: School, **query: object) -> dict[str, Any]:
    answer = await world.call("GET", f"{LIST}?{urlencode(query)}", school.tokens["root"])
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def find(world: World, school: School, **query: object) -> list[str]:
    """The identifiers of all pages."""
    found: list[str] = []
    page = await list_page(world, school, **query)
    while True:
        found += [each["identifier"] for each in page["items"]]
        if page["next_cursor"] is None:
            return found
        page = await list_page(world, school, **query, cursor=page["next_cursor"])


async def add(world: World, identifier: str, display_name: str) -> None:
    new = NewAccount(identifier, "a long enough sentence", AccountRole.STUDENT, display_name)
    await world.application.accounts.administration.add(None, new)


async def test_list_is_of_everybody_by_identifier(world: World, school: School) -> None:
    await add(world, "Bella", "贝拉")
    assert await find(world, school) == sorted([*PEOPLE, "Bella"], key=str.lower)
    assert await find(world, school, limit=1) == sorted([*PEOPLE, "Bella"], key=str.lower)
    page = await list_page(world, school, search="bella")
    assert page == {
        "items": [
            {"identifier": "Bella", "role": "student", "display_name": "贝拉", "disabled": False}
        ],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("小明", ["ming", "ming_2"]),
        ("MING", ["ming", "ming_2"]),
        ("g_2", ["ming_2"]),
        ("_", ["ming_2"]),
        ("100%", ["percent"]),
        ("%", ["percent"]),
        ("/", ["percent"]),
        ("\\", []),
        ("'", []),
        ("  zoé ", ["zoe"]),
        ("ZOÉ", ["zoe"]),
        ("Zoe\u0301", ["zoe"]),  # decomposed
        ("nobody", []),
        ("", [*PEOPLE, "ming", "ming_2", "percent", "zoe"]),
    ],
)
async def test_search_finds_what_contains_the_text(
    world: World, school: School, text: str, found: list[str]
) -> None:
    await add(world, "ming", "王小明")
    await add(world, "ming_2", "李小明 B")
    await add(world, "percent", "100%/a")
    await add(world, "zoe", "Zoé")
    assert await find(world, school, search=text) == sorted(found)


async def test_filters_are_of_role_and_state(world: World, school: School) -> None:
    disabled = {"disabled": True}
    await world.call("PATCH", f"{LIST}/amy", school.tokens["root"], disabled)
    teachers = [name for name, role in PEOPLE.items() if role is AccountRole.TEACHER]
    assert await find(world, school, role="teacher", limit=1) == sorted(teachers)
    assert await find(world, school, disabled="true") == ["amy"]
    assert "amy" not in await find(world, school, disabled="false")
    assert await find(world, school, disabled="true", role="teacher") == []


async def test_deleted_accounts_are_not_in_it(world: World, school: School) -> None:
    assert (await delete(world, school, "sam")).status_code == 204
    assert "sam" not in await find(world, school)
    assert await find(world, school, search="deleted") == []


async def test_one_call_of_a_search_looks_at_a_bounded_number(world: World, school: School) -> None:
    """What it found so far is a page, which may be empty."""
    world.raw_database.change(
        "INSERT INTO accounts (identifier, identifier_folded, display_name, role, password_hash,"
        " disabled, created_at, signatures_after, has_personal_folder)"
        " WITH RECURSIVE numbers (number) AS"
        " (SELECT 100000 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?)"
        " SELECT 'b' || number, 'b' || number, 'Bot', role, password_hash, disabled, created_at,"
        " signatures_after, has_personal_folder FROM numbers, accounts WHERE identifier = 'amy'",
        100_000 + 2 * REACH,
    )
    await add(world, "zora", "Zora")
    pages, cursor = [], dict[str, str]()
    while True:
        page = await list_page(world, school, search="o", role="student", limit=100, **cursor)
        pages.append([each["identifier"] for each in page["items"]])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(pages) == 101
    assert sum(map(len, pages)) == 2 * REACH + 1 + 2  # with rob and zora
    empty = await list_page(world, school, search="zora")
    assert empty["items"] == []
    assert empty["next_cursor"] is not None
    assert await find(world, school, search="zora") == ["zora"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "cursor=~",
        "cursor=UPPER",
        "cursor=",
        "role=host",
        "disabled=maybe",
        "search=a%00b",
        f"search={'a' * 101}",
    ],
)
async def test_query_outside_its_bounds_is_refused(
    world: World, school: School, query: str
) -> None:
    answer = await world.call("GET", f"{LIST}?{query}", school.tokens["root"])
    assert problem(answer, 400, "invalid_request")["errors"]


async def test_password_is_generated_where_none_is_sent(world: World, school: School) -> None:
    accounts = [
        {"identifier": "new", "role": "student", "display_name": "新生"},
        {"identifier": "other", "role": "student", "password": None},
        {"identifier": "own", "role": "student", "password": "a long enough sentence"},
        {"identifier": "amy", "role": "student"},
    ]
    answer = await world.call("POST", LIST, school.tokens["root"], {"accounts": accounts})
    new, other, own, amy = answer.json()["results"]
    assert await world.log_in("new", new["password"])
    assert await world.log_in("other", other["password"])
    assert new["password"] != other["password"]
    assert "password" not in own
    assert "password" not in amy
    assert new["password"].encode() not in world.raw_database.stored_bytes()
