"""No record, no credential; and no change to the record that does not show."""

import json
from typing import Any

import pytest
from tests.support.harness import World, problem
from tests.support.school import LIVE, PASSWORD, PDF, School
from tests.support.school_settings import AUDIT_KEY

from classgate.audit.chain import AuditKey, AuditKeys
from classgate.audit.models import ChainHead
from classgate.audit.service import AuditLog
from classgate.signing.encoding import from_epoch

# ── no record, no credential ────────────────────────────────────────────────────────────────────

SIGNATURE = {"type": 0, "file_path": f"/classes/{LIVE}/direct/a"}
GIFTS = {
    "session_opened": ("/v1/sessions", None, {"identifier": "amy", "password": PASSWORD}),
    "user_sig_issued": ("/v1/user-sig", "amy", None),
    "user_sig_renewed": ("/v1/leases/{user sig}/renew", "amy", None),
    "entry_issued": (f"/v1/classrooms/{LIVE}/entry", "amy", None),
    "entry_renewed": ("/v1/leases/{entry}/renew", "amy", None),
    "upload_credentials_requested": (f"/v1/classrooms/{LIVE}/uploads", "tom", PDF),
    "upload_credentials_issued": (f"/v1/classrooms/{LIVE}/uploads", "tom", PDF),
    "upload_credentials_renewed": ("/v1/uploads/{upload}/credentials", "tom", None),
    "cos_signature_issued": ("/v1/cos/signature", "tom", SIGNATURE),
}


async def _paths(world: World, school: School) -> dict[str, str]:
    granted = (await world.call("POST", "/v1/user-sig", school.tokens["amy"])).json()
    return {
        "{user sig}": granted["lease_id"],
        "{entry}": school.leases[LIVE, "amy"],
        "{upload}": school.uploads[LIVE, "tom"],
    }


@pytest.mark.parametrize("event", GIFTS)
async def test_what_cannot_be_recorded_is_not_given(
    world: World, school: School, event: str
) -> None:
    path, who, body = GIFTS[event]
    for name, value in (await _paths(world, school)).items():
        path = path.replace(name, value)
    token = None if who is None else school.tokens[who]
    given, leases = world.raw_database.given(), world.raw_database.open_leases()
    sessions = world.raw_database.query("SELECT count(*) FROM sessions")
    world.raw_database.refuse_records(f"NEW.event = '{event}'")
    answer = await world.call("POST", path, token, body)
    problem(answer, 500, "internal_error")
    assert world.raw_database.given() == given
    assert world.raw_database.open_leases() == leases
    assert world.raw_database.query("SELECT count(*) FROM sessions") == sessions
    await world.settle()
    world.raw_database.take_records()
    assert (await world.call("POST", path, token, body)).is_success
    assert (await world.application.audit.verify()).faults == ()


async def test_nothing_is_given_while_the_audit_is_gone(world: World, school: School) -> None:
    leases = world.raw_database.open_leases()
    world.raw_database.change("ALTER TABLE audit_rows RENAME TO elsewhere")
    for path, who, body in GIFTS.values():
        if "{" not in path:
            token = None if who is None else school.tokens[who]
            answer = await world.call("POST", path, token, body)
            problem(answer, 503, "service_unavailable")
            assert int(answer.headers["retry-after"]) >= 1
    assert world.raw_database.open_leases() == leases


# ── what is recorded ────────────────────────────────────────────────────────────────────────────


async def test_gift_is_recorded_with_its_rule_and_fingerprints(
    world: World, school: School
) -> None:
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["stan"])
    entry_credentials = answer.json()
    listed = await world.call("GET", "/v1/admin/audit?limit=1", school.tokens["root"])
    (row,) = listed.json()["items"]
    key = AuditKey(AUDIT_KEY)
    assert {name: row[name] for name in row if name not in {"chain", "seq", "mac"}} == {
        "at": world.clock.unix,
        "event": "entry_issued",
        "account_id": row["actor_id"],
        "identifier": "stan",
        "actor_id": row["account_id"],
        "actor": "stan",
        "classroom_id": LIVE,
        "lease_id": entry_credentials["lease_id"],
        "rule": "student on stage of the class, inside its window",
        "fingerprints": [
            key.fingerprint(entry_credentials["user_sig"]),
            key.fingerprint(entry_credentials["private_map_key"]),
        ],
        "request_id": answer.headers["x-request-id"],
        "details": {
            "expires_at": entry_credentials["expires_at"],
            "privileges": 190,
            "private_map_key_expires_at": entry_credentials["private_map_key_expires_at"],
            "role": "student",
        },
    }


