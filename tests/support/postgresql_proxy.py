"""A network before a PostgreSQL server that loses what concerns a connection that listens.

It stands in for two things: a server that vanished without a word (`silence`), and a pooler such as
PgBouncer in transaction mode, which answers queries and passes no notification on
(`keeps_notifications`).
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_SOCKET = ".s.PGSQL.5432"
_NOTIFICATION = b"A"


class ListeningProxy:
    """Passes connections on. What it does to those that sent LISTEN, a test says."""

    def __init__(self, server: Path) -> None:
        self.keeps_notifications = False
        self.heard: asyncio.Event = asyncio.Event()  # something was said into the silence
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._server = server

    def silence(self) -> None:
        """From now on no answer reaches a connection that listens; it stays open."""
        self.heard.clear()
        self._speaks.clear()

    def speak(self) -> None:
        """Pass on everything again, what was held back too."""
        self._speaks.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on until one side closes it."""
        answers, questions = await asyncio.open_unix_connection(self._server)
        listens = asyncio.Event()

        async def ask() -> None:
            while sent := await reader.read(1 << 16):
                if b"LISTEN" in sent:
                    listens.set()
                if listens.is_set() and not self._speaks.is_set():
                    self.heard.set()
                questions.write(sent)
                await questions.drain()

        async def answer() -> None:
            while True:
                head = await answers.readexactly(5)
                message = head + await answers.readexactly(int.from_bytes(head[1:]) - 4)
                if listens.is_set():
                    await self._speaks.wait()
                    if self.keeps_notifications and head[:1] == _NOTIFICATION:
                        continue
                writer.write(message)
                await writer.drain()

        both = [asyncio.create_task(ask()), asyncio.create_task(answer())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for stream in (writer, questions):
                stream.close()
                with suppress(ConnectionError):
                    await stream.wait_closed()


@asynccontextmanager
async def listening_proxy(url: str) -> AsyncIterator[tuple[ListeningProxy, str]]:
    """The proxy before the server of this address, and the address behind it."""
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    proxy = ListeningProxy(Path(folder) / _SOCKET)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        with suppress(asyncio.CancelledError):
            await proxy.serve(reader, writer)

    with tempfile.TemporaryDirectory(prefix="proxy-") as own:  # a short path: a socket's has limits
        server = await asyncio.start_unix_server(serve, Path(own) / _SOCKET)
        try:
            yield proxy, url.replace(folder, own)
        finally:
            server.close()
            for each in list(tasks):
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.wait_closed()
