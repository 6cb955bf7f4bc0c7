"""The cost of hostile requests, relative to an empty body: the worst input of each parser.

The requests alternate in rounds, so that other load on the machine affects all of them alike.
"""

import json
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Final

from tests.support.hostile_json import LONG, SIZE, TOO_DEEP, TOO_MANY_VALUES

from bench.measured import Measured
from bench.service import demo
from bench.tables import Cell, Table
from bench.targets import Target

ROUNDS: Final = 15
REQUESTS: Final = 8  # of one kind in a round

_LOG_IN: Final = "/index.php?svc=account&cmd=login"
_CALLBACK: Final = "/index.php?svc=live&cmd="
_API: Final = "/v1/sessions"


class Request:
    """One kind of request."""

    def __init__(
        self,
        path: str,
        body: bytes = b"{}",
        headers: Mapping[str, str] | None = None,
        chunk: int | None = None,
    ) -> None:
        self.path = path
        self.body = body
        self.headers = {"content-type": "application/json", **(headers or {})}
        self.chunk = chunk

    def send(self, connection: HTTPConnection) -> int:
        """Send the request, read the answer, and return its status."""
        body: bytes | list[bytes] = self.body
        if self.chunk is not None:
            starts = range(0, len(self.body), self.chunk)
            body = b"".join(_chunk(self.body[at : at + self.chunk]) for at in starts)
            body += b"0\r\n\r\n"
            headers = {**self.headers, "transfer-encoding": "chunked"}
            connection.request("POST", self.path, body, headers, encode_chunked=False)
        else:
            connection.request("POST", self.path, body, self.headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def kinds() -> dict[str, dict[str, Request]]:
    """Return the requests by entrance. The first of each is the empty body, the reference."""
    bodies = {
        **TOO_MANY_VALUES,
        **{f"deep: {name}": body for name, body in TOO_DEEP.items()},
        **LONG,
        "a form": b"&".join([b"a=1"] * (SIZE // 4)),
    }
    nested = json.dumps({"SrcRequest": TOO_MANY_VALUES["objects"][:30_000].decode()}).encode()
    return {
        "legacy clients": _entrance(_LOG_IN, bodies),
        "API": _entrance(_API, bodies),
        "recording callback": _entrance(f"{_CALLBACK}reccall", TOO_MANY_VALUES),
        "index callback": _entrance(
            f"{_CALLBACK}idxfileendcall", {**TOO_MANY_VALUES, "JSON within": nested}
        ),
    }


def _entrance(path: str, bodies: Mapping[str, bytes]) -> dict[str, Request]:
    mark = "&" if "?" in path else "?"
    return {
        "empty body": Request(path),
        **{name: Request(path, body) for name, body in bodies.items()},
        "query of 30 parameters": Request(path + mark + "&".join(["a=1"] * 30)),
        "query of 2,000 parameters": Request(path + mark + "&".join(["a=1"] * 2000)),
        "6,000 hops": Request(path, headers={"x-forwarded-for": ",".join(["127.0.0.1"] * 6000)}),
        "Accept of 6,000 types": Request(path, headers={"accept": ",".join(["a/b;q=1"] * 6000)}),
        "a long token": Request(path, headers={"authorization": "Bearer " + "x" * 60_000}),
        "190 headers": Request(path, headers={f"x-{number}": "1" for number in range(190)}),
        "4,000 chunks": Request(path, b" " * 4000, chunk=1),
    }


def measure() -> Table:
    """Measure milliseconds and CPU milliseconds of an answer, and their ratio to an empty body."""
    entrances = kinds()
    named = [(entrance, name) for entrance, each in entrances.items() for name in each]
    times: dict[tuple[str, str], list[float]] = {key: [] for key in named}
    costs: dict[tuple[str, str], list[float]] = {key: [] for key in named}
    with demo() as service:
        for round_ in range(ROUNDS + 1):
            for key in named:
                elapsed, cost = _batch(service, entrances[key[0]][key[1]])
                if round_:  # the first warms up
                    times[key].append(elapsed)
                    costs[key].append(cost)
    return Table(
        title="The cost of a hostile body, relative to an empty one",
        note=f"per answer; median of {ROUNDS} rounds (lowest–highest), of {REQUESTS} requests each",
        columns=("entrance", "body", "ms", "CPU ms", "times the empty one's CPU"),
        names=2,
        rows=[_row(key, times, costs, (key[0], "empty body")) for key in named],
    )


def _row(
    key: tuple[str, str],
    times: Mapping[tuple[str, str], list[float]],
    costs: Mapping[tuple[str, str], list[float]],
    empty: tuple[str, str],
) -> tuple[Cell, ...]:
    cost = Measured.of(costs[key])
    ratio = round(cost.median / Measured.of(costs[empty]).median, 1)
    return (*key, Measured.of(times[key]), cost, ratio)


def _batch(service: Target, request: Request) -> tuple[float, float]:
    """Measure one answer: milliseconds, and CPU milliseconds of the service."""
    connection = HTTPConnection(service.host, service.port, timeout=30)
    try:
        connection.connect()
        before, started = service.processes.cpu_seconds(), time.perf_counter()
        for _ in range(REQUESTS):
            request.send(connection)
        elapsed, after = time.perf_counter() - started, service.processes.cpu_seconds()
    finally:
        connection.close()
    per_answer = 1000 / REQUESTS
    return elapsed * per_answer, (after - before) * per_answer
