"""Runs several ASGI applications in one process until a signal stops them together."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
import uvloop

from classgate.errors import ConfigurationError
from classgate.server.bounded_http import BoundedHttpProtocol, raise_open_file_limit

_KEEP_ALIVE = 75  # seconds

Started = Callable[[], Awaitable[None]]


class Listener(uvicorn.Server):
    """One of several servers; signals are handled for all of them."""

    def __init__(self, config: uvicorn.Config, bound: socket.socket) -> None:
        super().__init__(config)
        self.bound = bound

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @property
    def port(self) -> int:
        """Return the bound port, also if any free one was requested."""
        return int(self.bound.getsockname()[1])

    @property
    def url(self) -> str:
        """Return the URL of the listener."""
        return url_of(self.bound)


def url_of(bound: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def bind(setting: str, host: str, port: int) -> socket.socket:
    """Open a listening socket. ConfigurationError names the setting."""
    if not 0 <= port <= 65535:
        raise ConfigurationError([f"{setting}: a port is a number from 0 to 65535"])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except OSError as error:
        bound.close()
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            [f"{setting}: cannot listen on {host}:{port} ({reason})"]
        ) from error
    return bound


def uvicorn_config(app: Callable[..., object]) -> uvicorn.Config:
    """Return uvicorn's configuration for classgate's applications."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        # Trusted proxies are handled in `client_address`.
        proxy_headers=False,
        server_header=False,
        # Longer than the heartbeat interval and than nginx's 60 s: the side that closes first may
        # do so just when the other sends a request.
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=10,
    )


def run_listeners(listeners: list[Listener], when_started: Started | None = None) -> bool:
    """Serve until SIGINT or SIGTERM, or until `when_started` fails.

    False when a listener could not start; its log says why.
    """
    raise_open_file_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(listeners, when_started))


def stop_listeners(listeners: list[Listener]) -> None:
    """Let the servers finish their requests, then stop them."""
    for listener in listeners:
        listener.should_exit = True


async def _serve(listeners: list[Listener], when_started: Started | None) -> bool:
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stop_listeners, listeners)
    serving = [asyncio.create_task(each.serve(sockets=[each.bound])) for each in listeners]
    try:
        while not all(each.started for each in listeners):
            if any(task.done() for task in serving):
                stop_listeners(listeners)
                await asyncio.gather(*serving, return_exceptions=True)
                return all(each.started for each in listeners)
            await asyncio.sleep(0.02)
        if when_started is not None:
            await when_started()
        await asyncio.gather(*serving)
    finally:
        stop_listeners(listeners)
        await asyncio.gather(*serving, return_exceptions=True)
    return True
