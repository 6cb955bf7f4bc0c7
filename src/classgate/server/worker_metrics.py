"""Metrics of several worker processes, which any of them can show.

prometheus_client keeps the counters of a process in files that other processes read. Here a file
belongs to a slot, not to a process: a new worker takes a slot whose process has ended, and goes on
counting where that one stopped. So counters never go back, and there are as many files as workers.
"""

import fcntl
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_OF_LIVE_PROCESS = re.compile(r"gauge_live\w*_([0-9]+)\.db")


def claim_slot(folder: Path) -> int:
    """Keep the metrics of this process in the first free slot of the folder, until it ends.

    Call it before a metric is made. The kernel frees the slot, also of a process that is killed.
    """
    for slot in itertools.count():
        lock = os.open(_lock_file(folder, slot), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        break
    for stale in folder.glob(f"gauge_live*_{slot}.db"):
        stale.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]
    return slot


class WorkerMetrics(Collector):
    """Adds up the metrics of all slots, and shows the process of each worker."""

    def __init__(self, folder: Path, own_slot: int) -> None:
        self._folder = folder
        self._own_slot = own_slot

    def registry(self) -> CollectorRegistry:
        """Return a registry with these metrics only."""
        registry = CollectorRegistry()
        registry.register(self)
        return registry

    def collect(self) -> Iterator[Metric]:
        """Return the metrics: counters also of workers that have ended, gauges of live ones."""
        workers = self._find_live()
        files = [
            str(file)
            for file in self._folder.glob("*.db")
            if (live := _OF_LIVE_PROCESS.fullmatch(file.name)) is None or int(live[1]) in workers
        ]
        yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        yield from _describe_processes(workers)

    def _find_live(self) -> dict[int, int]:
        """Return the process id of each slot that is taken."""
        live = {self._own_slot: os.getpid()}
        for lock_file in sorted(self._folder.glob("*.lock")):
            slot = int(lock_file.stem)
            # Closing a file of its own would give up the lock of this process.
            if slot != self._own_slot and (process_id := _find_holder(lock_file)) is not None:
                live[slot] = process_id
        return live


def _lock_file(folder: Path, slot: int) -> Path:
    return folder / f"{slot}.lock"


def _find_holder(lock_file: Path) -> int | None:
    with lock_file.open("rb") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            text = lock.read()
            return int(text) if text else None
    return None


def _describe_processes(workers: dict[int, int]) -> Iterable[Metric]:
    """Return the memory, open files and processor time of each worker, labelled by its slot."""
    families: dict[str, Metric] = {}
    for slot, process_id in sorted(workers.items()):
        collector = ProcessCollector(pid=partial(int, process_id), registry=None)
        for metric in collector.collect():
            family = families.setdefault(
                metric.name, Metric(metric.name, metric.documentation, metric.type)
            )
            for sample in metric.samples:
                family.add_sample(sample.name, {**sample.labels, "worker": str(slot)}, sample.value)
    return families.values()
