"""A stage for a client of the documentation: its pages, the gate and the store, on three ports.

The client is a browser or Node. As in production the three are of different origins. The gate and
the store pass everything on to classgate and to the emulator, and count it; a test may hold it up,
refuse it or lose it on the way.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from aiohttp import web
from tests.support.documented_snippets import helper
from tests.support.harness import World
from tests.support.running_emulator import Emulator
from yarl import URL

PART = 1 << 20
# Of a request: a refusal in place of the answer, None to pass it on. `lose` breaks the connection.
Hook = Callable[[web.BaseRequest], Awaitable[web.Response | None]]

_PAGE = """<!doctype html><meta charset="utf-8"><title>upload</title>
<script src="/cos-js-sdk-v5.js"></script>
<script type="importmap">{"imports": {"cos-js-sdk-v5": "/cos.mjs"}}</script>
<script type="module" src="/client.mjs"></script>"""
_FOR_BROWSER = "export default globalThis.COS;"
# This SDK reads files by their path.
_FOR_NODE = """import COS from 'cos-nodejs-sdk-v5';
export default class extends COS {
  uploadFile({Body, ...params}) { return super.uploadFile({...params, FilePath: Body.path}); }
}"""


async def pass_on(_request: web.BaseRequest) -> web.Response | None:
    """Do nothing to a request."""
    return None


def lose(request: web.BaseRequest) -> web.Response:
    """Break the connection, as a lost network does."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=500)


