"""Every contract test has a running stand-in that has forgotten everything."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .node_client import NodeClients, install
from .standin_server import Standin, running, settings_for


@pytest.fixture(scope="session")
def session_standin() -> Iterator[Standin]:
    with running(settings_for()) as standin:
        yield standin


@pytest.fixture
def standin(session_standin: Standin) -> Standin:
    """A running stand-in that has forgotten everything."""
    assert session_standin.tell("/_standin/reset").status == 200
    return session_standin


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[bytes], str]:
    """Content as a file, for clients that upload files."""

    def write(content: bytes) -> str:
        file = tmp_path / "upload.bin"
        file.write_bytes(content)
        return str(file)

    return write


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> NodeClients:
    """The official Node clients, installed once."""
    return install(tmp_path_factory.mktemp("node"))
