"""What a start costs: seconds until ready, resident memory without load, and the command line."""

import subprocess
import time
from typing import Final

from bench.goals import judged
from bench.measured import Measured
from bench.school import School, fill
from bench.service import CLASSGATE, new_database, seconds_of, serving
from bench.tables import Table

ROUNDS: Final = 5
_SECONDS_IDLE: Final = 1.0


def measure() -> Table:
    """Measure each start in turn."""
    ready: list[float] = []
    memory: list[float] = []
    help_: list[float] = []
    bare: list[float] = []
    with new_database(None) as database:
        fill(database, School(accounts=1000, classes=1000))
        for number in range(ROUNDS + 1):
            begun = time.perf_counter()
            with serving(database) as target:
                until_ready = time.perf_counter() - begun
                time.sleep(_SECONDS_IDLE)
                resident = target.processes.rss_bytes() / 2**20
            found = (until_ready, resident, seconds_of(_help), seconds_of(_python))
            if number:  # the first reads the files from the disk
                for values, value in zip((ready, memory, help_, bare), found, strict=True):
                    values.append(value)
    goals = {
        "ready": Measured.of(ready),
        "idle RSS": Measured.of(memory),
        "--help": Measured.of(help_),
    }
    return Table(
        title="Start",
        note=(
            f"Median of {ROUNDS} starts (lowest–highest). ready: from the command until it "
            f"serves. idle RSS: {_SECONDS_IDLE:.0f} s later, without a request."
        ),
        columns=("measure", "value", "unit", "goal"),
        rows=[
            ("ready", goals["ready"], "s", judged("ready", goals["ready"].median)),
            ("idle RSS", goals["idle RSS"], "MiB", judged("idle RSS", goals["idle RSS"].median)),
            ("classgate --help", goals["--help"], "s", judged("--help", goals["--help"].median)),
            ("Python alone", Measured.of(bare), "s", "–"),
        ],
        goals=goals,
    )


def _help() -> None:
    _run(str(CLASSGATE), "--help")


def _python() -> None:
    _run(str(CLASSGATE.parent / "python"), "-c", "pass")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
