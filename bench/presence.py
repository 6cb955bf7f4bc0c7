"""Presence: 10,000 members of one class send a heartbeat every 5 seconds."""

import time
from dataclasses import replace
from typing import Final

from bench.calls import heartbeat
from bench.goals import judged
from bench.load import load_process
from bench.measured import Measured
from bench.school import fill
from bench.service import new_database, serving
from bench.storm import CONNECTIONS
from bench.storm import SCHOOL as STORM
from bench.tables import Table
from bench.targets import plan_for

INTERVAL: Final = 5.0
ROUNDS: Final = 3
SCHOOL: Final = replace(STORM, are_present=True)
_SHARE: Final = "10,000 heartbeats every 5 s"
_P99: Final = "10,000 heartbeats every 5 s, p99"


def measure() -> Table:
    """Measure the share of a core and the latency, after a first round of heartbeats."""
    shares: list[float] = []
    slowest: list[float] = []
    errors = 0
    with new_database(None) as database:
        fill(database, SCHOOL)
        with load_process() as load, serving(database) as target:
            call = heartbeat(SCHOOL)
            count = len(call.requests)
            plan = replace(plan_for(target, call, CONNECTIONS), count=count, rate=count / INTERVAL)
            for number in range(ROUNDS + 1):
                used, begun = target.processes.cpu_seconds(), time.perf_counter()
                result = load.run(plan)
                share = (target.processes.cpu_seconds() - used) / (time.perf_counter() - begun)
                errors += result.errors
                if number:
                    shares.append(share)
                    slowest.append(result.p99)
    goals = {_SHARE: Measured.of(shares), _P99: Measured.of(slowest)}
    return Table(
        title="Presence: 10,000 members of one class, a heartbeat every 5 s each, SQLite",
        note=(
            f"{CONNECTIONS} connections; median of {ROUNDS} rounds after the first "
            "(lowest–highest). Latency counts from the time at which a heartbeat is due."
        ),
        columns=("measure", "value", "unit", "goal"),
        rows=[
            ("CPU", goals[_SHARE], "of a core", judged(_SHARE, goals[_SHARE].median)),
            ("p99", goals[_P99], "ms", judged(_P99, goals[_P99].median)),
            ("errors", errors, "answers", "–"),
        ],
        goals=goals,
    )
