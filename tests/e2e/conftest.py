"""The program as its user runs it: a process, its exit code, its two streams."""

import subprocess
from pathlib import Path

import pytest
from tests.support.program import CLASSGATE, Run, clean_environment


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
            timeout=600,  # it only ends what hangs
            check=False,
        )

    return run_it
