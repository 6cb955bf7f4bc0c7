"""People of the old backend log in with the passwords they know.

Stored passwords here were made by `printf '%s\\n' … | base64 -w0`.
"""

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import World
from tests.support.school import School, delete
from tests.support.school_settings import SDK_APP_ID

from classgate.errors import ImportRefused
from classgate.legacy.account_import.service import ACCOUNTS_AT_ONCE, LegacyImportResult

HEADER = "uid\tpwd\trole\tappid"
SHORT = ("YQo=", "a")
CHINESE = ("5a+G56CB5YWr5L2NCg==", "密码八位")
COMMON = ("MTIzNDU2Cg==", "123456")
LONGEST = (
    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQK",
    "01234567890123456789012345678901234",
)
CUT = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Cg"
MARKED = ("enFtYXJrIHpxbWFyawo=", "zqmark zqmark")


def row(uid: str, stored: str = COMMON[0], role: str = "0", app: int = SDK_APP_ID) -> str:
    return f"{uid}\t{stored}\t{role}\t{app}"


def file_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def places(outcome: LegacyImportResult | ImportRefused) -> list[tuple[int, str]]:
    return [(each.line, each.field) for each in outcome.faults]


async def refused(
    world: World, content: bytes, sdk_app_id: int | None = None, skip_faulty: bool = False
) -> list[tuple[int, str]]:
    before = world.raw_database.query("SELECT count(*) FROM accounts")
    with pytest.raises(ImportRefused) as raised:
        await world.application.legacy.account_import.import_table(
            content, sdk_app_id, skip_faulty=skip_faulty
        )
    assert world.raw_database.query("SELECT count(*) FROM accounts") == before
    return places(raised.value)


async def skipping(world: World, content: bytes) -> LegacyImportResult:
    return await world.application.legacy.account_import.import_table(content, skip_faulty=True)


async def test_people_log_in_with_their_old_passwords_in_their_old_roles(world: World) -> None:
    people = {"short": SHORT, "chinese": CHINESE, "common": COMMON, "longest": LONGEST}
    rows = [row(uid, stored) for uid, (stored, _) in people.items()]
    content = file_of(*rows, row("Old_Teacher", role="1"))
    outcome = await world.application.legacy.account_import.import_table(content)
    assert outcome == LegacyImportResult(created=5, left_out=0, faults=())
    for uid, (_, password) in people.items():
        me = await world.call("GET", "/v1/me", await world.log_in(uid, password))
        assert me.json() == {"identifier": uid, "role": "student", "display_name": uid}
    me = await world.call("GET", "/v1/me", await world.log_in("Old_Teacher", "123456"))
    assert me.json()["role"] == "teacher"
    wrong = {"identifier": "common", "password": COMMON[0]}
    assert (await world.call("POST", "/v1/sessions", body=wrong)).status_code == 401


async def test_each_is_recorded_as_from_the_old_backend(world: World) -> None:
    await world.application.legacy.account_import.import_table(
        file_of(row("new1"), row("new2", role="1"))
    )
    rows = world.raw_database.query(
        "SELECT actor_id, rule, details FROM audit_rows WHERE event = 'account_created'"
        " ORDER BY account_id DESC LIMIT 2"
    )
    rule = "the command line: import from the 2017 backend"
    assert rows == [(None, rule, '{"role":"teacher"}'), (None, rule, '{"role":"student"}')]
    assert (await world.application.audit.verify()).faults == ()


async def test_with_one_fault_nobody_is_made_and_all_faults_are_reported(
    world: World, school: School
) -> None:
    await delete(world, school, "sam")
    content = file_of(
        row("new1"),
        row("TOM"),
        row("new2", CUT),
        row("Sam"),
        row("new3", role="2"),
        row("new4", app=SDK_APP_ID + 1),
    )
    assert await refused(world, content) == [
        (3, "uid"),
        (4, "pwd"),
        (5, "uid"),
        (6, "role"),
        (7, "appid"),
    ]


async def test_faulty_rows_are_skipped_when_that_is_asked_for(world: World, school: School) -> None:
    await delete(world, school, "sam")
    content = file_of(row("new1"), row("tom"), row("new2", CUT), row("sam"), row("new3", SHORT[0]))
    outcome = await skipping(world, content)
    assert outcome.created == 2
    assert places(outcome) == [(3, "uid"), (4, "pwd"), (5, "uid")]
    assert "is taken" in outcome.faults[0].message
    assert "free again" in outcome.faults[2].message
    await world.log_in("new1", "123456")
    await world.log_in("new3", "a")
    assert (await world.call("GET", "/v1/me", school.tokens["tom"])).json()["role"] == "teacher"


