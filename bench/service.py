"""The real service in a process of its own, on loopback, over a folder that is removed after it."""

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
    """Where it is, and what it says about itself."""

    process_id: int
    host: str
    port: int
    about: dict[str, Any]

    def cpu_seconds(self) -> float | None:
        """CPU time of all its threads so far; None where the system does not tell it so finely."""
        try:
            threads = Path(f"/proc/{self.process_id}/task").glob("*/schedstat")
            return sum(int(each.read_text().split()[0]) for each in threads) / 1e9 or None
        except OSError:
            return None


@contextmanager
def running() -> Iterator[Service]:
    """`classgate demo` without its story: the service, and the emulator beside it."""
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
