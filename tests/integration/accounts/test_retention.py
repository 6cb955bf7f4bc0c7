"""What is over is removed after 30 days, and takes nothing along that is still needed."""

from typing import Any

import pytest
from sqlalchemy.dialects import sqlite
from tests.support.harness import Opener, World, problem
from tests.support.legacy_client import LegacyClient
from tests.support.school import LIVE, PASSWORD, School

from classgate.accounts import known_address_repository, session_repository
from classgate.accounts.retention import Remove
from classgate.leases import repository as lease_repository
from classgate.storage.database import from_microseconds
from classgate.storage.statements import Statement, Values

DAY = 24 * 3600
SIGNATURE = {"type": "single_use", "file_path": f"/classes/{LIVE}/direct/a.pdf"}


async def lease_of(world: World, path: str, token: str, body: object = None) -> str:
    answer = await world.call("POST", path, token, body)
    assert answer.is_success, answer.text
    found: str = answer.json()["lease_id"]
    return found


def leases(world: World) -> set[str]:
    return {row[0] for row in world.raw_database.query("SELECT lease_id FROM leases")}


def sessions(world: World) -> set[str]:
    return {row[0] for row in world.raw_database.query("SELECT session_id FROM sessions")}


async def test_everything_that_is_over_goes_after_30_days(world: World, school: School) -> None:
    """The longest session of the school lives seven days."""
    amy, tom = school.tokens["amy"], school.tokens["tom"]
    await lease_of(world, "/v1/user-sig", amy)
    answer = await world.call("POST", "/v1/cos/signature", tom, SIGNATURE)
    assert answer.status_code == 200, answer.text
    world.raw_database.change("DELETE FROM rate_limits")  # over a server, the log-ins left some
    before = leases(world), sessions(world)
    audit = world.raw_database.query("SELECT count(*) FROM audit_rows")
    assert await world.application.accounts.retention.run_once() == 0
    world.clock.advance(days=29)
    assert await world.application.accounts.retention.run_once() == 0
    assert (leases(world), sessions(world)) == before
    world.clock.advance(days=8, seconds=1)
    assert await world.application.accounts.retention.run_once() > 0
    assert (leases(world), sessions(world)) == (set(), set())
    assert world.raw_database.query("SELECT count(*) FROM known_addresses") == [(0,)]
    assert world.raw_database.query("SELECT count(*) FROM audit_rows") == audit
    verdict = await world.application.audit.verify()
    assert not verdict.faults


async def test_ended_lease_goes_30_days_after_its_end(world: World, school: School) -> None:
    token = await world.log_in("amy", PASSWORD)
    lease = await lease_of(world, "/v1/user-sig", token)
    kept = await lease_of(world, "/v1/user-sig", school.tokens["amy"])
    await world.call("DELETE", "/v1/sessions/current", token)
    session_count = len(sessions(world))
    world.clock.advance(days=30)
    await world.application.accounts.retention.run_once()
    assert lease in leases(world)  # what was given under it lived for a day more
    world.clock.advance(days=1, seconds=1)
    await world.application.accounts.retention.run_once()
    assert lease not in leases(world)
    assert kept in leases(world)
    assert len(sessions(world)) == session_count - 1


async def test_what_is_good_stays_and_is_renewed(open_with: Opener, school: School) -> None:
    long = {"session_lifetime": 90 * DAY, "idle_lifetime": 90 * DAY}
    async with open_with(accounts=long) as world:
        token = await world.log_in("amy", PASSWORD)
        lease = await lease_of(world, "/v1/user-sig", token)
        world.clock.advance(days=89)
        await world.application.accounts.retention.run_once()
        answer = await world.call("POST", f"/v1/leases/{lease}/renew", token)
        assert answer.status_code == 200, answer.text


async def test_next_user_sig_is_later_than_all_before_though_leases_went(
    world: World, school: School
) -> None:
    """A UserSig that was given while the clock was ahead is not forgotten before it expires."""
    amy, root = school.tokens["amy"], school.tokens["root"]
    world.clock.jump(hours=1)
    before = (await world.call("POST", "/v1/user-sig", amy)).json()["issued_at"]
    await world.call("DELETE", "/v1/sessions/current", amy)
    world.clock.jump(hours=-1)
    await world.application.accounts.retention.run_once()
    await world.call("PATCH", "/v1/admin/accounts/amy", root, {"disabled": True})
    await world.call("PATCH", "/v1/admin/accounts/amy", root, {"disabled": False})
    token = await world.log_in("amy", PASSWORD)
    assert (await world.call("POST", "/v1/user-sig", token)).json()["issued_at"] > before
    world.clock.advance(days=40)
    await world.application.accounts.retention.run_once()
    assert leases(world) == set()
    kicked_at = world.clock.unix
    await world.application.accounts.administration.change(None, "amy", disabled=True)
    await world.application.accounts.administration.change(None, "amy", disabled=False)
    token = await world.log_in("amy", PASSWORD)
    assert (await world.call("POST", "/v1/user-sig", token)).json()["issued_at"] > kicked_at


