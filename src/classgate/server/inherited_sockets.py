"""Listening sockets that systemd holds open while the service restarts: LISTEN_FDS.

Connections then wait in the socket's queue instead of failing. A socket unit names its listener
with `FileDescriptorName=`: `http` or `operations`. See sd_listen_fds(3).
"""

import os
import socket
from collections.abc import MutableMapping

from classgate.errors import ConfigurationError

PUBLIC = "http"
OPERATIONS = "operations"

_FIRST = 3  # after stdin, stdout and stderr
_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def take_inherited_sockets(
    environment: MutableMapping[str, str], first: int = _FIRST
) -> dict[str, socket.socket]:
    """Return the sockets by name; none if they are not for this process.

    The variables are removed, so that no child process takes the sockets for its own. A single
    socket may have any name; it is the public one. ConfigurationError: a name that is unknown or
    stands twice, or not a listening TCP socket.
    """
    pid, count, names = (environment.pop(name, "") for name in _VARIABLES)
    if pid != str(os.getpid()) or not count.isdecimal() or count == "0":
        return {}
    given = names.split(":") if names else []
    if len(given) != int(count):
        given = ["unknown"] * int(count)
    if len(given) == 1 and given[0] != OPERATIONS:
        given = [PUBLIC]
    wrong = [name for name in given if name not in {PUBLIC, OPERATIONS} or given.count(name) > 1]
    if wrong:
        raise ConfigurationError(
            [
                f"LISTEN_FDNAMES: {wrong[0]!r} names no listener, or two sockets have this name; "
                "set FileDescriptorName=http or FileDescriptorName=operations in each socket unit"
            ]
        )
    return {name: _adopt(name, number) for number, name in enumerate(given, first)}


def _adopt(name: str, number: int) -> socket.socket:
    try:
        adopted = socket.socket(fileno=number)
    except OSError as error:
        raise ConfigurationError([f"{name}: the socket of LISTEN_FDS is none"]) from error
    is_tcp = adopted.family in {socket.AF_INET, socket.AF_INET6}
    is_stream = adopted.type == socket.SOCK_STREAM
    if not (is_tcp and is_stream and adopted.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)):
        adopted.close()
        raise ConfigurationError(
            [f"{name}: the socket of LISTEN_FDS does not listen on TCP; look at ListenStream="]
        )
    adopted.set_inheritable(False)
    return adopted
