"""Two workers beside one, over PostgreSQL."""

from contextlib import ExitStack
from typing import Final

from bench.calls import heartbeat, hot_calls
from bench.load import load_process
from bench.measured import Measured, ratios
from bench.postgresql import postgresql_server
from bench.school import School, fill
from bench.service import new_database, serving
from bench.tables import Cell, Table
from bench.targets import Work, measure_in_turn

ROUNDS: Final = 5
SECONDS: Final = 1.0
CONNECTIONS: Final = 64
SCHOOL: Final = School(accounts=1000, classes=1000)
_CALLS: Final = ("user-sig", "heartbeat")
_WORKERS: Final = (1, 2)


def measure() -> Table:
    """Measure answers a second and CPU time of an answer, of one worker and of two."""
    rows: list[tuple[Cell, ...]] = []
    calls = [each for each in hot_calls(SCHOOL) if each.name == _CALLS[0]] + [heartbeat(SCHOOL)]
    with ExitStack() as stack:
        load = stack.enter_context(load_process())
        server = stack.enter_context(postgresql_server())
        targets = {}
        for workers in _WORKERS:
            database = stack.enter_context(new_database(server))
            fill(database, SCHOOL)
            targets[str(workers)] = stack.enter_context(serving(database, server, workers=workers))
        for call in calls:
            rounds = measure_in_turn(
                load,
                {name: Work(target, call) for name, target in targets.items()},
                connections=CONNECTIONS,
                seconds=SECONDS,
                rounds=ROUNDS,
            )
            speeds = {name: [each.per_second for each in of] for name, of in rounds.items()}
            costs = {name: [each.cpu_ms for each in of] for name, of in rounds.items()}
            rows += [
                (
                    call.name,
                    name,
                    Measured.of(speeds[name]),
                    sum(each.result.errors for each in of),
                    Measured.of(costs[name]),
                    ratios(speeds[name], speeds["1"]),
                    ratios(costs["1"], costs[name]),
                )
                for name, of in rounds.items()
            ]
    return Table(
        title="Workers over PostgreSQL",
        note=(
            f"Median of {ROUNDS} rounds of {SECONDS:.0f} s (lowest–highest), {CONNECTIONS} "
            "connections. CPU ms: of an answer, of all processes with the database. faster: "
            "answers a second, of one worker's; the load generator and the database need cores "
            "too. cheaper: one worker's CPU time of an answer divided by it."
        ),
        columns=("call", "workers", "answers/s", "errors", "CPU ms", "faster", "cheaper"),
        rows=rows,
        names=2,
        goals={},
    )
