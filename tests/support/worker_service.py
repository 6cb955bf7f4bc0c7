"""`serve` with workers, as a process; and the clients that watch it being replaced."""

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.program import CLASSGATE, SETTINGS, clean_environment

PATH = "/v1/nowhere"
"""Any worker answers 404 to it, and counts it."""

_NOWHERE = "127.0.0.1:9"  # no call tested here needs the cloud
_CLOUD = ("sts", "cos", "cos_json", "vod", "trtc")
_DEADLINE = 120  # seconds; it only ends what hangs


class WorkerService:
    """One `serve`, with its settings in a file and its log in memory."""

    def __init__(self, folder: Path, url: str, workers: int) -> None:
        self.folder = folder
        self._file = folder / "classgate.toml"
        self._file.touch(mode=0o600)
        self._settings: dict[str, object] = {
            name.removeprefix("CLASSGATE_").lower(): value for name, value in SETTINGS.items()
        } | {
            "database__url": url,
            "http__port": 0,
            "operations__port": 0,
            "log__format": "json",
            "im__endpoint": "",
            "cloud__scheme": "http",
            **{f"cloud__{name}_endpoint": _NOWHERE for name in _CLOUD},
        }
        self.write_settings()
        self.process = subprocess.Popen(
            [CLASSGATE, "serve", "--workers", str(workers)],
            cwd=folder,
            env=clean_environment({"TMPDIR": str(folder)}),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._has_ended = False
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def write_settings(self, **changed: object) -> None:
        """Write the file: the settings of the start, but for these."""
        groups: dict[str, dict[str, object]] = {}
        for name, value in (self._settings | changed).items():
            groups.setdefault(name.partition("__")[0], {})[name.partition("__")[2]] = value
        lines = [
            line
            for group, values in groups.items()
            for line in (f"[{group}]", *(f"{key} = {json.dumps(values[key])}" for key in values))
        ]
        self._file.write_text("\n".join(lines))

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._has_ended = True
            self._news.notify_all()

    def wait_for(self, text: str, times: int = 1) -> str:
        """Wait for a line of the log; the last of as many."""

        def found() -> list[str]:
            return [line for line in self.lines if text in line]

        with self._news:
            self._news.wait_for(lambda: self._has_ended or len(found()) >= times, _DEADLINE)
            assert len(found()) >= times, f"no {text!r} in: {''.join(self.lines)}"
            return found()[times - 1]

    def wait_until_nobody_is_left(self) -> None:
        """Every process has the log as its standard error; the last one closes it."""
        self._reading.join(_DEADLINE)
        assert not self._reading.is_alive()

    def serving(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.wait_for('"event": "serving"'))
        return said

    def connect(self, listener: str = "api") -> http.client.HTTPConnection:
        address = urlsplit(self.serving()[listener])
        return http.client.HTTPConnection(str(address.hostname), address.port, timeout=_DEADLINE)

    def get(self, path: str = PATH, listener: str = "api", **headers: str) -> Any:
        """Ask on a connection of its own; the answer with its body read."""
        connection = self.connect(listener)
        try:
            connection.request("GET", path, headers={"Connection": "close", **headers})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The sum of the samples of a metric; a counter with labels has none at first."""
        _, _, text = self.get("/metrics", "operations")
        found = re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, found))

    def workers(self) -> set[int]:
        """The process ids of the workers."""
        me = self.process.pid
        children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
        return {
            int(each)
            for each in children
            if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()
        }

    @contextmanager
    def stopped(self, worker: int) -> Iterator[None]:
        """Let a worker do nothing in the block, so that another one has to answer."""
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)

    def end(self) -> None:
        """Stop what is left, and wait for it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_DEADLINE)
        self._reading.join(_DEADLINE)
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextmanager
def worker_service(folder: Path, url: str, workers: int) -> Iterator[WorkerService]:
    service = WorkerService(folder, url, workers)
    try:
        yield service
    finally:
        service.end()


@dataclass
class Client:
    """Asks all the time, each time on a new connection, or on one as long as it is kept."""

    service: WorkerService
    keeps: bool
    answers: int = 0
    closed_politely: int = 0
    faults: list[str] = field(default_factory=list)

    def ask_until(self, is_over: Callable[[], bool]) -> None:
        connection = self.service.connect()
        try:
            while not is_over():
                headers = {} if self.keeps else {"Connection": "close"}
                connection.request("GET", PATH, headers=headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 404:
                    self.faults.append(f"status {answer.status}")
                if self.keeps and answer.getheader("connection") == "close":
                    self.closed_politely += 1
                self.answers += 1
                time.sleep(0.002)  # leave the processor to the others
        except (OSError, http.client.HTTPException) as error:
            self.faults.append(f"{error!r} after {self.answers} answers")
        finally:
            connection.close()