async def test_second_run_makes_nobody_twice_and_changes_nobody(world: World) -> None:
    await skipping(world, file_of(row("new1"), row("new2")))
    before = world.raw_database.query("SELECT * FROM accounts ORDER BY account_id")
    outcome = await skipping(world, file_of(row("new1", SHORT[0]), row("new2", role="1")))
    assert (outcome.created, places(outcome)) == (0, [(2, "uid"), (3, "uid")])
    assert world.raw_database.query("SELECT * FROM accounts ORDER BY account_id") == before


async def test_file_that_is_no_table_is_refused_also_when_faults_are_skipped(world: World) -> None:
    broken = b'uid,pwd,role\nnew1,MTIzNDU2Cg==,0\n"new2,MTIzNDU2Cg==,0\n'
    assert await refused(world, broken, skip_faulty=True) == [(3, "")]


async def test_file_that_is_cut_off_is_refused_also_when_faults_are_skipped(world: World) -> None:
    whole = b"uid,role,pwd\nnew1,0,MTIzNDU2Cg==\nnew2,0,MTIzNDU2Cg==\n"
    cut = whole.removesuffix(b"Cg==\n")  # where the password would end in a line end
    assert await refused(world, cut, skip_faulty=True) == [(3, "")]
    assert (await skipping(world, whole)).created == 2


async def test_rows_of_the_application_that_is_named_are_made_alone(world: World) -> None:
    content = file_of(
        row("here", app=SDK_APP_ID), row("there", app=1400000555), row("cut", CUT, app=SDK_APP_ID)
    )
    outcome = await world.application.legacy.account_import.import_table(content, 1400000555)
    assert outcome == LegacyImportResult(created=1, left_out=2, faults=())
    await world.log_in("there", "123456")
    names = [name for (name,) in world.raw_database.query("SELECT identifier FROM accounts")]
    assert "here" not in names


async def test_what_was_made_before_an_interruption_stays_and_a_second_run_goes_on(
    world: World,
) -> None:
    total = ACCOUNTS_AT_ONCE + 10
    content = file_of(*(row(f"new{number}") for number in range(total)))
    reported: list[int] = []

    def interrupt(done: int, of: int) -> None:
        assert of == total
        reported.append(done)
        if done > ACCOUNTS_AT_ONCE:
            raise InterruptedError

    made_so_far: list[int] = []
    with pytest.raises(InterruptedError):
        await world.application.legacy.account_import.import_table(
            content, progress=interrupt, written=made_so_far.append
        )
    assert made_so_far == [ACCOUNTS_AT_ONCE]
    assert reported[:ACCOUNTS_AT_ONCE] == list(range(1, ACCOUNTS_AT_ONCE + 1))
    made = "SELECT count(*) FROM accounts WHERE identifier LIKE 'new%'"
    assert world.raw_database.query(made) == [(ACCOUNTS_AT_ONCE,)]
    assert len(await refused(world, content)) == ACCOUNTS_AT_ONCE
    outcome = await skipping(world, content)
    assert (outcome.created, len(outcome.faults)) == (10, ACCOUNTS_AT_ONCE)
    assert world.raw_database.query(made) == [(total,)]
    assert (await world.application.audit.verify()).faults == ()


@pytest.mark.parametrize("skip_faulty", [False, True])
async def test_whose_name_is_taken_meanwhile_is_reported_and_all_others_are_made(
    world: World, skip_faulty: bool
) -> None:
    def somebody_is_faster(done: int, _total: int) -> None:
        if done == 1:
            world.raw_database.change(
                "INSERT INTO accounts (identifier, identifier_folded, display_name, role,"
                " password_hash, disabled, created_at, signatures_after, has_personal_folder)"
                " SELECT 'NEW2', 'new2', 'faster', role, password_hash, disabled, created_at,"
                " signatures_after, has_personal_folder FROM accounts WHERE identifier = 'amy'"
            )

    outcome = await world.application.legacy.account_import.import_table(
        file_of(row("new1"), row("new2"), row("new3")),
        skip_faulty=skip_faulty,
        progress=somebody_is_faster,
    )
    assert (outcome.created, places(outcome)) == (2, [(3, "uid")])
    await world.log_in("new1", "123456")
    await world.log_in("new3", "123456")
    faster = world.raw_database.query(
        "SELECT display_name FROM accounts WHERE identifier_folded='new2'"
    )
    assert faster == [("faster",)]


async def test_no_password_is_left_in_the_log_or_in_the_database(
    world: World, captured_log: CapturedLog
) -> None:
    content = file_of(
        row("new1", MARKED[0]), row(MARKED[0], MARKED[1]), row("new2", MARKED[0] + "*", MARKED[1])
    )
    outcome = await skipping(world, content)
    assert outcome.created == 1
    await world.log_in("new1", MARKED[1])
    everything = captured_log.getvalue().encode() + world.raw_database.stored_bytes()
    assert b"new1" in everything
    assert b"zqmark" not in everything + repr(outcome).encode()
    assert MARKED[0].encode() not in everything + repr(outcome).encode()
