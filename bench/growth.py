"""The same calls in schools of different size. FULL=1 adds the largest school and audit."""

import os
from collections import defaultdict
from contextlib import ExitStack
from typing import Final

from bench.audit_rows import add_audit_rows
from bench.calls import hot_calls
from bench.goals import judged
from bench.load import load_process
from bench.measured import Measured, ratios
from bench.school import School, fill
from bench.service import new_database, serving
from bench.tables import Cell, Table
from bench.targets import Target, Work, measure_in_turn

ROUNDS: Final = 5
SECONDS: Final = 0.4
CONNECTIONS: Final = 16
FEW: Final = "1,000 accounts, 1,000 classes"
_GOAL: Final = "growth, the largest"
SCHOOLS: Final = {
    FEW: School(accounts=1000, classes=1000),
    "100,000 accounts": School(accounts=100_000, classes=1000),
    "10 classes": School(accounts=1000, classes=10),
    "100,000 classes": School(accounts=1000, classes=100_000),
}
FULL_SCHOOLS: Final = {
    "1,000,000 accounts, 100,000 classes": School(accounts=1_000_000, classes=100_000),
}
FULL_AUDIT_ROWS: Final = 10_000_000

Found = dict[str, dict[str, list[float]]]


def is_full() -> bool:
    """Return whether FULL=1 was asked for."""
    return os.environ.get("FULL", "") not in {"", "0"}


def measure() -> Table:
    """Measure each call in each school in turn, round by round."""
    schools = {**SCHOOLS, **(FULL_SCHOOLS if is_full() else {})}
    found: Found = defaultdict(lambda: defaultdict(list))
    errors: dict[str, int] = defaultdict(int)
    with ExitStack() as stack:
        load = stack.enter_context(load_process())
        targets = {name: _open(stack, name, school) for name, school in schools.items()}
        calls = {name: hot_calls(school) for name, school in schools.items()}
        for number, call in enumerate(calls[FEW]):
            works = {name: Work(targets[name], calls[name][number]) for name in targets}
            measured = measure_in_turn(
                load, works, connections=CONNECTIONS, seconds=SECONDS, rounds=ROUNDS
            )
            for name, rounds in measured.items():
                found[call.name][name] = [each.cpu_ms for each in rounds]
                errors[call.name] += sum(each.result.errors for each in rounds)
    return _table(list(schools), found, errors)


def _open(stack: ExitStack, name: str, school: School) -> Target:
    database = stack.enter_context(new_database(None))
    fill(database, school)
    if name in FULL_SCHOOLS:
        add_audit_rows(database, FULL_AUDIT_ROWS)
    return stack.enter_context(serving(database))


def _table(schools: list[str], found: Found, errors: dict[str, int]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    worst: Measured | None = None
    for call, of in found.items():
        factors = {name: ratios(of[name], of[FEW]) for name in schools if name != FEW}
        largest = max(factors.values(), key=lambda each: each.median)
        if worst is None or largest.median > worst.median:
            worst = largest
        rows.append(
            (
                call,
                Measured.of(of[FEW]),
                *factors.values(),
                errors[call],
                judged(_GOAL, largest.median),
            )
        )
    assert worst is not None
    return Table(
        title="Growth: CPU of an answer, relative to the small school",
        note=(
            f"CPU ms at {FEW}; then the factors of schools that differ in what the column says. "
            f"Median of {ROUNDS} rounds of {SECONDS} s (lowest–highest), SQLite."
        ),
        columns=("call", "CPU ms", *(name for name in schools if name != FEW), "errors", "goal"),
        rows=rows,
        goals={_GOAL: worst},
    )
