"""A command imports what it needs, when it is called."""

import subprocess
import sys

import pytest

from classgate.cli.main import COMMANDS, load_command

SERVER = ("aiohttp", "alembic", "asyncpg", "cryptography", "litestar", "pydantic", "sqlalchemy")


def modules_after(code: str) -> set[str]:
    """Return the names of the modules that a new process has after running the code."""
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(shown.stdout.split("\n"))


HELP = """
from classgate.cli.main import create_app
try:
    create_app()(["--help"], prog_name="classgate")
except SystemExit as end:
    assert end.code == 0
"""


SERVE = """
from classgate.api.operations import create_operations
from classgate.cli.main import load_command
load_command("serve")
import classgate.cli.single_process
create_operations(None, None)  # the framework imports its plugins when it is used
"""


def test_the_help_imports_no_command_and_no_server() -> None:
    loaded = modules_after(HELP)
    assert "classgate.cli.main" in loaded
    assert loaded.isdisjoint({module for module, _ in COMMANDS.values()})
    assert loaded.isdisjoint(SERVER)


def test_the_supervisor_of_workers_imports_no_application() -> None:
    loaded = modules_after('from classgate.cli.main import load_command\nload_command("serve")')
    assert "classgate.server.supervisor" in loaded
    unneeded = {"aiohttp", "alembic", "asyncpg", "sqlalchemy", "classgate.app", "classgate.metrics"}
    assert loaded & unneeded == set()


def test_the_server_imports_only_what_it_serves_with() -> None:
    """What it needs later, such as the client of the cloud, is imported when it is needed."""
    loaded = modules_after(SERVE)
    assert {"litestar", "classgate.app.wiring"} <= loaded
    unneeded = {
        "aiohttp",
        "alembic",
        "asyncpg",
        "classgate.diagnosis",
        "classgate.emulator",
        "classgate.explain.explanation",
        "faker",
        "httpx",
        "litestar.plugins.attrs",
        "polyfactory",
        "pydantic.v1",
        "rich",
        "sqlalchemy.ext.asyncio",
        "sqlalchemy.orm",
    }
    assert loaded & unneeded == set()


def test_an_explanation_needs_no_server() -> None:
    loaded = modules_after("import classgate.cli.explain")
    assert "classgate.explain.explanation" in loaded
    assert loaded & {"aiohttp", "alembic", "litestar", "sqlalchemy", "uvicorn"} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_shows_what_a_command_says_of_itself(name: str) -> None:
    line = load_command(name).get_short_help_str(1000)
    assert line == COMMANDS[name][1]
