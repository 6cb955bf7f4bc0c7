"""CPU time and memory of running processes, read from /proc; and starting and ending them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_SECONDS_TO_END: Final = 30


@dataclass(frozen=True)
class Stat:
    """The fields of /proc/<pid>/stat that are used here."""

    parent: int
    ended_children_ticks: int
    """CPU time of children that have ended, user and system."""


def read_stat(text: str) -> Stat:
    """Parse /proc/<pid>/stat. The name in it may contain blanks and parentheses."""
    fields = text.rpartition(")")[2].split()
    return Stat(int(fields[1]), int(fields[13]) + int(fields[14]))


def read_schedstat(text: str) -> float:
    """Return the CPU seconds of a thread from /proc/<pid>/task/<tid>/schedstat."""
    return int(text.split(maxsplit=1)[0]) / 1e9


def read_rss(text: str) -> int:
    """Return the resident bytes from /proc/<pid>/status."""
    line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


class ProcessTree:
    """Some processes with all their descendants."""

    def __init__(
        self, *roots: int, proc: Path = PROC, ticks_per_second: int = TICKS_PER_SECOND
    ) -> None:
        self._roots = roots
        self._proc = proc
        self._ticks_per_second = ticks_per_second

    def cpu_seconds(self) -> float:
        """Return the CPU time so far: of living threads to the nanosecond, and of processes that
        have ended, as far as their parents are in the tree.
        """
        return sum(
            self._of_threads(pid) + stat.ended_children_ticks / self._ticks_per_second
            for pid, stat in self._members().items()
        )

    def rss_bytes(self) -> int:
        """Return the resident memory of all processes together; shared pages count in each."""
        return sum(
            read_rss((self._proc / str(pid) / "status").read_text()) for pid in self._members()
        )

    def _members(self) -> dict[int, Stat]:
        stats = {}
        for folder in self._proc.glob("[0-9]*"):
            try:
                stats[int(folder.name)] = read_stat((folder / "stat").read_text())
            except OSError:  # ended meanwhile
                continue
        found = {pid for pid in self._roots if pid in stats}
        while more := {pid for pid, stat in stats.items() if stat.parent in found} - found:
            found |= more
        return {pid: stats[pid] for pid in found}

    def _of_threads(self, pid: int) -> float:
        total = 0.0
        for thread in (self._proc / str(pid) / "task").glob("*/schedstat"):
            try:
                total += read_schedstat(thread.read_text())
            except OSError:
                continue
        return total


@contextmanager
def started(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    log: Path | None = None,
    pipes: bool = False,
) -> Iterator["subprocess.Popen[str]"]:
    """Run a program until the block ends, however it ends.

    The program has a session of its own: Ctrl-C reaches this process alone, which then ends it.
    """
    with (log or Path(os.devnull)).open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipes else output,
            stderr=None if pipes else output,
            env=environment,
            cwd=folder,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def raise_on_termination() -> None:
    """Let SIGTERM unwind this process as Ctrl-C does, so that what it started is ended."""

    def leave(_signal: int, _frame: object) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, leave)


def wait_for(log: Path, process: "subprocess.Popen[str]", pattern: str, seconds: float = 60) -> str:
    """Return the first line of the log with this text. RuntimeError: the program did not start."""
    deadline = time.monotonic() + seconds
    while True:
        complete = log.read_text(errors="replace").rpartition("\n")[0]
        for line in complete.splitlines():
            if pattern in line:
                return line
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the program did not start; its log:\n{log.read_text()[-2000:]}")
        time.sleep(0.005)
