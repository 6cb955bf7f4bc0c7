"""Sockets that systemd hands over."""

import contextlib
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from classgate.errors import ConfigurationError
from classgate.server.inherited_sockets import take_inherited_sockets

ME = str(os.getpid())
FIRST = 200  # numbers that nothing else in this process has


@pytest.fixture
def listening() -> Iterator[list[socket.socket]]:
    """Two listening sockets, and FIRST and the number after it as systemd would open them."""
    with ExitStack() as opened:
        found = []
        for number in (FIRST, FIRST + 1):
            each = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
            os.dup2(each.fileno(), number)
            opened.callback(_close, number)
            found.append(each)
        yield found


def _close(number: int) -> None:
    with contextlib.suppress(OSError):  # the code under test has closed it
        os.close(number)


def take(**variables: str) -> dict[str, socket.socket]:
    environment = {f"LISTEN_{name}": value for name, value in variables.items()}
    environment["PATH"] = "/bin"
    try:
        return take_inherited_sockets(environment, FIRST)
    finally:
        assert environment == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("names", "order"),
    [("http:operations", ["http", "operations"]), ("operations:http", ["operations", "http"])],
)
def test_sockets_are_taken_by_name(
    listening: list[socket.socket], names: str, order: list[str]
) -> None:
    taken = take(PID=ME, FDS="2", FDNAMES=names)
    assert list(taken) == order
    for each, original in zip(taken.values(), listening, strict=True):
        with each:
            assert each.getsockname() == original.getsockname()
            assert not each.get_inheritable()


@pytest.mark.parametrize("names", ["classgate.socket", "unknown", "http", ""])
@pytest.mark.usefixtures("listening")
def test_single_socket_is_the_public_one(names: str) -> None:
    taken = take(PID=ME, FDS="1", FDNAMES=names)
    assert list(taken) == ["http"]
    taken["http"].close()


@pytest.mark.usefixtures("listening")
def test_single_socket_of_operations_keeps_its_name() -> None:
    taken = take(PID=ME, FDS="1", FDNAMES="operations")
    assert list(taken) == ["operations"]
    taken["operations"].close()


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"PID": "1", "FDS": "2", "FDNAMES": "http:operations"},
        {"FDS": "2", "FDNAMES": "http:operations"},
        {"PID": ME, "FDS": "0"},
        {"PID": ME, "FDS": "-1"},
        {"PID": ME, "FDS": ""},
    ],
)
def test_sockets_of_another_process_are_left_alone(variables: dict[str, str]) -> None:
    assert take(**variables) == {}


@pytest.mark.parametrize("names", ["http:http", "http:metrics", "a:b", "http", ""])
@pytest.mark.usefixtures("listening")
def test_name_that_is_not_a_listener_is_refused(names: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        take(PID=ME, FDS="2", FDNAMES=names)
    (fault,) = refused.value.faults
    assert fault.startswith("LISTEN_FDNAMES: ")
    assert "FileDescriptorName=operations" in fault


def test_socket_that_does_not_listen_on_tcp_is_refused() -> None:
    with ExitStack() as opened:
        wrong = (
            opened.enter_context(socket.socket(socket.AF_UNIX)),
            opened.enter_context(socket.socket(type=socket.SOCK_DGRAM)),
            opened.enter_context(socket.socket()),
        )
        for each in wrong:
            os.dup2(each.fileno(), FIRST)
            opened.callback(_close, FIRST)
            with pytest.raises(ConfigurationError, match="does not listen on TCP"):
                take(PID=ME, FDS="1")


def test_number_that_is_not_open_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the socket of LISTEN_FDS is none"):
        take(PID=ME, FDS="1")
