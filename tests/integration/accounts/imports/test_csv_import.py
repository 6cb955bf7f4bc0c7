"""A file of accounts is imported whole or not at all."""

import asyncio

import pytest
from tests.support.harness import World
from tests.support.school import PASSWORD, School

from classgate.accounts.imports.service import ImportOutcome, OnExisting
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
    assert made == ImportOutcome(created=2)
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
    assert rows == [(None, "the command line", '{"role":"student"}')] * 3
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


async def of(world: World, identifier: str) -> tuple[object, ...]:
    (row,) = world.raw_database.query(
        "SELECT role, display_name, password_hash FROM accounts WHERE identifier = ?", identifier
    )
    return row


async def test_existing_accounts_are_skipped_and_counted(world: World, school: School) -> None:
    content = file_of(f'AMY,"{PASSWORD}",teacher,Other', f'new,"{PASSWORD}",student,New')
    before = await of(world, "amy")
    importer = world.application.accounts.account_import
    outcome = await importer.import_accounts(content, on_existing=OnExisting.SKIP)
    assert outcome == ImportOutcome(created=1, skipped=1)
    assert await of(world, "amy") == before
    assert (await world.call("GET", "/v1/me", school.tokens["amy"])).status_code == 200
    assert await world.log_in("new", PASSWORD)


async def test_existing_accounts_get_role_and_name_but_no_password(
    world: World, school: School
) -> None:
    content = file_of("amy,,student,陈爱美", "sam,,teacher,", f'new,"{PASSWORD}",student,')
    password_hash = (await of(world, "amy"))[2]
    importer = world.application.accounts.account_import
    outcome = await importer.import_accounts(content, on_existing=OnExisting.UPDATE)
    assert outcome == ImportOutcome(created=1, updated=2)
    assert await of(world, "amy") == ("student", "陈爱美", password_hash)
    assert (await of(world, "sam"))[:2] == ("teacher", "sam")
    # A new role ends the sessions; a new name does not.
    assert (await world.call("GET", "/v1/me", school.tokens["amy"])).status_code == 200
    assert (await world.call("GET", "/v1/me", school.tokens["sam"])).status_code == 401


async def test_update_that_changes_nothing_writes_nothing(world: World, school: School) -> None:
    content = file_of("amy,,student,陈爱美", "sam,,student,")
    importer = world.application.accounts.account_import
    await importer.import_accounts(content, on_existing=OnExisting.UPDATE)
    rows = world.raw_database.events()
    outcome = await importer.import_accounts(content, on_existing=OnExisting.UPDATE)
    assert outcome == ImportOutcome(created=0, skipped=2)
    assert world.raw_database.events() == rows


async def test_one_fault_keeps_an_update_from_changing_anything(
    world: World, school: School
) -> None:
    content = file_of("amy,,teacher,Other", "new,,student,")
    before = await of(world, "amy")
    importer = world.application.accounts.account_import
    with pytest.raises(ImportRefused) as raised:
        await importer.import_accounts(content, on_existing=OnExisting.UPDATE)
    (fault,) = raised.value.faults
    assert (fault.line, fault.field) == (3, "password")
    assert fault.message == "a new account needs a password"
    assert await of(world, "amy") == before
