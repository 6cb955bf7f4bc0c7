"""The snippet of docs/how-to/upload-from-a-client.md, run as it stands there by the official SDKs:
cos-js-sdk-v5 in Chromium, and cos-nodejs-sdk-v5 in Node.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from qcloud_cos import CosConfig, CosS3Client
from tests.support.chromium import find_chromium, open_page
from tests.support.client_stage import PART, Ports, Stage, lose, problem, set_stage
from tests.support.harness import Opener, World
from tests.support.node_clients import NodeClients, install
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, School
from tests.support.school_settings import BUCKET, REGION, SECRET_ID, SECRET_KEY

CONTENT = os.urandom(8 * PART + 7)
RENEWED = 50  # seconds, after which keys of 60 seconds are renewed
UPLOADS = f"POST /v1/classrooms/{LIVE}/uploads"

# The page does not know which database answers, and a browser takes its time.
RUNTIMES = ["node", pytest.param("chromium", marks=pytest.mark.on_sqlite)]


@dataclass
class Lesson:
    """A client that uploads a file into tom's class, and all that it meets."""

    stage: Stage
    world: World
    tom: str
    store: CosS3Client
    in_browser: bool
    run: Callable[..., Awaitable[dict[str, Any]]]

    async def run_twice(self) -> dict[str, Any]:
        """The second try, after one that failed. The SDK for Node resumes in a new process only."""
        if self.in_browser:
            return await self.run(tries=2)
        assert "error" in await self.run()
        return await self.run()

    async def end_the_class(self) -> None:
        answer = await self.world.call("POST", f"/v1/classrooms/{LIVE}/end", self.tom)
        assert answer.status_code == 200

    def renewals(self) -> int:
        return sum(call.endswith("/credentials") for call in self.stage.gate_calls)

    def stored(self) -> bytes:
        (found,) = self.store.list_objects(Bucket=BUCKET)["Contents"]
        read = self.store.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].get_raw_stream()
        content = read.read()
        assert isinstance(content, bytes)
        return content


@pytest.fixture(scope="session")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> NodeClients:
    """The official SDKs, installed once."""
    return install(tmp_path_factory.mktemp("sdks"))


