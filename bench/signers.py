"""Each signer beside the bare primitive and the official library, in one process.

Batches alternate and are timed by the CPU time of the thread, so that other load on the machine
affects all of them alike.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.goals import judged
from bench.measured import Measured, ratios
from bench.signer_calls import signer_calls
from bench.tables import Cell, Table

ROUNDS: Final = 9
_BATCH_SECONDS: Final = 0.06

Operation = Callable[[int], object]


@dataclass(frozen=True)
class Comparison:
    """One signer and what it is compared with. The goal counts for the last yardstick."""

    name: str
    signer: Operation
    yardsticks: Sequence[tuple[str, Operation]]


def comparisons() -> list[Comparison]:
    """Return every signer with its yardsticks."""
    return [Comparison(*each) for each in signer_calls()]


def measure() -> Table:
    """Measure operations a second of each signer and of its yardsticks."""
    rows: list[tuple[Cell, ...]] = []
    goals: dict[str, Measured] = {}
    for each in comparisons():
        found = _measure(each)
        goals[each.name] = ratios(found[each.name], found[each.yardsticks[-1][0]])
        rows += _rows(each, found, goals[each.name])
    return Table(
        title="Signers beside the bare primitive and the official library",
        note=f"Operations a second of one core; median of {ROUNDS} batches (lowest–highest).",
        columns=("signer", "yardstick", "signer/s", "yardstick/s", "ratio", "goal"),
        rows=rows,
        names=2,
        goals=goals,
    )


def _measure(each: Comparison) -> dict[str, list[float]]:
    operations = {each.name: each.signer, **dict(each.yardsticks)}
    counts = {name: _count_for(operation) for name, operation in operations.items()}
    found: dict[str, list[float]] = {name: [] for name in operations}
    for _ in range(ROUNDS):
        for name, operation in operations.items():
            found[name].append(counts[name] / _seconds(operation, counts[name]))
    return found


def _rows(
    each: Comparison, found: dict[str, list[float]], goal: Measured
) -> list[tuple[Cell, ...]]:
    last = each.yardsticks[-1][0]
    return [
        (
            each.name,
            name,
            Measured.of(found[each.name]),
            Measured.of(found[name]),
            ratios(found[each.name], found[name]),
            judged(each.name, goal.median) if name == last else "–",
        )
        for name, _ in each.yardsticks
    ]


def _count_for(operation: Operation) -> int:
    """Return how many operations take about one batch; warms up."""
    count = 16
    while (seconds := _seconds(operation, count)) < _BATCH_SECONDS / 4:
        count *= 2
    return max(1, round(count * _BATCH_SECONDS / seconds))


def _seconds(operation: Operation, count: int) -> float:
    begun = time.thread_time()
    for number in range(count):
        operation(number)
    return time.thread_time() - begun
