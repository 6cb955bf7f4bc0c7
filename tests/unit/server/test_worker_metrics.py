"""Metrics of several processes: what is added up, what is not, and what becomes of a dead one."""

import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

WORKER = """
import os, sys
from pathlib import Path
from prometheus_client import generate_latest
from classgate.server.worker_metrics import WorkerMetrics, claim_slot

folder = Path(sys.argv[1])
slot = claim_slot(folder)
from prometheus_client import Counter, Gauge, Histogram

calls, seconds = Counter("calls", "Calls"), Histogram("seconds", "Time", buckets=[1.0])
rows = Gauge("rows", "Rows", multiprocess_mode="mostrecent")
circuit = Gauge("circuit", "Open", multiprocess_mode="livemax")
print(slot, flush=True)
for line in sys.stdin:
    name, value = line.split()
    if name == "calls":
        calls.inc(float(value))
        seconds.observe(float(value))
    elif name == "show":
        shown = generate_latest(WorkerMetrics(folder, slot).registry())
        print(shown.decode() + "# END", flush=True)
    else:
        {"rows": rows, "circuit": circuit}[name].set(float(value))
        print("set", flush=True)
"""


class Worker:
    """A process with metrics, which does as it is told."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.slot = int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def tell(self, name: str, value: float = 0) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name} {value}\n")
        self.process.stdin.flush()

    def set(self, name: str, value: float) -> None:
        self.tell(name, value)
        assert self._line() == "set\n"

    def show(self) -> dict[str, list[float]]:
        """The values of each sample, by its name."""
        self.tell("show")
        lines = iter(self._line, "# END\n")
        shown: dict[str, list[float]] = {}
        for family in text_string_to_metric_families("".join(lines)):
            for sample in family.samples:
                shown.setdefault(sample.name, []).append(sample.value)
        return shown

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_counters_are_added_up_and_stay_when_a_process_is_killed(tmp_path: Path) -> None:
    first, second = Worker(tmp_path), Worker(tmp_path)
    try:
        assert (first.slot, second.slot) == (0, 1)
        first.tell("calls", 3)
        first.show()  # so it has counted
        second.tell("calls", 0.5)
        for shown in (second.show(), first.show()):
            assert shown["calls_total"] == [3.5]
            assert shown["seconds_bucket"] == [1, 2]
            assert len(shown["process_open_fds"]) == 2
        first.kill()
        assert second.show()["calls_total"] == [3.5]
        first = Worker(tmp_path)
        assert first.slot == 0  # its files too: they do not grow in number
        first.tell("calls", 1)
        assert first.show()["calls_total"] == [4.5]
        assert len(list(tmp_path.glob("counter_*.db"))) == 2
    finally:
        first.kill()
        second.kill()


def test_gauges_are_not_added_up_and_those_of_dead_processes_are_left_out(tmp_path: Path) -> None:
    first, second = Worker(tmp_path), Worker(tmp_path)
    try:
        first.set("rows", 7)
        second.set("rows", 9)
        first.set("circuit", 1)
        for shown in (first.show(), second.show()):
            assert (shown["rows"], shown["circuit"]) == ([9], [1])
        first.kill()
        shown = second.show()
        assert (shown["rows"], shown["circuit"]) == ([9], [0])
        assert len(shown["process_open_fds"]) == 1
        first = Worker(tmp_path)
        assert second.show()["circuit"] == [0]
    finally:
        first.kill()
        second.kill()