@asynccontextmanager
async def in_node(
    sdks: NodeClients, stage: Stage, ports: Ports
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the client with Node, beside the SDKs: modules are looked for where the file is."""
    for name, kept in (("cos.mjs", "cos.mjs"), ("node.mjs", "classgate.mjs")):
        (sdks.folder / kept).write_text((stage.folder / name).read_text("utf-8"), "utf-8")
    (sdks.folder / "client.mjs").write_text((sdks.folder / "client.js").read_text("utf-8"))
    process = await asyncio.create_subprocess_exec(
        "node", "client.mjs", f"http://127.0.0.1:{ports.pages}", stage.folder / "session.json",
        cwd=sdks.folder,
        env=os.environ | {"XDG_CONFIG_HOME": str(stage.folder)},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def outcome_of(stage: Stage, process: asyncio.subprocess.Process) -> dict[str, Any]:
    """What the client reports; a client that ends before it does has failed."""
    ended: asyncio.Future[Any] = asyncio.ensure_future(process.wait())
    try:
        async with asyncio.timeout(120):  # whoever waits for ever here has failed
            await asyncio.wait({ended, stage.outcome}, return_when=asyncio.FIRST_COMPLETED)
        assert stage.outcome.done(), (await process.communicate())[1]
        return stage.outcome.result()
    finally:
        ended.cancel()


@pytest.fixture(params=RUNTIMES)
async def lesson(
    request: pytest.FixtureRequest,
    sdks: NodeClients,
    open_with: Opener,
    school: School,
    emulator: Emulator,
    tmp_path: Path,
) -> AsyncIterator[Lesson]:
    """Keys live for 60 s."""
    if request.param == "chromium":
        find_chromium()
    sdk = sdks.folder / "node_modules/cos-js-sdk-v5/dist/cos-js-sdk-v5.js"
    stage = Stage(sdk, tmp_path, CONTENT)
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(Ports(stage))
        page = f"http://127.0.0.1:{ports.pages}"
        world = await stack.enter_async_context(
            open_with(http={"cors_origins": [page]}, cos={"credential_lifetime": 60})
        )
        await stack.enter_async_context(set_stage(stage, world, emulator))

        async def run(tries: int = 1) -> dict[str, Any]:
            stage.prepare(school.tokens["tom"], LIVE, ports, tries)
            client: AbstractAsyncContextManager[asyncio.subprocess.Process] = (
                open_page(f"{page}/", tmp_path / "profile")
                if request.param == "chromium"
                else in_node(sdks, stage, ports)
            )
            async with client as process:
                return await outcome_of(stage, process)

        config = CosConfig(
            Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY, Scheme="http",
            IP="127.0.0.1", Port=emulator.port,
        )  # fmt: skip
        store = CosS3Client(config, retry=0)
        yield Lesson(stage, world, school.tokens["tom"], store, request.param == "chromium", run)


def part_of(request: web.BaseRequest) -> int | None:
    """The number of the part that a request carries."""
    is_part = request.method == "PUT" and "partNumber" in request.query
    return int(request.query["partNumber"]) if is_part else None


def is_renewal(request: web.BaseRequest) -> bool:
    return request.path.endswith("/credentials")


async def test_upload_fails_with_the_reason_when_its_class_ends(lesson: Lesson) -> None:
    """The renewal is refused: the SDK stops, and the caller is told why."""

    async def before_store(request: web.BaseRequest) -> None:
        if part_of(request) == 4:
            await lesson.end_the_class()
            await lesson.stage.pass_time(RENEWED)

    lesson.stage.before_store = before_store
    outcome = await lesson.run()
    assert outcome["error"]["status"] == 409, outcome
    assert outcome["error"]["reason"] == "class_ended"
    assert outcome["error"]["message"] == "the class has ended"
    assert lesson.renewals() == 1


async def test_parallel_parts_share_one_renewal(lesson: Lesson) -> None:
    stage = lesson.stage

    async def before_store(request: web.BaseRequest) -> None:
        if part_of(request) == 3:
            await stage.pass_time(RENEWED)

    async def before_gate(request: web.BaseRequest) -> None:
        if is_renewal(request):
            await stage.store_idle()  # the parts that had keys have made room for others
            await stage.pass_time(0)  # those who do not share have asked by then

    stage.before_store, stage.before_gate = before_store, before_gate
    outcome = await lesson.run()
    assert outcome["courseware"]["size"] == len(CONTENT), outcome
    assert lesson.renewals() == 1
    assert lesson.stored() == CONTENT
    assert sorted(stage.parts) == list(range(1, 10))


async def test_part_that_is_lost_after_its_keys_aged_shares_the_renewal(lesson: Lesson) -> None:
    stage, lost = lesson.stage, False

    async def before_store(request: web.BaseRequest) -> web.Response | None:
        nonlocal lost
        if part_of(request) != 2 or lost:
            return None
        lost = True
        await stage.pass_time(RENEWED)
        return lose(request)

    async def before_gate(request: web.BaseRequest) -> None:
        if is_renewal(request):
            await stage.store_idle()
            await stage.pass_time(0)

    stage.before_store, stage.before_gate = before_store, before_gate
    outcome = await lesson.run()
    assert outcome["courseware"]["size"] == len(CONTENT), outcome
    assert lesson.renewals() == 1
    assert lesson.stored() == CONTENT


@pytest.mark.parametrize("fault", ["503", "lost"])
async def test_upload_outlives_a_renewal_that_fails_for_a_while(lesson: Lesson, fault: str) -> None:
    """classgate waits for STS and says so, or cannot be reached: the client tries again."""

    async def before_store(request: web.BaseRequest) -> None:
        if part_of(request) == 3:
            await lesson.stage.pass_time(RENEWED)

    async def before_gate(request: web.BaseRequest) -> web.Response | None:
        if not is_renewal(request) or lesson.renewals() > 2:
            return None
        return lose(request) if fault == "lost" else problem(503, "cloud_unavailable")

    lesson.stage.before_store, lesson.stage.before_gate = before_store, before_gate
    outcome = await lesson.run()
    assert outcome["courseware"]["size"] == len(CONTENT), outcome
    assert lesson.renewals() == 3
    assert lesson.stored() == CONTENT


@pytest.mark.parametrize(
    ("fault", "status", "reason"), [("503", 503, "cloud_unavailable"), ("lost", 0, "no_answer")]
)
async def test_upload_fails_when_renewals_fail_for_too_long(
    lesson: Lesson, fault: str, status: int, reason: str
) -> None:
    async def before_store(request: web.BaseRequest) -> None:
        if part_of(request) == 3:
            await lesson.stage.pass_time(RENEWED)

    async def before_gate(request: web.BaseRequest) -> web.Response | None:
        if not is_renewal(request):
            return None
        if fault == "lost":
            return lose(request)
        return problem(503, "cloud_unavailable", **{"Retry-After": "2"})

    lesson.stage.before_store, lesson.stage.before_gate = before_store, before_gate
    outcome = await lesson.run()
    assert (outcome["error"]["status"], outcome["error"]["reason"]) == (status, reason), outcome
    # A browser repeats by itself what was lost on a connection that it had used before.
    assert (
        lesson.renewals() >= 5 if lesson.in_browser and fault == "lost" else lesson.renewals() == 5
    )


async def test_second_try_sends_only_the_parts_that_are_missing(lesson: Lesson) -> None:
    """The same upload, the same key: the store's list of parts is what the SDK goes by."""
    failed = False

    async def before_store(request: web.BaseRequest) -> web.Response | None:
        nonlocal failed
        number = part_of(request)
        failed = failed or (number is not None and len(lesson.stage.parts) >= 4)
        is_first = lesson.renewals() == 0
        return web.Response(status=403) if number is not None and failed and is_first else None

    lesson.stage.before_store = before_store
    outcome = await lesson.run_twice()
    assert outcome["courseware"]["size"] == len(CONTENT), outcome
    assert lesson.stored() == CONTENT
    assert sorted(lesson.stage.parts) == list(range(1, 10))  # each once
    assert (lesson.stage.begun, lesson.stage.gate_calls.count(UPLOADS)) == (1, 1)


@pytest.mark.on_sqlite
@pytest.mark.parametrize("lesson", ["chromium"], indirect=True)
async def test_upload_continues_after_the_page_was_reloaded(lesson: Lesson) -> None:
    """In the middle, with an empty localStorage: nothing of what is stored is sent again."""
    stage, reloaded = lesson.stage, asyncio.Event()

    async def before_store(request: web.BaseRequest) -> web.Response | None:
        number = part_of(request)
        if number is None or number <= 3 or reloaded.is_set():
            return None
        if number == 4:
            await stage.stored(1, 2, 3)
            await stage.reload()
            reloaded.set()
        await reloaded.wait()
        return lose(request)  # of the page that is gone

    stage.before_store = before_store
    outcome = await lesson.run()
    assert outcome["courseware"]["size"] == len(CONTENT), outcome
    assert lesson.stored() == CONTENT
    assert sorted(stage.parts) == list(range(1, 10))
    assert (stage.begun, stage.gate_calls.count(UPLOADS), lesson.renewals()) == (1, 1, 1)
