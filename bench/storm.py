"""The storm: 10,000 members enter one class at once. FULL=1 runs it on PostgreSQL as well."""

import time
from contextlib import ExitStack
from typing import Final

from bench.calls import entry
from bench.goals import judged
from bench.growth import is_full
from bench.load import load_process
from bench.measured import Measured
from bench.postgresql import PostgresqlServer, postgresql_server
from bench.school import School, fetch_number, fill
from bench.service import new_database, serving
from bench.tables import Cell, Table
from bench.targets import Round, measure_round

MEMBERS: Final = 10_000
CONNECTIONS: Final = 500
SCHOOL: Final = School(  # with the host
    accounts=MEMBERS + 1, classes=1, members=MEMBERS + 1, live_classes=1, are_present=False
)

_LEASES: Final = "FROM leases WHERE kind = 'entry' AND ended_at IS NULL"
_COUNTS: Final = {
    "leases": f"SELECT count(*) {_LEASES}",
    "accounts with a lease": f"SELECT count(DISTINCT account_id) {_LEASES}",
    "present": "SELECT count(DISTINCT account_id) FROM presences WHERE left_at IS NULL",
    "audit rows": "SELECT count(*) FROM audit_rows WHERE event = 'entry_issued'",
    "memberships": "SELECT count(*) FROM memberships WHERE classroom_id = 1",
}


def measure() -> Table:
    """Measure the seconds until all are in, and count what the database holds afterwards."""
    rows: list[tuple[Cell, ...]] = []
    goals: dict[str, Measured] = {}
    with ExitStack() as stack:
        servers: dict[str, PostgresqlServer | None] = {"SQLite": None}
        if is_full():
            servers["PostgreSQL"] = stack.enter_context(postgresql_server())
        for name, server in servers.items():
            done, counts = _storm(server)
            goal = f"10,000 entries, {name}"
            goals[goal] = Measured.of([done.result.seconds])
            rows.append(_row(name, done, counts, judged(goal, done.result.seconds)))
    return Table(
        title=f"Storm: {MEMBERS:,} members enter one class over {CONNECTIONS} connections",
        note=(
            "lost: members without an open lease, presence, membership or audit row. "
            "doubled: open leases, memberships or audit rows beyond one for each member."
        ),
        columns=(
            *("database", "seconds", "entries/s", "p50 ms", "p99 ms", "errors"),
            *("lost", "doubled", "CPU ms", "goal"),
        ),
        rows=rows,
        goals=goals,
    )


def _storm(server: PostgresqlServer | None) -> tuple[Round, dict[str, int]]:
    with new_database(server) as database:
        fill(database, SCHOOL)
        with load_process() as load, serving(database, server) as target:
            call = entry(SCHOOL)
            count = len(call.requests)
            done = measure_round(load, target, call, connections=CONNECTIONS, count=count)
            time.sleep(1)  # presence is written once a second
            counts = {name: fetch_number(database, query) for name, query in _COUNTS.items()}
    return done, counts


def _row(name: str, done: Round, counts: dict[str, int], goal: str) -> tuple[Cell, ...]:
    return (
        name,
        done.result.seconds,
        done.per_second,
        done.result.p50,
        done.result.p99,
        done.result.errors,
        *lost_and_doubled(counts, entered=MEMBERS, members=MEMBERS + 1),
        done.cpu_ms,
        goal,
    )


def lost_and_doubled(counts: dict[str, int], entered: int, members: int) -> tuple[int, int]:
    """Return how many entries left too little in the database, and how many too much."""
    expected = {**dict.fromkeys(counts, entered), "memberships": members}
    lost = max(max(0, expected[name] - found) for name, found in counts.items())
    doubled = max(max(0, found - expected[name]) for name, found in counts.items())
    return lost, max(doubled, counts["leases"] - counts["accounts with a lease"])
