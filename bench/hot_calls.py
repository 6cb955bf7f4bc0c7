"""The hot calls beside bare Litestar: on SQLite, and the grants on PostgreSQL as well."""

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from bench.bare_framework import bare_framework
from bench.calls import GRANTS, hot_calls
from bench.goals import judged
from bench.load import LoadProcess, load_process
from bench.measured import Measured, ratios
from bench.postgresql import postgresql_server
from bench.school import School, fill
from bench.service import new_database, serving
from bench.tables import Cell, Table
from bench.targets import BARE_CALL, Call, Round, Target, Work, measure_in_turn

ROUNDS: Final = 3
SECONDS: Final = 1.0
CONNECTIONS: Final = (16, 64)
SQLITE, POSTGRESQL, BARE = "SQLite", "PostgreSQL", "bare"
SCHOOL: Final = School(accounts=1000, classes=1000)


@dataclass
class CallRounds:
    """The rounds of one call at one number of connections: of each database and the yardstick."""

    call: Call
    connections: int
    rounds: dict[str, list[Round]]

    def cpu(self, name: str) -> list[float]:
        """Return the CPU milliseconds of an answer in each round."""
        return [each.cpu_ms for each in self.rounds[name]]

    def row(self, database: str) -> tuple[Cell, ...]:
        """Return the row of one database."""
        rounds, own = self.rounds[database], self.cpu(database)
        return (
            self.call.name,
            database,
            self.connections,
            Measured.of([each.per_second for each in rounds]),
            Measured.of([each.result.p50 for each in rounds]).median,
            Measured.of([each.result.p99 for each in rounds]).median,
            sum(each.result.errors for each in rounds),
            Measured.of(own),
            Measured.of([each.per_second for each in self.rounds[BARE]]).median,
            Measured.of(self.cpu(BARE)).median,
            ratios(self.cpu(BARE), own),
            None if database == SQLITE else ratios(self.cpu(SQLITE), own),
        )


def measure_call(
    load: LoadProcess, targets: dict[str, Target], call: Call, connections: int
) -> CallRounds:
    """Measure the yardstick and each server in turn, round by round."""
    works = {
        name: Work(target, BARE_CALL if name == BARE else call) for name, target in targets.items()
    }
    rounds = measure_in_turn(load, works, connections=connections, seconds=SECONDS, rounds=ROUNDS)
    return CallRounds(call, connections, rounds)


def measure() -> Table:
    """Measure requests a second, latencies, errors and CPU time of each call."""
    with ExitStack() as stack:
        load = stack.enter_context(load_process())
        targets = {BARE: stack.enter_context(bare_framework())}
        server = stack.enter_context(postgresql_server())
        for name, own in ((SQLITE, None), (POSTGRESQL, server)):
            database = stack.enter_context(new_database(own))
            fill(database, SCHOOL)
            targets[name] = stack.enter_context(serving(database, own))
        measured = [
            measure_call(load, _only(targets, call), call, connections)
            for call in hot_calls(SCHOOL)
            for connections in CONNECTIONS
        ]
    return _table(measured)


def _only(targets: dict[str, Target], call: Call) -> dict[str, Target]:
    return {
        name: target
        for name, target in targets.items()
        if name != POSTGRESQL or call.name in GRANTS
    }


def _table(measured: list[CallRounds]) -> Table:
    rows, goals = [], _goals(measured)
    for each in measured:
        for database in (SQLITE, POSTGRESQL):
            if database in each.rounds:
                name = f"{each.call.name}, {database}"
                goal = judged(name, goals[name].median) if name in goals else "–"
                rows.append((*each.row(database), goal))
    return Table(
        title="Hot calls beside bare Litestar",
        note=(
            f"Median of {ROUNDS} rounds of {SECONDS:.0f} s (lowest–highest). CPU ms: of an answer, "
            "of all processes with the database. of bare: CPU of bare Litestar divided by it; of "
            "SQLite: likewise. goal: to reach; better; judged by all rounds of both numbers of "
            "connections; on PostgreSQL of SQLite."
        ),
        columns=(
            "call",
            "database",
            "connections",
            "answers/s",
            "p50 ms",
            "p99 ms",
            "errors",
            "CPU ms",
            "bare answers/s",
            "bare CPU ms",
            "of bare",
            "of SQLite",
            "goal",
        ),
        rows=rows,
        names=3,
        goals=goals,
    )


def _goals(measured: list[CallRounds]) -> dict[str, Measured]:
    """Return the ratios of the goals, over the rounds at any number of connections."""
    cpu: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in measured:
        for name in each.rounds:
            cpu[each.call.name][name] += each.cpu(name)
    goals = {f"{call}, {SQLITE}": ratios(of[BARE], of[SQLITE]) for call, of in cpu.items()}
    for call in ("user-sig", "entry"):
        goals[f"{call}, {POSTGRESQL}"] = ratios(cpu[call][SQLITE], cpu[call][POSTGRESQL])
    return goals
