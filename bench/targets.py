"""What is measured: where it listens, and which processes it consists of."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.http_client import request_text
from bench.load import LoadProcess, Plan, Result
from bench.processes import ProcessTree


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
