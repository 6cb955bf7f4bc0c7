"""A service that is killed under load, and what its clients were answered before."""

import json
import os
import random
import re
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from tests.support.program import CLASSGATE, clean_environment
from tests.support.running_emulator import Emulator

from classgate.emulator.server import EmulatorSettings

PASSWORD = "battery staple, correct horse"
PDF = {"file_name": "函数.pdf", "size": 5, "content_type": "application/pdf"}

SDK_SECRET_KEY = secrets.token_hex(32)
CLOUD = EmulatorSettings(
    region="ap-guangzhou",
    cloud_app_id="1250000000",
    bucket="courseware-1250000000",
    secret_id=f"AKID{secrets.token_hex(16)}",
    secret_key=secrets.token_hex(16),
    sdk_app_id=1400000001,
    sdk_secret_key=SDK_SECRET_KEY,
)


def environment_for(url: str, emulator: Emulator) -> dict[str, str]:
    """The settings of a service whose whole cloud is the emulator."""
    address = emulator.address
    return {
        "CLASSGATE_DATABASE__URL": url,
        "CLASSGATE_IM__SDK_APP_ID": str(CLOUD.sdk_app_id),
        "CLASSGATE_IM__SECRET_KEY": SDK_SECRET_KEY,
        "CLASSGATE_IM__ENDPOINT": address,
        "CLASSGATE_CLOUD__SECRET_ID": CLOUD.secret_id,
        "CLASSGATE_CLOUD__SECRET_KEY": CLOUD.secret_key,
        "CLASSGATE_CLOUD__SCHEME": "http",
        "CLASSGATE_CLOUD__STS_ENDPOINT": address,
        "CLASSGATE_CLOUD__COS_ENDPOINT": address,
        "CLASSGATE_CLOUD__COS_JSON_ENDPOINT": address,
        "CLASSGATE_CLOUD__TRTC_ENDPOINT": address,
        "CLASSGATE_COS__APP_ID": CLOUD.cloud_app_id,
        "CLASSGATE_COS__BUCKET": CLOUD.bucket,
        "CLASSGATE_COS__REGION": CLOUD.region,
        "CLASSGATE_AUDIT__KEY": secrets.token_hex(32),
        "CLASSGATE_ACCOUNTS__REGISTRATION": "open",
        "CLASSGATE_ACCOUNTS__ARGON2_MEMORY_KIB": "1024",
        "CLASSGATE_ACCOUNTS__ARGON2_TIME_COST": "1",
    }


@dataclass
class Answered:
    """What clients hold in their hands, of all lives of the service together."""

    accounts: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)  # access tokens
    leases: set[str] = field(default_factory=set)
    renewed: int = 0
    abandoned: set[str] = field(default_factory=set)  # upload ids

    @property
    def count(self) -> int:
        everything = (self.accounts, self.sessions, self.leases, self.abandoned)
        return sum(map(len, everything)) + self.renewed


class Reached(Protocol):
    """What clients call: one service, or what stands in front of several."""

    def call(self, method: str, path: str, token: str | None = None, body: object = None) -> Any:
        """Return the answer. HTTPError, OSError."""

    def log_in(self, identifier: str) -> str:
        """Return the access token."""


class Service:
    """One life of it: a process, reached over HTTP."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._log = folder / f"life-{secrets.token_hex(4)}.log"
        free = {"CLASSGATE_OPERATIONS__PORT": "0", "CLASSGATE_LOG__FORMAT": "json"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [CLASSGATE, "serve", "--port", "0"],
                stdout=log,
                stderr=log,
                env=clean_environment({**environment, **free, "TMPDIR": str(folder)}),
                cwd=folder,
                start_new_session=True,
            )
        self.url = self._wait_until_it_serves()

    def _wait_until_it_serves(self) -> str:
        deadline = time.monotonic() + 120
        while True:
            said = self._log.read_text()
            found = re.search(r'"api": ?"(http://127\.0\.0\.1:[0-9]+)"', said)
            if found is not None:
                return found[1]
            assert self._process.poll() is None, f"it ended instead of starting: {said}"
            assert time.monotonic() < deadline, f"it did not start: {said}"
            time.sleep(0.02)

    def call(self, method: str, path: str, token: str | None = None, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def log_in(self, identifier: str) -> str:
        body = {"identifier": identifier, "password": PASSWORD}
        token = self.call("POST", "/v1/sessions", body=body)["access_token"]
        assert isinstance(token, str)
        return token

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # on PostgreSQL it has workers
        self._process.wait(timeout=30)

    def call_and_die(self, method: str, path: str, token: str) -> None:
        """Call while the service may be killed, so that the answer may not arrive."""
        with suppress(OSError, HTTPException):
            self.call(method, path, token)

    def end_if_alive(self) -> None:
        """End it unless it was killed."""
        if self._process.poll() is None:
            self.end()

    def end(self) -> None:
        self._process.terminate()
        assert self._process.wait(timeout=60) == 0


def live_and_be_killed(
    folder: Path, environment: dict[str, str], classroom_id: int, life: int, answered: Answered
) -> None:
    """Start the service, work with it as hard as it goes, and kill it at some moment.

    The moment is a number of answers: on a busy machine a time may pass without any.
    """
    service = Service(folder, environment)
    tom = service.log_in("tom")
    answered.sessions.add(tom)
    enough = answered.count + random.randint(1, 25)  # noqa: S311 — at any moment
    jobs: list[Callable[[int], None]] = [
        lambda turn: register(service, f"k{life}-{turn}", answered),
        lambda turn: log_in(service, answered),
        lambda turn: sign(service, tom, answered),
        lambda turn: upload(service, tom, classroom_id, answered),
    ]
    with ThreadPoolExecutor(len(jobs)) as threads:
        working = [threads.submit(_until_it_dies, job) for job in jobs]
        deadline = time.monotonic() + 120  # it only ends what hangs
        while answered.count < enough and not any(each.done() for each in working):
            if time.monotonic() > deadline:
                break
            time.sleep(0.002)
        service.kill()
        for each in working:
            each.result(timeout=60)


def _until_it_dies(job: Callable[[int], None]) -> None:
    turn = 0
    while True:
        turn += 1
        try:
            job(turn)
        except urllib.error.HTTPError as error:
            # Throttled, or the database is busy: an answer too. Anything else is a fault.
            if error.code not in {429, 503}:
                raise
            time.sleep(0.01)
        except (OSError, HTTPException, ValueError):  # hung up, also in the middle of an answer
            return


def register(service: Reached, identifier: str, answered: Answered) -> None:
    body = {"identifier": identifier, "password": PASSWORD}
    service.call("POST", "/v1/accounts", body=body)
    answered.accounts.add(identifier)


def log_in(service: Reached, answered: Answered) -> None:
    answered.sessions.add(service.log_in("amy"))


def sign(service: Reached, token: str, answered: Answered) -> None:
    lease_id = service.call("POST", "/v1/user-sig", token)["lease_id"]
    answered.leases.add(lease_id)
    service.call("POST", f"/v1/leases/{lease_id}/renew", token)
    answered.renewed += 1


def upload(service: Reached, token: str, classroom_id: int, answered: Answered) -> None:
    grant = service.call("POST", f"/v1/classrooms/{classroom_id}/uploads", token, PDF)
    answered.leases.add(grant["lease_id"])
    service.call("POST", f"/v1/uploads/{grant['upload_id']}/credentials", token)
    answered.renewed += 1
    service.call("DELETE", f"/v1/uploads/{grant['upload_id']}", token)
    answered.abandoned.add(grant["upload_id"])
