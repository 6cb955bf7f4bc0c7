"""A file of accounts is imported whole or not at all."""

import asyncio

import pytest
from tests.support.harness import World
from tests.support.school import PASSWORD, School

from classgate.accounts.models import AccountRole, NewAccount
from classgate.errors import ImportRefused

HEADER = "identifier,password,role,display_name"


def file_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


async def refused(world: World, content: bytes) -> list[tuple[int, str]]:
    before = world.raw_database.query("SELECT count(*) FROM accounts")
    with pytest.raises(ImportRefused) as raised:
        await world.application.accounts.account_import.import_accounts(content)
    assert world.raw_database.query("SELECT count(*) FROM accounts") == before
    return [(each.line, each.field) for each in raised.value.faults]


async def test_every_account_of_the_file_can_log_in(world: World) -> None:
    content = file_of(f'wang,"{PASSWORD}",teacher,王老师', f'li,"{PASSWORD}",student,')
    reported: list[tuple[int, int]] = []
    made = await world.application.accounts.account_import.import_accounts(
        content, lambda done, total: reported.append((done, total))
    )
    assert made == 2
    assert reported == [(1, 2), (2, 2)]
    me = await world.call("GET", "/v1/me", await world.log_in("wang", PASSWORD))
    assert me.json() == {"identifier": "wang", "role": "teacher", "display_name": "王老师"}
    me = await world.call("GET", "/v1/me", await world.log_in("li", PASSWORD))
    assert me.json()["display_name"] == "li"


async def test_each_is_recorded_as_from_the_command_line(world: World) -> None:
    content = file_of(*(f'new{number},"{PASSWORD}",student,' for number in range(3)))
    await world.application.accounts.account_import.import_accounts(content)
    rows = world.raw_database.query(
        "SELECT actor_id, rule, details FROM audit_rows WHERE event = 'account_created'"
        " ORDER BY account_id DESC LIMIT 3"
    )
    assert rows == [(None, "the command line", '{"role": "student"}')] * 3
    assert (await world.application.audit.verify()).faults == ()


async def test_all_names_that_are_taken_are_reported_beside_the_other_faults(world: World) -> None:
    content = file_of(
        f'new,"{PASSWORD}",student,',
        f'TOM,"{PASSWORD}",student,',
        "weak,short,student,",
        f'amy,"{PASSWORD}",student,',
    )
    assert await refused(world, content) == [
        (3, "identifier"),
        (4, "password"),
        (5, "identifier"),
    ]


async def test_of_a_file_and_an_account_of_the_same_name_at_once_either_is_whole(
    world: World,
) -> None:
    content = file_of(f'first,"{PASSWORD}",student,', f'second,"{PASSWORD}",student,')
    new = NewAccount("second", PASSWORD, AccountRole.STUDENT)

    add = world.application.accounts.administration.add
    racing = [
        asyncio.ensure_future(world.application.accounts.account_import.import_accounts(content)),
        asyncio.ensure_future(add(None, new)),
    ]
    outcomes = await asyncio.gather(*racing, return_exceptions=True)
    names = [name for (name,) in world.raw_database.query("SELECT identifier FROM accounts")]
    if isinstance(outcomes[0], ImportRefused):
        assert "first" not in names
    else:
        assert {"first", "second"} <= set(names)
    assert names.count("second") == 1


async def test_accounts_of_the_school_are_untouched_by_a_refused_file(
    world: World, school: School
) -> None:
    events = world.raw_database.events()
    await refused(world, file_of(f'new,"{PASSWORD}",student,', f'tom,"{PASSWORD}",admin,'))
    assert world.raw_database.events() == events
    assert (await world.call("GET", "/v1/me", school.tokens["tom"])).json()["role"] == "teacher"
