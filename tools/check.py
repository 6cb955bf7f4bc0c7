"""Runs the steps of `make check` and `make test`, in order, until one fails."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

STYLE = [
    ("format", ["ruff", "format", "--check", "--quiet"]),
    ("lint", ["ruff", "check", "--quiet"]),
    ("types", ["mypy", "--no-error-summary"]),
    ("imports", ["lint-imports", "--no-cache"]),
]
PYTEST = ["pytest", "-n", "2", "--quiet"]
FAST = [*STYLE, ("fast tests", [*PYTEST, "tests/unit", "tests/vectors", "tests/house"])]
ALL = [*STYLE, ("tests", PYTEST)]


def run(name: str, command: list[str]) -> bool:
    """Run one tool of the environment and print its duration."""
    print(f"── {name}", flush=True)
    started = time.monotonic()
    done = subprocess.run([BIN / command[0], *command[1:]], check=False, cwd=ROOT)
    outcome = "ok" if done.returncode == 0 else "FAILED"
    print(f"── {name}: {outcome} ({time.monotonic() - started:.0f} s)", flush=True)
    return done.returncode == 0


def main() -> None:
    steps = FAST if sys.argv[1:] == ["fast"] else ALL
    if not all(run(name, command) for name, command in steps):
        sys.exit(1)


if __name__ == "__main__":
    main()
