"""Several replicas of the service behind a load balancer, and clients that work all the time."""

import random
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from typing import Any

from tests.support.killed_service import PASSWORD, Answered, Service

Job = Callable[["LoadBalancer", int], None]


class LoadBalancer:
    """Sends each call to any of the replicas."""

    def __init__(self, replicas: Sequence[Service]) -> None:
        self._replicas = tuple(replicas)

    def replace(self, old: Service, new: Service) -> None:
        """Send the calls of one replica to another."""
        self._replicas = tuple(new if each is old else each for each in self._replicas)

    def call(self, method: str, path: str, token: str | None = None, body: object = None) -> Any:
        return random.choice(self._replicas).call(method, path, token, body)  # noqa: S311

    def log_in(self, identifier: str) -> str:
        body = {"identifier": identifier, "password": PASSWORD}
        token = self.call("POST", "/v1/sessions", body=body)["access_token"]
        assert isinstance(token, str)
        return token


class Outages:
    """Whether something is down, and what failed although nothing was."""

    def __init__(self) -> None:
        self._is_down = False
        self._count = 0
        self._refused = threading.Event()
        self.faults: list[str] = []

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Something is down in the block."""
        self._count += 1
        self._is_down = True
        yield
        self._is_down = False

    def wait_for_refusal(self) -> None:
        """Wait until a call was refused because something is down."""
        assert self._refused.wait(timeout=240), "nobody was refused"  # it only ends what hangs

    def run(self, job: Callable[[], None]) -> None:
        """Make a client's calls, and note an error unless something was down meanwhile.

        Being throttled is no error. Down or not, a service that answers never says 500.
        """
        count, was_down = self._count, self._is_down
        try:
            job()
        except urllib.error.HTTPError as error:
            if error.code == 429 and error.headers["Retry-After"]:
                time.sleep(0.01)
            elif error.code == 503 and (was_down or count != self._count):
                self._refused.set()
            else:
                self.faults.append(f"{error.code} {error.url} {error.read()!r}")
        except (OSError, HTTPException, ValueError) as error:  # it hung up, also in an answer
            if not (was_down or count != self._count):
                self.faults.append(repr(error))


@contextmanager
def working_clients(
    balancer: LoadBalancer, jobs: Sequence[Job], outages: Outages
) -> Iterator[None]:
    """Clients that do these jobs again and again until the block ends."""
    stop = threading.Event()

    def work(job: Job) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            outages.run(partial(job, balancer, turn))

    with ThreadPoolExecutor(len(jobs)) as threads:
        try:
            working = [threads.submit(work, job) for job in jobs]
            yield
        finally:
            stop.set()
        for each in working:
            each.result(timeout=120)


def wait_for_answers(answered: Answered, more: int) -> None:
    """Wait until clients were answered so much more."""
    enough = answered.count + more
    deadline = time.monotonic() + 240  # it only ends what hangs
    while answered.count < enough:
        assert time.monotonic() < deadline, "nobody is answered any more"
        time.sleep(0.01)
