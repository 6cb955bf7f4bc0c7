"""The program as its user runs it: a process, its exit code, its two streams."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CLASSGATE = Path(sys.executable).with_name("classgate")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `classgate` in an empty directory, with no settings but those given."""

    def run_it(
        *arguments: str | Path, stdin: str = "", environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CLASSGATE, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=clean_environment(environment),
            timeout=120,
            check=False,
        )

    return run_it


def clean_environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings of classgate."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLASSGATE_")}
    return {**kept, **(more or {})}