async def test_name_of_a_folder_is_held_though_its_leases_went(
    open_with: Opener, school: School
) -> None:
    async with open_with(legacy={"enabled": True, "lenient": True}) as world:
        client = LegacyClient(world)
        await client.log_in("amy", PASSWORD)
        await client.data("cos/get_sign", "amy", type=0)
        world.clock.advance(days=40)
        await world.application.accounts.retention.run_once()
        assert leases(world) == set()
        for name in ("amy", "stan"):  # stan had no folder
            await world.application.account_deletion.delete_account(None, name)
        root = await world.log_in("root", PASSWORD)
        body = {
            "accounts": [
                {"identifier": name, "password": PASSWORD, "role": "student"}
                for name in ("amy", "stan")
            ]
        }
        made = await world.call("POST", "/v1/admin/accounts", root, body)
        results = {each["identifier"]: each["status"] for each in made.json()["results"]}
        assert results == {"amy": "failed", "stan": "created"}


async def test_open_upload_outlives_its_lease(world: World, school: School) -> None:
    """Whoever opened it gets keys under a new lease."""
    world.clock.advance(days=45)
    await world.application.accounts.retention.run_once()
    assert leases(world) == set()
    tom = await world.log_in("tom", PASSWORD)
    path = f"/v1/uploads/{school.uploads[LIVE, 'tom']}/credentials"
    answer = await world.call("POST", path, tom)
    assert answer.status_code == 200, answer.text
    assert answer.json()["lease_id"] in leases(world)


async def test_removed_lease_is_not_renewed(world: World, school: School) -> None:
    lease = await lease_of(world, "/v1/user-sig", school.tokens["amy"])
    world.clock.advance(days=40)
    await world.application.accounts.retention.run_once()
    token = await world.log_in("amy", PASSWORD)
    problem(await world.call("POST", f"/v1/leases/{lease}/renew", token), 404, "not_found")


async def test_many_rows_go_in_pieces(world: World, school: School) -> None:
    await world.settle()
    world.raw_database.change("DELETE FROM rate_limits")
    world.raw_database.change(
        "INSERT INTO leases (lease_id, kind, state, account_id, session_id, issued_at, expires_at,"
        " ended_at) WITH RECURSIVE number(n) AS"
        " (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1100)"
        " SELECT 'old' || n, 'user_sig', 'ended', 1, 's', 1, 2, 3 FROM number"
    )
    before = leases(world)
    async with world.application.database.transaction() as connection:
        removed = await world.application.leases.delete_ended(connection, from_microseconds(9), 500)
    assert removed == 500
    assert await world.application.accounts.retention.run_once() == 600
    assert leases(world) == {each for each in before if not each.startswith("old")}


@pytest.mark.on_sqlite
@pytest.mark.parametrize(
    ("remove", "index"),
    [
        (lease_repository.delete_ended, "ix_leases_over"),
        (session_repository.delete_ended, "ix_sessions_over"),
        (known_address_repository.delete_unseen, "ix_known_addresses_last_seen_at"),
    ],
)
async def test_old_rows_are_found_by_an_index(world: World, remove: Remove, index: str) -> None:
    plans: list[str] = []

    class Explained:
        """Explains a statement in the place of running it."""

        async def execute(self, statement: Statement, values: Values) -> int:
            compiled = statement.compiled(sqlite.dialect(paramstyle="qmark"))
            explain = f"EXPLAIN QUERY PLAN {compiled.text}"
            explained = world.raw_database.query(explain, *compiled.bind(values))
            plans.extend(row[3] for row in explained)
            return 0

    connection: Any = Explained()
    assert await remove(connection, from_microseconds(0), 500) == 0
    assert any(
        f"USING INDEX {index} (" in plan or f"COVERING INDEX {index} (" in plan for plan in plans
    )
    assert not any(plan.startswith("SCAN") for plan in plans), plans
    assert not any("TEMP B-TREE FOR ORDER BY" in plan for plan in plans), plans
