"""Every contract test has a running emulator that has forgotten everything."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.contract_cloud import settings_for
from tests.support.node_clients import NodeClients, install
from tests.support.running_emulator import Emulator, running_emulator


@pytest.fixture(scope="session")
def session_emulator() -> Iterator[Emulator]:
    with running_emulator(settings_for()) as emulator:
        yield emulator


@pytest.fixture
def emulator(session_emulator: Emulator) -> Emulator:
    """A running emulator that has forgotten everything."""
    session_emulator.reset()
    return session_emulator


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
