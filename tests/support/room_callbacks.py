"""Plays the cloud that calls: room events of TRTC and webhooks of IM, signed as it signs them."""

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
from tests.support.harness import World
from tests.support.school_settings import SDK_APP_ID

RTC_KEY = "q7Lk2mZt9XcVb4Ns8RwYp3Hd6Gf1Ja5E"
IM_TOKEN = "f3a9d1c7b5e8402697d4c1a0e6b2f895"
KEYS = {"rtc_key": RTC_KEY, "im_token": IM_TOKEN}

CREATED, DISMISSED, ENTERED, LEFT, ROLE = 101, 102, 103, 104, 105
ANCHOR, AUDIENCE = 20, 21


def room_event(
    number: int,
    room: int | str,
    identifier: str | None,
    at: float,
    *,
    sent_at: float | None = None,
    **info: Any,
) -> dict[str, Any]:
    """The message of an event at a Unix time, with members that are not documented yet."""
    details: dict[str, object] = {
        "RoomId": room,
        "EventTs": int(at),
        "EventMsTs": round(at * 1000),
        "Added": {"later": [1]},
        **info,
    }
    if identifier is not None:
        details["UserId"] = identifier
    return {
        "EventGroupId": 1,
        "EventType": number,
        "CallbackTs": round((at if sent_at is None else sent_at) * 1000),
        "EventInfo": details,
    }


def rtc_signature(body: bytes, key: str = RTC_KEY) -> str:
    return base64.b64encode(hmac.digest(key.encode(), body, "sha256")).decode()


class CallingCloud:
    """The cloud as one world's callbacks see it; its clock is the world's."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def send(
        self,
        body: bytes,
        *,
        sign: str | None = None,
        sdk_app_id: str = str(SDK_APP_ID),
    ) -> httpx.Response:
        """Send a message of TRTC."""
        headers = {"Sign": rtc_signature(body) if sign is None else sign, "SdkAppId": sdk_app_id}
        return await self.world.call("POST", "/callbacks/rtc", headers=headers, content=body)

    async def post_event(self, message: dict[str, Any]) -> None:
        """Send an event, which must be taken."""
        answer = await self.send(json.dumps(message, indent="\t").encode())
        assert (answer.status_code, answer.json()) == (200, {"code": 0}), answer.text

    async def event(
        self, number: int, room: int | str, identifier: str | None = None, **info: Any
    ) -> None:
        """Something happens in a room now, with a millisecond between two events."""
        self.world.clock.advance(milliseconds=1)
        now = self.world.clock().timestamp()
        await self.post_event(room_event(number, room, identifier, now, **info))

    async def enter(self, room: int, identifier: str, role: int = AUDIENCE) -> None:
        await self.event(ENTERED, room, identifier, Role=role, TerminalType=2, Reason=1)

    async def leave(self, room: int, identifier: str, reason: int = 1) -> None:
        await self.event(LEFT, room, identifier, Role=AUDIENCE, Reason=reason)

    async def ask_im(
        self,
        command: str,
        message: dict[str, Any] | bytes,
        *,
        sign: str | None = None,
        requested_at: int | None = None,
        sdk_app_id: int = SDK_APP_ID,
    ) -> httpx.Response:
        """Send a webhook of IM."""
        time = str(self.world.clock.unix if requested_at is None else requested_at)
        if sign is None:
            sign = hashlib.sha256((IM_TOKEN + time).encode()).hexdigest()
        query = (
            f"SdkAppid={sdk_app_id}&CallbackCommand={command}&contenttype=json"
            f"&ClientIP=192.0.2.1&OptPlatform=Web&RequestTime={time}&Sign={sign}"
        )
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.world.call("POST", f"/callbacks/im?{query}", content=body)


def outbox_of(world: World, classroom_id: int, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    """The kind and the content of each message about a class that waits, the oldest first."""
    rows = world.raw_database.query(
        "SELECT kind, payload FROM outbox WHERE classroom_id = ? ORDER BY message_id", classroom_id
    )
    return [(kind, json.loads(payload)) for kind, payload in rows if kind in kinds]


def forget_outbox(world: World) -> None:
    """Drop what the school's history left behind."""
    world.raw_database.change("DELETE FROM outbox")