class Stage:
    """What one client meets, and what it did."""

    def __init__(self, sdk: Path, folder: Path, content: bytes) -> None:
        self._sdk = sdk
        self._content = content
        self.folder = folder
        self.before_gate: Hook = pass_on
        self.before_store: Hook = pass_on
        self.gate_calls: list[str] = []
        self.parts: list[int] = []  # numbers of the parts that the store took
        self.begun = 0  # uploads in parts that were begun
        self._under_way = 0  # requests that the store has not answered yet
        self._task: dict[str, Any] = {}
        self._orders: list[dict[str, Any]] = []
        self._seen = 0
        self._changed = asyncio.Condition()
        self.outcome: asyncio.Future[dict[str, Any]]

    # ── what a test does ────────────────────────────────────────────────────────────────────────

    async def open(self, world: World, emulator: Emulator, client: httpx.AsyncClient) -> None:
        """Connect it with classgate and with the cloud."""
        self._world, self._emulator, self._gate_client = world, emulator, client

    def prepare(self, token: str, classroom: int, ports: "Ports", tries: int) -> None:
        """Say what the client is to upload, and write what a reader copies into its folder."""
        self.outcome = asyncio.get_running_loop().create_future()
        path = self.folder / "函数.pdf"
        if not path.exists():
            path.write_bytes(self._content)
        self._task = {
            "token": token,
            "classroom": classroom,
            "name": path.name,
            "path": str(path),
            "tries": tries,
            "cos": {"Protocol": "http:", "Domain": f"127.0.0.1:{ports.store}"},
        }
        code = helper(f"http://127.0.0.1:{ports.gate}")
        (self.folder / "classgate.mjs").write_text(code, "utf-8")
        (self.folder / "node.mjs").write_text(code.replace("'cos-js-sdk-v5'", "'./cos.mjs'"))
        (self.folder / "cos.mjs").write_text(_FOR_NODE)

    async def pass_time(self, seconds: float) -> None:
        """Move the clocks of classgate, the cloud and the client."""
        self._world.clock.advance(seconds=seconds)
        await self._order(offset=seconds * 1000)

    async def stored(self, *numbers: int) -> None:
        """Wait until the store has these parts."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: set(numbers) <= set(self.parts))

    async def store_idle(self) -> None:
        """Wait until the store has answered everything that reached it.

        Never for a part by its number: one whose connection broke needs keys before it comes again.
        """
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: self._under_way == 0)

    async def reload(self) -> None:
        """Let the client reload its page, and wait until the new one is there."""
        await self._order(reload=True)

    async def _order(self, *, offset: float = 0, reload: bool = False) -> None:
        before = self._orders[-1]["offset"] if self._orders else 0
        number = len(self._orders) + 1
        self._orders.append({"number": number, "offset": before + offset, "reload": reload})
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._seen >= number)

    # ── what the client asks ────────────────────────────────────────────────────────────────────

    async def serve_pages(self, request: web.BaseRequest) -> web.StreamResponse:
        files: dict[str, tuple[str, str | Path]] = {
            "/": ("text/html", _PAGE),
            "/cos.mjs": ("text/javascript", _FOR_BROWSER),
            "/cos-js-sdk-v5.js": ("text/javascript", self._sdk),
            "/client.mjs": (
                "text/javascript",
                Path(__file__).parents[1] / "contract/node/client.js",
            ),
            "/classgate.mjs": ("text/javascript", self.folder / "classgate.mjs"),
        }
        if request.path in files:
            kind, source = files[request.path]
            text = source if isinstance(source, str) else source.read_text("utf-8")
            return web.Response(text=text, content_type=kind, charset="utf-8")
        if request.path == "/order":
            return web.json_response(await self._next_order(int(request.query["seen"])))
        if request.path == "/outcome":
            if not self.outcome.done():
                self.outcome.set_result(await request.json())
            return web.json_response(None)
        if request.path == "/task":
            return web.json_response(self._task)
        if request.path == "/file":
            return web.Response(body=self._content)
        raise web.HTTPNotFound

    async def _next_order(self, seen: int) -> dict[str, Any]:
        async with self._changed:
            self._seen = max(self._seen, seen)
            self._changed.notify_all()
            await self._changed.wait_for(lambda: len(self._orders) > seen)
        return self._orders[seen]

    async def serve_gate(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "OPTIONS":
            self.gate_calls.append(f"{request.method} {request.path}")
            held = await self.before_gate(request)
            if held is not None:
                return held
        answer = await self._gate_client.request(
            request.method, request.path_qs, headers=list(request.headers.items()),
            content=await request.read(),
        )  # fmt: skip
        return web.Response(
            status=answer.status_code, body=answer.content, headers=_end_to_end(answer.headers)
        )

    async def serve_store(self, request: web.BaseRequest) -> web.StreamResponse:
        self._under_way += 1
        try:
            return await self._answer_of_store(request)
        finally:
            self._under_way -= 1
            async with self._changed:
                self._changed.notify_all()

    async def _answer_of_store(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "OPTIONS":
            held = await self.before_store(request)
            if held is not None:
                return held
        url = URL(f"http://{self._emulator.address}{request.raw_path}", encoded=True)
        async with (
            aiohttp.ClientSession(auto_decompress=False) as client,
            client.request(
                request.method, url, headers=request.headers, data=await request.read(),
                skip_auto_headers=["Content-Type", "User-Agent", "Accept-Encoding"],
            ) as answer,
        ):  # fmt: skip
            body = await answer.read()
            if answer.status == 200 and request.method == "PUT" and "partNumber" in request.query:
                self.parts.append(int(request.query["partNumber"]))
                async with self._changed:
                    self._changed.notify_all()
            self.begun += request.method == "POST" and "uploads" in request.query
            headers = _end_to_end(answer.headers)
            return web.Response(status=answer.status, body=body, headers=headers)


def _end_to_end(headers: Any) -> list[tuple[str, str]]:
    dropped = {"content-length", "transfer-encoding", "connection", "date", "server"}
    return [(name, value) for name, value in headers.items() if name.lower() not in dropped]


class Ports:
    """The three ports of a stage, which are open before anybody serves them."""

    def __init__(self, stage: Stage) -> None:
        self._serving = (stage.serve_pages, stage.serve_gate, stage.serve_store)
        self._runners: list[web.ServerRunner] = []
        self.pages = self.gate = self.store = 0

    async def __aenter__(self) -> "Ports":
        ports = []
        for serve in self._serving:
            runner = web.ServerRunner(web.Server(serve, access_log=None), shutdown_timeout=1)
            await runner.setup()
            self._runners.append(runner)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            ports.append(runner.addresses[0][1])
        self.pages, self.gate, self.store = ports
        return self

    async def __aexit__(self, *_error: object) -> None:
        for runner in self._runners:
            await runner.cleanup()


@asynccontextmanager
async def set_stage(stage: Stage, world: World, emulator: Emulator) -> AsyncIterator[None]:
    """Let the stage reach classgate and the cloud."""
    async with world.client() as client:
        await stage.open(world, emulator, client)
        yield


def problem(status: int, reason: str, **headers: str) -> web.Response:
    """A refusal in place of classgate's answer."""
    body = {"status": status, "code": "cloud_unavailable", "reason": reason, "detail": "wait"}
    allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
    return web.Response(
        status=status, body=json.dumps(body), content_type="application/problem+json",
        headers=allowed | headers,
    )  # fmt: skip
