"""What asyncpg sends, with what was held back before it, in one write to the socket.

Each write wakes the server's process, and costs as much as a small statement. asyncpg takes a loop
to connect with; `HoldingLoop` is the running one, with the transports of this module.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any


class HoldingTransport:
    """A transport whose next write begins with what is held back."""

    def __init__(self, transport: Any) -> None:
        self.inner = transport
        self._held: list[bytes] = []

    def hold(self, data: bytes) -> None:
        """Send this with the next write, before it."""
        self._held.append(data)

    def is_holding(self) -> bool:
        """Return whether something waits for the next write."""
        return bool(self._held)

    def write(self, data: bytes | memoryview) -> None:
        """Write, as the transport does."""
        if self._held:
            data = b"".join((*self._held, data))
            self._held.clear()
        self.inner.write(data)

    def writelines(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write, as the transport does."""
        self.write(b"".join(pieces))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class HoldingLoop:
    """A loop that gives its connections a `HoldingTransport`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.inner = loop
        # What asyncpg calls with each statement, without `__getattr__`.
        self.create_future, self.call_later = loop.create_future, loop.call_later

    async def create_connection(self, *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """Connect over TCP, as the loop does."""
        return await self._connect(self.inner.create_connection, *arguments, **options)

    async def create_unix_connection(self, *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """Connect over a socket in the file system, as the loop does."""
        return await self._connect(self.inner.create_unix_connection, *arguments, **options)

    async def start_tls(self, transport: HoldingTransport, *arguments: Any, **options: Any) -> Any:
        """Begin TLS on the connection, as the loop does."""
        secured = await self.inner.start_tls(transport.inner, *arguments, **options)
        return None if secured is None else HoldingTransport(secured)

    @staticmethod
    async def _connect(
        connect: Callable[..., Any],
        new_protocol: Callable[[], Any],
        *arguments: Any,
        **options: Any,
    ) -> tuple[Any, Any]:
        _, connected = await connect(lambda: _Connected(new_protocol()), *arguments, **options)
        return connected.transport, connected.protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Connected(asyncio.Protocol):
    """Gives the protocol of a new connection the transport, and steps aside."""

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        self.transport: HoldingTransport

    def connection_made(self, transport: Any) -> None:
        self.transport = HoldingTransport(transport)
        transport.set_protocol(self.protocol)
        self.protocol.connection_made(self.transport)
