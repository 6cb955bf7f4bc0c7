"""The events of rooms, signed and sent to the configured URL in the background.

Source: document 647/51586 and https://trtc.io/document/39558. The signature is over the raw bytes
of the body, so the body has the white space of the document's sample.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from classgate.emulator.clock import Clock

KEY: Final = re.compile(r"[A-Za-z0-9]{1,32}")
MAX_COPIES: Final = 5

_GROUP: Final = 1
_MAX_EVENTS: Final = 10_000
_MAX_ANSWER_BYTES: Final = 2000
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
_DROPPED_AFTER_SECONDS: Final = 60


@dataclass(frozen=True)
class EventTarget:
    """Where events go. Without a URL they are only recorded."""

    url: str = ""
    key: str = field(default="", repr=False)
    copies: int = 1
    retry_seconds: float = 10.0


@dataclass
class Event:
    """An event and what became of it."""

    event_type: int
    information: dict[str, Any]
    state: str = "unsent"
    attempts: int = 0

    def body(self, callback_ms: int) -> bytes:
        members = {
            "EventGroupId": _GROUP,
            "EventType": self.event_type,
            "CallbackTs": callback_ms,
            "EventInfo": self.information,
        }
        text = json.dumps(members, ensure_ascii=False, indent="\t", separators=(",", ":\t"))
        return text.encode("utf-8", "replace")


class EventSender:
    """Records events and sends them, one at a time, in the background.

    An event that is not accepted is sent again at once, then every 10 seconds, until a minute has
    passed; meanwhile later events are sent.

    Differs: the cloud promises no order; here a test asks for another one.
    Unknown: what the cloud does with an answer over 2000 bytes; here the event was not accepted.
    """

    def __init__(self, sdk_app_id: int, target: EventTarget, clock: Clock) -> None:
        self._sdk_app_id = sdk_app_id
        self._first_target = self.target = target
        self._clock = clock
        self._last_ms = 0
        self._is_held = False
        self._generation = 0  # of the events since the last `clear`
        self._events: deque[Event] = deque(maxlen=_MAX_EVENTS)
        self._waiting: deque[Event] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._retries: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def emit(self, event_type: int, information: dict[str, Any]) -> None:
        """Record an event and send it soon. Call it in the thread of the event loop."""
        at_ms = self._next_ms()
        times = {"EventTs": at_ms // 1000, "EventMsTs": at_ms}
        event = Event(event_type, {"RoomId": information["RoomId"], **times, **information})
        self._events.append(event)
        if self.target.url and len(self._waiting) < _MAX_EVENTS:
            event.state = "held" if self._is_held else "waiting"
            self._waiting.append(event)
            self._start()

    def events(self) -> list[Event]:
        return list(self._events)

    def hold(self) -> None:
        """Keep back the events from now on."""
        self._is_held = True

    def release(self, *, in_reverse: bool) -> None:
        """Send the events that were kept back."""
        self._is_held = False
        if in_reverse:
            self._waiting.reverse()
        for event in self._waiting:
            event.state = "waiting"
        self._start()

    def clear(self) -> None:
        """Forget all events, and the target that a test has set."""
        self.target = self._first_target
        self._is_held = False
        self._generation += 1
        self._events.clear()
        self._waiting.clear()
        for task in self._retries:
            task.cancel()

    async def close(self) -> None:
        """Stop sending. What has not been sent is lost."""
        self.clear()
        tasks = [*self._retries, *([self._sender] if self._sender else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _next_ms(self) -> int:
        """Return the time in milliseconds, later than that of the last event.

        Receivers recognize a repeated event by its time.
        """
        now = int(self._clock.now().timestamp() * 1000)
        just_before = self._last_ms - 1000 < now <= self._last_ms
        self._last_ms = self._last_ms + 1 if just_before else now
        return self._last_ms

    def _start(self) -> None:
        if self._is_held or not self._waiting:
            return
        if self._sender is None or self._sender.done():
            self._sender = asyncio.get_running_loop().create_task(self._send_waiting())

    async def _send_waiting(self) -> None:
        while self._waiting and not self._is_held:
            event, target, generation = self._waiting.popleft(), self.target, self._generation
            for _ in range(target.copies):
                accepted = await self._send(event, target) or await self._send(event, target)
                if not accepted and generation == self._generation:
                    self._retry_later(event, target)

    def _retry_later(self, event: Event, target: EventTarget) -> None:
        task = asyncio.get_running_loop().create_task(self._retry(event, target))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _retry(self, event: Event, target: EventTarget) -> None:
        loop = asyncio.get_running_loop()
        drop_at = loop.time() + _DROPPED_AFTER_SECONDS
        while loop.time() < drop_at:
            await asyncio.sleep(target.retry_seconds)
            if await self._send(event, target):
                return
        event.state = "dropped"

    async def _send(self, event: Event, target: EventTarget) -> bool:
        """Send an event once and return whether it was accepted."""
        body = event.body(int(self._clock.now().timestamp() * 1000))
        headers = {
            "Content-Type": "application/json",
            "Sign": sign(target.key, body),
            "SdkAppId": str(self._sdk_app_id),
        }
        event.attempts += 1
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        try:
            async with self._session.post(
                target.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                accepted = answer.status == 200 and await _is_short(answer)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            accepted = False
        event.state = "accepted" if accepted else "refused"
        return accepted


def sign(key: str, body: bytes) -> str:
    """Return the header Sign of an event."""
    return base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()


async def _is_short(answer: aiohttp.ClientResponse) -> bool:
    size = sum(len(name) + len(value) + 4 for name, value in answer.raw_headers)
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > _MAX_ANSWER_BYTES:
            return False
    return size <= _MAX_ANSWER_BYTES
