"""The program as its user runs it: a process with its streams, and the console in a browser."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.support.console import Demo, open_console, running_browser, running_demo
from tests.support.console_api import School
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


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo for the console's tests of one module."""
    with running_demo(tmp_path_factory.mktemp("console")) as demo:
        yield demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The console in a browser of its own; nobody is signed in."""
    with open_console(browser, demo) as page:
        yield page


@pytest.fixture(scope="module")
def school(demo: Demo) -> School:
    return School(demo)
