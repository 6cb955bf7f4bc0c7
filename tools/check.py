"""What `make check` and `make test` run; ends with 1 if anything failed.

`fast` runs two lanes side by side, one for each core: the types, which mypy checks in one process,
and the fast tests, whose start would cost as much again in each further process. The output of a
lane appears when it has ended. `all` runs one step after the other and ends at the first failure.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """A tool of the environment with its arguments."""

    name: str
    command: tuple[str, ...]


STYLE = (
    Step("format", ("ruff", "format", "--check", "--quiet")),
    Step("lint", ("ruff", "check", "--quiet")),
    Step("imports", ("lint-imports", "--no-cache")),
)
TYPES = Step("types", ("mypy", "--no-error-summary"))
FAST_FOLDERS = ("tests/unit", "tests/vectors", "tests/house")
# No fast test uses schemathesis; to load its plugin takes seconds.
FAST_TESTS = Step("fast tests", ("pytest", "--quiet", "-p", "no:schemathesis", *FAST_FOLDERS))
API_CHANGES = Step("api changes", ("python", "tools/openapi_changes.py"))
ALL_TESTS = Step("tests", ("pytest", "-n", "2", "--quiet"))


def run(step: Step, *, show_at_once: bool = True) -> bool:
    """Run one step and print how long it took; with its output, at once or at its end."""
    if show_at_once:
        print(f"── {step.name}", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        [BIN / step.command[0], *step.command[1:]],
        check=False,
        cwd=ROOT,
        stdout=None if show_at_once else subprocess.PIPE,
        stderr=None if show_at_once else subprocess.STDOUT,
    )
    outcome = "ok" if done.returncode == 0 else "FAILED"
    written = (done.stdout or b"").decode(errors="replace")
    ending = f"── {step.name}: {outcome} ({time.monotonic() - started:.0f} s)"
    print(f"{written}{ending}", flush=True)
    return done.returncode == 0


def check_fast() -> bool:
    """Run the style, then the types beside the fast tests."""
    if not all(run(step) for step in STYLE):
        return False
    with ThreadPoolExecutor(2) as lanes:
        outcomes = list(lanes.map(lambda step: run(step, show_at_once=False), (TYPES, FAST_TESTS)))
    return all(outcomes)


def check_all() -> bool:
    """Run everything, one step after the other."""
    return all(run(step) for step in (*STYLE, TYPES, API_CHANGES, ALL_TESTS))


def main() -> None:
    started, before = time.monotonic(), os.times()
    good = check_fast() if sys.argv[1:] == ["fast"] else check_all()
    after = os.times()
    processor = sum(after[2:4]) - sum(before[2:4])
    print(f"── {time.monotonic() - started:.0f} s, {processor:.0f} s of processor time")
    if not good:
        sys.exit(1)


if __name__ == "__main__":
    main()
