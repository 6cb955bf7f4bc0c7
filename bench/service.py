"""Runs the real service in a separate process on loopback, with a temporary folder."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

_CLASSGATE: Final = Path(sys.executable).parent / "classgate"


@dataclass(frozen=True)
class Service:
    """The addresses and accounts of the running demo."""

    process_id: int
    host: str
    port: int
    about: dict[str, Any]

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of all threads so far; None if the system does not report it."""
        try:
            threads = Path(f"/proc/{self.process_id}/task").glob("*/schedstat")
            return sum(int(each.read_text().split()[0]) for each in threads) / 1e9 or None
        except OSError:
            return None


@contextmanager
def running() -> Iterator[Service]:
    """Run `classgate demo` without stories: the service and the emulator."""
    command = [str(_CLASSGATE), "demo", "--no-story", "--json", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the service ended instead of starting")
            about = json.loads(line)
            address = urlsplit(about["api"])
            yield Service(process.pid, str(address.hostname), int(address.port or 0), about)
        finally:
            process.terminate()