async def test_fingerprint_tells_nothing_without_the_key(world: World, school: School) -> None:
    token = school.tokens["amy"]
    assert AuditKey(AUDIT_KEY).fingerprint(token) in " ".join(world.raw_database.texts())
    assert AuditKey("another key " * 4).fingerprint(token) not in " ".join(
        world.raw_database.texts()
    )


async def test_audit_is_filtered_and_paged(world: World, school: School) -> None:
    root = school.tokens["root"]

    async def events(query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = (
                await world.call("GET", f"/v1/admin/audit?{query}&limit=7{cursor}", root)
            ).json()
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={page['next_cursor']}"

    written = len(world.raw_database.events())
    everything = await events("")
    assert len(everything) == written
    assert len({(row["chain"], row["seq"]) for row in everything}) == len(everything)
    assert [row["at"] for row in everything] == sorted((r["at"] for r in everything), reverse=True)
    of_kim = await events("identifier=KIM")
    assert {row["identifier"] for row in of_kim} == {"kim"}
    assert "member_kicked" in {row["event"] for row in of_kim}
    assert {row["classroom_id"] for row in await events(f"classroom_id={LIVE}")} == {LIVE}
    world.clock.advance(hours=1)
    await world.log_in("amy", PASSWORD)
    since = await events(f"since={world.clock.unix}")
    assert [row["event"] for row in since] == ["user_sig_issued", "session_opened"]


async def test_refused_log_in_leaves_no_trace_of_a_gift(world: World) -> None:
    given = world.raw_database.given()
    body = {"identifier": "amy", "password": "not her password"}
    await world.call("POST", "/v1/sessions", body=body)
    assert world.raw_database.given() == given


# ── chains ──────────────────────────────────────────────────────────────────────────────────────


async def _faults(world: World, *expected: ChainHead) -> tuple[str, ...]:
    return (await world.application.audit.verify(expected)).faults


async def test_untouched_chains_are_unbroken(world: World) -> None:
    await world.log_in("amy", PASSWORD)
    await world.application.audit.checkpoint()
    verdict = await world.application.audit.verify()
    assert verdict.faults == ()
    assert verdict.chains == 1  # begun by the process that made the school, and continued
    assert verdict.rows == len(world.raw_database.events())


CHANGES = {
    "at": "at + 1",
    "event": "'member_set'",
    "account_id": "account_id + 1",
    "actor_id": "NULL",
    "classroom_id": "coalesce(classroom_id, 0) + 1",
    "lease_id": "'l0'",
    "rule": "'another rule'",
    "fingerprints": "''",
    "request_id": "'r0'",
    "details": "'{}'",
    "previous": "mac",
    "mac": "previous",
    "seq": "seq + 1000",
    "chain": "'0000000000000000'",
}


@pytest.mark.parametrize("column", CHANGES)
async def test_changed_row_is_found(world: World, column: str) -> None:
    changed = world.raw_database.change(
        f"UPDATE audit_rows SET {column} = {CHANGES[column]}"  # noqa: S608 — names from above
        " WHERE seq = (SELECT max(seq) FROM audit_rows WHERE event = 'entry_issued')"
    )
    assert changed == 1
    assert await _faults(world)


async def test_table_has_no_column_that_a_change_would_not_show_in(world: World) -> None:
    assert world.raw_database.columns("audit_rows") == set(CHANGES)


@pytest.mark.parametrize("seq", [1, 2, 30])
async def test_removed_row_is_found(world: World, seq: int) -> None:
    assert world.raw_database.change("DELETE FROM audit_rows WHERE seq = ?", seq) == 1
    assert any(f"row {seq} is missing" in each for each in await _faults(world))


async def test_inserted_row_is_found(world: World) -> None:
    world.raw_database.change(
        "INSERT INTO audit_rows SELECT chain, seq + 1, mac, mac, at, event, account_id, actor_id,"
        " classroom_id, lease_id, rule, fingerprints, request_id, details FROM audit_rows"
        " ORDER BY seq DESC LIMIT 1"
    )
    assert await _faults(world)


async def test_two_rows_that_changed_places_are_found(world: World) -> None:
    for before, after in ((5, 10005), (6, 5), (10005, 6)):
        world.raw_database.change("UPDATE audit_rows SET seq = ? WHERE seq = ?", after, before)
    assert len(await _faults(world)) >= 2


async def test_chain_of_another_key_is_found(world: World) -> None:
    forger = AuditLog(
        world.application.database, AuditKeys(AuditKey("a key of one's own " * 2)), world.clock
    )
    await forger.acknowledge_break()  # which writes without asking for the key of the others
    (fault,) = await _faults(world)
    assert "was changed after it was written, or audit.key is another one" in fault


async def test_cut_tail_below_a_checkpoint_is_found(world: World) -> None:
    """By the checkpoint of a later process, which stands in another chain."""
    world.raw_database.change("UPDATE audit_chains SET key_name = NULL")  # nobody continues it
    await world.application.audit.checkpoint()
    assert await _faults(world) == ()
    ((oldest,),) = world.raw_database.query("SELECT chain FROM audit_rows ORDER BY at, seq LIMIT 1")
    ((newest,),) = world.raw_database.query(
        "SELECT max(seq) FROM audit_rows WHERE chain = ?", oldest
    )
    world.raw_database.change("DELETE FROM audit_rows WHERE chain = ? AND seq = ?", oldest, newest)
    faults = await _faults(world)
    assert any("checkpoint" in each and f"row {newest}" in each for each in faults)


async def test_removed_chain_is_found_by_a_checkpoint(world: World) -> None:
    await world.application.audit.checkpoint()
    ((oldest,),) = world.raw_database.query("SELECT chain FROM audit_rows ORDER BY at, seq LIMIT 1")
    world.raw_database.change("DELETE FROM audit_rows WHERE chain = ?", oldest)
    assert await _faults(world)


async def test_tail_cut_with_its_checkpoint_is_found_by_a_head_written_down(world: World) -> None:
    await world.log_in("amy", PASSWORD)
    await world.application.audit.checkpoint()
    ((chain, seq, mac),) = world.raw_database.query(
        "SELECT chain, seq, mac FROM audit_rows ORDER BY at DESC, seq DESC LIMIT 1"
    )
    assert await _faults(world, ChainHead(chain, seq, mac)) == ()
    world.raw_database.change("DELETE FROM audit_rows WHERE chain = ?", chain)
    assert any("the table of heads" in each for each in await _faults(world))
    # Whoever can cut the rows can cut the table too; what was written down elsewhere tells.
    world.raw_database.change("DELETE FROM audit_chains WHERE chain = ?", chain)
    assert await _faults(world) == ()
    assert any(
        "the head given" in each for each in await _faults(world, ChainHead(chain, seq, mac))
    )


async def test_checkpoint_logs_a_head_that_verify_takes(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ((chain, seq, mac),) = world.raw_database.query("SELECT chain, seq, mac FROM audit_chains")
    own = await world.application.audit.checkpoint()
    assert own is not None
    assert await _faults(world, own) == ()
    ((details,),) = world.raw_database.query(
        "SELECT details FROM audit_rows ORDER BY at DESC, seq DESC LIMIT 1"
    )
    assert json.loads(details) == {chain: f"{seq}:{mac}"}


async def test_a_checkpoint_writes_down_only_what_moved_since_the_last(world: World) -> None:
    first = await world.application.audit.checkpoint()
    await world.application.audit.checkpoint()
    ((details,),) = world.raw_database.query(
        "SELECT details FROM audit_rows ORDER BY at DESC, seq DESC LIMIT 1"
    )
    assert first is not None
    assert json.loads(details) == {first.chain: f"{first.seq}:{first.mac}"}


async def test_chain_goes_on_after_a_transaction_that_failed(world: World, school: School) -> None:
    for _ in range(3):
        await world.log_in("amy", PASSWORD)
        body = {"title": "x", "members": [{"identifier": "nobody", "role": "student"}]}
        answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
        assert answer.status_code == 400
    assert await _faults(world) == ()


async def test_lease_without_end_is_recorded_as_such(world: World, school: School) -> None:
    await world.call("POST", "/v1/cos/signature", school.tokens["tom"], SIGNATURE)
    ((expires_at, issued_at),) = world.raw_database.query(
        "SELECT expires_at, issued_at FROM leases WHERE kind = 'cos_signature'"
    )
    assert expires_at is None
    assert from_epoch(issued_at // 1_000_000) <= world.clock()


@pytest.mark.on_sqlite  # elsewhere a column takes nothing of another type
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mac", "é"),
        ("previous", "é"),
        ("at", "x"),
        ("at", 2**63 - 1),
        ("details", b"\xff"),
        ("mac", b"\xff"),
    ],
)
async def test_a_row_that_cannot_be_read_is_a_fault_and_not_a_crash(
    world: World, column: str, value: object
) -> None:
    await world.log_in("amy", PASSWORD)
    statement = f"UPDATE audit_rows SET {column} = ? WHERE seq = 1"  # noqa: S608
    world.raw_database.change(statement, value)
    assert await _faults(world)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_chains",
        "UPDATE audit_chains SET seq = 1, mac ="
        " (SELECT mac FROM audit_rows AS a WHERE a.seq = 1 AND a.chain = audit_chains.chain)",
    ],
)
async def test_a_table_of_heads_that_was_set_back_is_found(world: World, statement: str) -> None:
    await world.log_in("amy", PASSWORD)
    assert await _faults(world) == ()
    world.raw_database.change(statement)
    assert any("ends before it" in each for each in await _faults(world))
