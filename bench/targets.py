"""What is measured: where it listens, and which processes it consists of."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bench.http_client import request_text
from bench.load import LoadProcess, Plan, Result
from bench.processes import ProcessTree

_SECONDS_TO_SETTLE: Final = 1.2


@dataclass(frozen=True)
class Target:
    """A running server. The database's process counts as one of its own."""

    host: str
    port: int
    process_ids: tuple[int, ...]

    @property
    def processes(self) -> ProcessTree:
        """Return its processes with all their descendants."""
        return ProcessTree(*self.process_ids)


@dataclass(frozen=True)
class Call:
    """One kind of request, by many callers, with the answer that is right."""

    name: str
    requests: Sequence[str]
    status: int = 200
    contains: str = ""


BARE_CALL = Call("bare Litestar", [request_text("GET", "/")], contains="hello")


@dataclass(frozen=True)
class Round:
    """One measurement of one call."""

    result: Result
    cpu_ms: float
    """CPU milliseconds of an answer, of all processes of the server."""

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return self.result.per_second


def plan_for(target: Target, call: Call, connections: int) -> Plan:
    """Return a plan without an end; set `seconds` or `count`."""
    return Plan(
        host=target.host,
        port=target.port,
        connections=connections,
        requests=call.requests,
        status=call.status,
        contains=call.contains,
    )


def measure_round(
    load: LoadProcess,
    target: Target,
    call: Call,
    *,
    connections: int,
    seconds: float = 0.0,
    count: int = 0,
    rate: float = 0.0,
) -> Round:
    """Send the load once. RuntimeError: nothing was answered."""
    plan = plan_for(target, call, connections)
    processes = target.processes
    before = processes.cpu_seconds()
    result = load.run(replace(plan, seconds=seconds, count=count, rate=rate))
    used = processes.cpu_seconds() - before
    if not result.answers:
        raise RuntimeError(f"{call.name}: no answer")
    if result.errors:
        print(f"{call.name}: wrong answers: {', '.join(result.examples)}", file=sys.stderr)
    return Round(result, used * 1000 / result.answers)


@dataclass(frozen=True)
class Work:
    """A call to a server."""

    target: Target
    call: Call


def measure_in_turn(
    load: LoadProcess,
    works: Mapping[str, Work],
    *,
    connections: int,
    seconds: float,
    rounds: int,
) -> dict[str, list[Round]]:
    """Measure each in turn, round by round, after one round to warm up.

    The service writes heartbeats up to a second after their answers. So the CPU time of a round
    counts until the same server's next round begins.
    """
    results: dict[str, list[Result]] = {name: [] for name in works}
    clocks: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, work in works.items():
            clocks[name].append(work.target.processes.cpu_seconds())
            done = measure_round(
                load, work.target, work.call, connections=connections, seconds=seconds
            )
            results[name].append(done.result)
    time.sleep(_SECONDS_TO_SETTLE)
    for name, work in works.items():
        clocks[name].append(work.target.processes.cpu_seconds())
    return {name: to_rounds(results[name], clocks[name])[1:] for name in works}


def to_rounds(results: Sequence[Result], clocks: Sequence[float]) -> list[Round]:
    """Return the rounds. `clocks` are CPU seconds at the start of each, and after the last."""
    return [
        Round(result, (end - start) * 1000 / result.answers)
        for result, start, end in zip(results, clocks, clocks[1:], strict=False)
    ]
