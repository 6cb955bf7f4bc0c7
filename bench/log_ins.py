"""Log-ins beside the argon2 check alone, and heartbeats while a flood of log-ins runs."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from argon2 import PasswordHasher

from bench.calls import heartbeat, legacy_log_in, log_in
from bench.goals import judged
from bench.hot_calls import SCHOOL
from bench.load import LoadProcess, Result, load_process
from bench.measured import Measured, ratios
from bench.school import PASSWORD, fill
from bench.service import new_database, serving
from bench.tables import Cell, Table
from bench.targets import Call, Round, Target, measure_round, plan_for

ROUNDS: Final = 5
SECONDS: Final = 2.0
CONNECTIONS: Final = 16
HEARTBEATS_PER_SECOND: Final = 100
THREADS: Final = 2  # check passwords in the service
_P99: Final = "heartbeat p99 under log-ins"


def measure() -> Table:
    """Measure log-ins of both APIs, argon2 checks, and the heartbeat's p99 with and without."""
    with ExitStack() as stack:
        load = stack.enter_context(load_process())
        flood = stack.enter_context(load_process())
        checks = stack.enter_context(ThreadPoolExecutor(THREADS))
        database = stack.enter_context(new_database(None))
        fill(database, SCHOOL)
        target = stack.enter_context(serving(database))
        check_ms, log_ins = _measure_log_ins(load, target, checks)
        calm, flooded = _measure_heartbeats(load, flood, target)
    return _table(check_ms, log_ins, calm, flooded)


def _measure_log_ins(
    load: LoadProcess, target: Target, threads: ThreadPoolExecutor
) -> tuple[list[float], dict[str, list[Round]]]:
    """Return the CPU milliseconds of a check, and the rounds of each kind of log-in."""
    check = _argon2_check()
    check_ms: list[float] = []
    calls = [log_in(SCHOOL), legacy_log_in(SCHOOL)]
    rounds: dict[str, list[Round]] = {call.name: [] for call in calls}
    for number in range(ROUNDS + 1):
        cost = _cpu_of_checks(threads, check)
        found = {
            call.name: measure_round(load, target, call, connections=CONNECTIONS, seconds=SECONDS)
            for call in calls
        }
        if number:  # the first warms up
            check_ms.append(cost)
            for name, each in found.items():
                rounds[name].append(each)
    return check_ms, rounds


def _argon2_check() -> Callable[[], object]:
    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    stored = hasher.hash(PASSWORD)
    return lambda: hasher.verify(stored, PASSWORD)


def _cpu_of_checks(threads: ThreadPoolExecutor, check: Callable[[], object]) -> float:
    """Return the CPU milliseconds of one check, in as many threads as the service has."""
    deadline = time.perf_counter() + SECONDS

    def run() -> tuple[int, float]:
        count, begun = 0, time.thread_time()
        while time.perf_counter() < deadline:
            check()
            count += 1
        return count, time.thread_time() - begun

    done = [future.result() for future in [threads.submit(run) for _ in range(THREADS)]]
    return sum(used for _, used in done) * 1000 / sum(count for count, _ in done)


def _measure_heartbeats(
    load: LoadProcess, flood: LoadProcess, target: Target
) -> tuple[list[Result], list[Result]]:
    """Return the heartbeats without and with log-ins at the same time."""
    calm, flooded = [], []
    for _ in range(ROUNDS):
        calm.append(_heartbeats(load, target))
        log_ins = plan_for(target, log_in(SCHOOL), CONNECTIONS)
        flood.start(replace(log_ins, seconds=SECONDS + 1))
        time.sleep(0.5)  # until the queue of checks is full
        flooded.append(_heartbeats(load, target))
        flood.finish()
    return calm, flooded


def _heartbeats(load: LoadProcess, target: Target) -> Result:
    call: Call = heartbeat(SCHOOL)
    plan = replace(plan_for(target, call, CONNECTIONS), seconds=SECONDS, rate=HEARTBEATS_PER_SECOND)
    return load.run(plan)


def _table(
    check_ms: list[float],
    log_ins: dict[str, list[Round]],
    calm: list[Result],
    flooded: list[Result],
) -> Table:
    goals = {
        name: ratios(check_ms, [each.cpu_ms for each in rounds]) for name, rounds in log_ins.items()
    }
    goals[_P99] = ratios([each.p99 for each in flooded], [each.p99 for each in calm])
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            Measured.of([each.per_second for each in rounds]),
            Measured.of([each.result.p99 for each in rounds]),
            sum(each.result.errors for each in rounds),
            Measured.of([each.cpu_ms for each in rounds]),
            goals[name],
            judged(name, goals[name].median),
        )
        for name, rounds in log_ins.items()
    ]
    rows.insert(0, ("argon2 check alone", None, None, 0, Measured.of(check_ms), None, "–"))
    rows.append(_heartbeat_row("heartbeat without log-ins", calm))
    rows.append(_heartbeat_row("heartbeat under log-ins", flooded, goals[_P99]))
    return Table(
        title="Log-ins, and heartbeats beside them",
        note=(
            f"Median of {ROUNDS} rounds of {SECONDS:.0f} s (lowest–highest), {CONNECTIONS} "
            f"connections. The check alone runs in {THREADS} threads, as in the service. "
            f"{HEARTBEATS_PER_SECOND} heartbeats are due each second."
        ),
        columns=("work", "answers/s", "p99 ms", "errors", "CPU ms", "ratio", "goal"),
        rows=rows,
        goals=goals,
    )


def _heartbeat_row(
    name: str, results: list[Result], ratio: Measured | None = None
) -> tuple[Cell, ...]:
    return (
        name,
        Measured.of([each.per_second for each in results]),
        Measured.of([each.p99 for each in results]),
        sum(each.errors for each in results),
        None,
        ratio,
        "–" if ratio is None else judged(_P99, ratio.median),
    )
