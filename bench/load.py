"""The load generator: a process of its own, so that its CPU time is not counted.

`LoadProcess` starts it and hands it plans, one JSON document a line; it answers each with a result.
"""

import asyncio
import itertools
import json
import re
import subprocess
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from bench.http_client import Connection, Response
from bench.measured import percentile
from bench.processes import started

_SECONDS_TO_ANSWER: Final = 600
_CODE: Final = re.compile(rb'"(?:code|errorCode)": ?"?([a-z_0-9]+)')
_ROOT: Final = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to send, how, and which answers are right.

    `requests` are sent in turn. Without `rate`, each connection sends the next request when it has
    the answer to the one before, for `seconds`, or until `count` requests were sent. With `rate`,
    requests are due at even distances, and the wait for a free connection counts as latency.
    """

    host: str
    port: int
    connections: int
    requests: Sequence[str]
    status: int = 200
    contains: str = ""
    """A text that each answer contains; blanks are ignored."""
    seconds: float = 0.0
    count: int = 0
    rate: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was answered. `errors` are lost requests and wrong answers."""

    answers: int
    errors: int
    seconds: float
    p50: float
    """Milliseconds, as `p99`."""
    p99: float
    examples: Sequence[str] = field(default_factory=tuple)

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return self.answers / self.seconds


class _Load:
    """One plan being executed."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._requests = itertools.cycle([text.encode("ascii") for text in plan.requests])
        self._expected = _compact(plan.contains.encode())
        self._latencies = array("d")
        self._wrong: Counter[str] = Counter()
        self._sent = 0
        self._in_flight = 0
        self._idle: deque[Connection] = deque()
        self._waiting: deque[float] = deque()  # due times, of a plan with a rate
        self._deadline = float("inf")
        self._all_due = False
        self._finished = asyncio.Event()

    async def run(self) -> Result:
        plan, loop = self._plan, asyncio.get_running_loop()
        connections = []
        for _ in range(plan.connections):
            _, connection = await loop.create_connection(
                lambda: Connection(self._answered), plan.host, plan.port
            )
            connections.append(connection)
        begun = time.perf_counter()
        if plan.seconds:
            self._deadline = begun + plan.seconds
        try:
            async with asyncio.timeout(plan.seconds + _SECONDS_TO_ANSWER):
                await self._send_all(connections, begun)
        except TimeoutError:
            self._wrong["no answer in time"] += self._in_flight
        elapsed = time.perf_counter() - begun
        for connection in connections:
            connection.close()
        return self._result(elapsed)

    async def _send_all(self, connections: list[Connection], begun: float) -> None:
        if self._plan.rate:
            self._idle.extend(connections)
            await self._send_when_due(begun)
        else:
            for connection in connections:
                self._send_next(connection)
        if self._in_flight or self._waiting:
            await self._finished.wait()

    async def _send_when_due(self, begun: float) -> None:
        plan = self._plan
        due_in_all = plan.count or round(plan.rate * plan.seconds)
        made = 0
        while made < due_in_all:
            now = time.perf_counter()
            while made < due_in_all and (due := begun + made / plan.rate) <= now:
                made += 1
                self._waiting.append(due)
                self._send_waiting()
            await asyncio.sleep(0.001)
        self._all_due = True

    def _send_waiting(self) -> None:
        while self._waiting and self._idle:
            connection = self._idle.popleft()
            if connection.is_open:
                self._send(connection, self._waiting.popleft())
        if self._waiting and not self._in_flight:  # every connection was lost
            self._wrong["no connection left"] += len(self._waiting)
            self._waiting.clear()

    def _send_next(self, connection: Connection) -> None:
        now = time.perf_counter()
        if now < self._deadline and not (self._plan.count and self._sent >= self._plan.count):
            self._send(connection, now)

    def _send(self, connection: Connection, due: float) -> None:
        self._sent += 1
        self._in_flight += 1
        connection.send(next(self._requests), due)

    def _answered(self, connection: Connection, answer: Response | None) -> None:
        self._in_flight -= 1
        self._latencies.append(time.perf_counter() - connection.sent_at)
        self._check(answer)
        if self._plan.rate:
            if answer is not None:
                self._idle.append(connection)
            self._send_waiting()
        elif answer is not None:
            self._send_next(connection)
        if not self._in_flight and not self._waiting and (self._all_due or not self._plan.rate):
            self._finished.set()

    def _check(self, answer: Response | None) -> None:
        if answer is None:
            self._wrong["connection lost"] += 1
        elif answer.status != self._plan.status or self._expected not in _compact(answer.body):
            self._wrong[f"{answer.status} {_error_code(answer.body)}"] += 1

    def _result(self, elapsed: float) -> Result:
        times = [value * 1000 for value in self._latencies] or [0.0]
        return Result(
            answers=len(self._latencies),
            errors=sum(self._wrong.values()),
            seconds=elapsed,
            p50=percentile(times, 0.5),
            p99=percentile(times, 0.99),
            examples=[f"{number} × {text}" for text, number in self._wrong.most_common(3)],
        )


def _error_code(body: bytes) -> str:
    """Return the code of an error, and nothing else of the body: it may hold credentials."""
    found = _CODE.search(body)
    return "" if found is None else found[1].decode()


def _compact(body: bytes) -> bytes:
    return body.replace(b" ", b"")


class LoadProcess:
    """The load generator, seen from the process that measures."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, plan: Plan) -> None:
        """Begin a plan; `finish` waits for its result."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(plan)) + "\n")
        self._process.stdin.flush()

    def finish(self) -> Result:
        """Wait for the result. RuntimeError: the generator failed, its own output says why."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator failed")
        return Result(**json.loads(line))

    def run(self, plan: Plan) -> Result:
        """Execute a plan."""
        self.start(plan)
        return self.finish()


@contextmanager
def load_process() -> Iterator[LoadProcess]:
    """Run a load generator until the block ends."""
    with started([sys.executable, "-m", "bench.load"], folder=_ROOT, pipes=True) as process:
        yield LoadProcess(process)


def main() -> None:
    """Execute plans from standard input until it ends."""
    for line in sys.stdin:
        result = uvloop.run(execute(Plan(**json.loads(line))))
        print(json.dumps(asdict(result)), flush=True)


async def execute(plan: Plan) -> Result:
    """Send what the plan says, and return what was answered."""
    return await _Load(plan).run()


if __name__ == "__main__":
    main()
