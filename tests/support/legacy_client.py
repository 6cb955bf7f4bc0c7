"""A client of the old backend: what it sends, and the people and classes that it needs for that."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.support.harness import ADDRESS, Opener, World
from tests.support.school_settings import SDK_APP_ID

OPEN_LEGACY_API: dict[str, object] = {
    "enabled": True,
    "student_registration": "open",
    "teacher_registration": "open",
    "password_min_length": 1,
}
PATH_SECRET = "4d1f27c3a9b0e85d66f2b7a1"
LIVE_KEY = "live-key-of-these-tests-0001"
IM_TOKEN = "im-token-of-these-tests-0001"
CALLBACKS: dict[str, object] = {
    "path_secret": PATH_SECRET,
    "live_key": LIVE_KEY,
    "im_token": IM_TOKEN,
}
PASSWORD = "1000"
PEOPLE = {"tess": 1, "ted": 1, "sue": 0, "stu": 0}  # tess is the host; stu enters nowhere


@dataclass
class LegacyClient:
    """Calls the legacy API, as anybody."""

    world: World
    tokens: dict[str, str] = field(default_factory=dict)
    user_sigs: dict[str, str] = field(default_factory=dict)
    address: str = ADDRESS

    async def post(
        self,
        path: str,
        content: bytes | AsyncIterator[bytes],
        *,
        method: str = "POST",
        content_type: str | None = "application/json",
    ) -> httpx.Response:
        """One request as it is. Whatever it is, old clients need these three in the answer."""
        headers = {} if content_type is None else {"content-type": content_type}
        async with self.world.client(self.address) as client:
            answer = await client.request(method, path, headers=headers, content=content)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        return answer

    async def send(self, command: str, body: object, path: str = "/index.php") -> dict[str, Any]:
        """A body as it is, to `svc/cmd`."""
        svc, cmd = command.split("/")
        answer = await self.post(f"{path}?svc={svc}&cmd={cmd}", json.dumps(body).encode())
        found: dict[str, Any] = answer.json()
        return found

    async def call(self, command: str, who: str | None = None, **fields: Any) -> dict[str, Any]:
        """With the fields that every call has; `who` says whose token."""
        body: dict[str, Any] = {"appid": SDK_APP_ID, "timeStamp": 1234567}
        if who is not None:
            body["token"] = self.tokens[who]
        return await self.send(command, {**body, **fields})

    async def code(self, command: str, who: str | None = None, **fields: Any) -> int:
        """What the answer's code is."""
        code = (await self.call(command, who, **fields))["errorCode"]
        assert isinstance(code, int)
        return code

    async def data(self, command: str, who: str | None = None, **fields: Any) -> Any:
        """What is answered to a call that must go well."""
        answer = await self.call(command, who, **fields)
        assert answer["errorCode"] == 0, answer
        return answer.get("data")

    async def log_in(self, who: str, password: str = PASSWORD) -> str:
        """A new token, which the following calls show."""
        data = await self.data("account/login", id=who, pwd=password)
        self.user_sigs[who] = data["userSig"]
        self.tokens[who] = data["token"]
        return self.tokens[who]

    async def register(self, who: str, role: int, password: str = PASSWORD) -> None:
        await self.data("account/regist", id=who, pwd=password, role=role)
        await self.log_in(who, password)

    async def make_class(self, who: str, state: int = 0) -> int:
        """A class that is created (0), live (1) or ended (2)."""
        number = (await self.data("live/create", who, title="数学 <1>", cover=""))["roomnum"]
        assert isinstance(number, int)
        for step in ("live/startcourse", "live/exitroom")[:state]:
            await self.data(step, who, roomnum=number)
        return number

    async def show_index(self, number: int, code: int = 0, url: str = "https://v.test/i") -> Any:
        """What the cloud sends when the index of a class's replay is built, and its answer."""
        body: dict[str, Any] = {
            "SrcRequest": json.dumps({"GroupId": str(number)}),
            "ErrorCode": code,
            "ErrorInfo": "",
        }
        if code == 0:
            body["ReplayIndex"] = {"FileUrl": url, "CreateTime": 1500000000}
        return await self.send("live/idxfileendcall", body, f"/{PATH_SECRET}/index.php")


@asynccontextmanager
async def legacy_client(
    open_with: Opener, people: dict[str, int] | None = None, **legacy: object
) -> AsyncIterator[LegacyClient]:
    """A client of a school whose legacy API is enabled, with people who have logged in there."""
    async with open_with(legacy={**OPEN_LEGACY_API, **legacy}, callbacks=CALLBACKS) as world:
        client = LegacyClient(world)
        for who, role in (PEOPLE if people is None else people).items():
            await client.register(who, role)
        yield client
