"""CPU time and memory from the text of /proc."""

from pathlib import Path

import pytest
from bench.processes import ProcessTree, Stat, read_rss, read_schedstat, read_stat


def stat_text(pid: int, parent: int, ended: tuple[int, int] = (0, 0), name: str = "python") -> str:
    rest = f"0 0 0 0 0 0 0 0 0 700 800 {ended[0]} {ended[1]} 20 0 4 0 100 1000 50"
    return f"{pid} ({name}) S {parent} {rest}\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Process 10 with the child 11 and its child 12; 20 is a stranger."""
    add_process(tmp_path, 10, 1, [1_000_000_000, 500_000_000], (150, 50))
    add_process(tmp_path, 11, 10, [250_000_000])
    add_process(tmp_path, 12, 11, [125_000_000])
    add_process(tmp_path, 20, 1, [9_000_000_000])
    (tmp_path / "self").mkdir()
    return tmp_path


def add_process(
    proc: Path, pid: int, parent: int, threads: list[int], ended: tuple[int, int] = (0, 0)
) -> None:
    folder = proc / str(pid)
    for number, nanoseconds in enumerate(threads):
        thread = folder / "task" / str(pid + number * 1000)
        thread.mkdir(parents=True)
        (thread / "schedstat").write_text(f"{nanoseconds} 77 88\n")
    (folder / "stat").write_text(stat_text(pid, parent, ended))
    (folder / "status").write_text(f"Name:\tpython\nVmRSS:\t   {pid} kB\nThreads:\t1\n")


def test_stat_is_read_around_a_name_with_parentheses() -> None:
    assert read_stat(stat_text(7, 3, (40, 2), name="a) S 99 (b")) == Stat(3, 42)


def test_schedstat_is_nanoseconds_on_a_processor() -> None:
    assert read_schedstat("1500000000 99 3\n") == 1.5


def test_resident_memory_is_bytes() -> None:
    assert read_rss("VmHWM:\t 9 kB\nVmRSS:\t  2048 kB\n") == 2 * 1024 * 1024


def test_cpu_of_a_tree_counts_threads_descendants_and_ended_children(proc: Path) -> None:
    tree = ProcessTree(10, proc=proc, ticks_per_second=100)
    assert tree.cpu_seconds() == 1.5 + 2.0 + 0.25 + 0.125
    assert ProcessTree(11, proc=proc).cpu_seconds() == 0.375


def test_tree_of_two_roots_counts_each_process_once(proc: Path) -> None:
    assert ProcessTree(11, 12, proc=proc).cpu_seconds() == 0.375


def test_process_that_has_ended_counts_nothing(proc: Path) -> None:
    assert ProcessTree(999, proc=proc).cpu_seconds() == 0


def test_memory_of_a_tree_is_that_of_all_its_processes(proc: Path) -> None:
    assert ProcessTree(10, proc=proc).rss_bytes() == (10 + 11 + 12) * 1024
