"""The cloud as the outbox's delivery sees it: it remembers every call, and fails on request.

It injects failures only. What IM and TRTC really do is the emulator's part.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.harness import StoppedClock, World

from classgate.app.outbox_delivery import Names
from classgate.cloud.call_rate import Share, whole
from classgate.cloud.ports import CloudAnswer, Treatment
from classgate.cloud.resilient_client import Runtime
from classgate.errors import CloudUnavailable
from classgate.outbox.delivery import OutboxDelivery
from classgate.outbox.im_commands import ImSender
from classgate.outbox.policy import ATTEMPT_SECONDS, Lane
from classgate.outbox.room_commands import RoomSender
from classgate.outbox.wake_up import WakeUp

DONE = CloudAnswer(Treatment.DONE)
Call = tuple[str, object]


@dataclass
class FakeCloud:
    """An `ImService` and a `RoomService`. Answers of one command are given in their order."""

    can_block: bool = False
    admin_identifier: str = "administrator"
    calls: list[Call] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: dict[str, list[CloudAnswer | None]] = field(default_factory=dict)
    _gates: dict[str, asyncio.Event] = field(default_factory=dict)

    def answer(self, command: str, *answers: CloudAnswer | None) -> None:
        """Answer the next calls of the command with these; None: no answer."""
        self._answers.setdefault(command, []).extend(answers)

    def refuse(self, command: str, code: str, treatment: Treatment, times: int = 1) -> None:
        self.answer(command, *[CloudAnswer(treatment, code)] * times)

    def hold(self, command: str) -> asyncio.Event:
        """Hold calls of the command back until the event is set."""
        return self._gates.setdefault(command, asyncio.Event())

    def named(self, command: str) -> list[object]:
        """What was sent with each call of the command."""
        return [sent for name, sent in self.calls if name == command]

    def bodies(self, command: str) -> list[dict[str, Any]]:
        """The bodies of the calls of an IM command."""
        return [dict(sent) for sent in self.named(command) if isinstance(sent, Mapping)]

    async def _do(self, command: str, sent: object) -> CloudAnswer:
        self.calls.append((command, sent))
        self.arrived.set()
        gate = self._gates.get(command)
        if gate is not None:
            await gate.wait()
        answers = self._answers.get(command)
        answer = answers.pop(0) if answers else DONE
        if answer is None:
            raise CloudUnavailable("the cloud")
        return answer

    async def call(self, command: str, body: Mapping[str, object]) -> CloudAnswer:
        if command == "get_group_info" and not self._answers.get(command):
            groups = body["GroupIdList"]
            assert isinstance(groups, list)
            owned = {"GroupId": groups[0], "Owner_Account": self.admin_identifier}
            self.answer(command, CloudAnswer(Treatment.DONE, "", {"GroupInfo": [owned]}))
        return await self._do(command, body)

    async def remove_users(self, room_id: int, identifiers: Sequence[str]) -> CloudAnswer:
        return await self._do("RemoveUser", (room_id, tuple(identifiers)))

    async def dismiss_room(self, room_id: int) -> CloudAnswer:
        return await self._do("DismissRoom", room_id)

    async def block_user(
        self, room_id: int, identifier: str, *, audio: bool, video: bool
    ) -> CloudAnswer:
        return await self._do("SetUserBlocked", (room_id, identifier, audio, video))


def delivery_of(
    world: World,
    cloud: FakeCloud,
    wake_up: WakeUp,
    clock: StoppedClock,
    attempt_seconds: float = ATTEMPT_SECONDS,
    share: Share = whole,
) -> OutboxDelivery:
    """A delivery of the school's outbox to the cloud that fails on request."""
    application = world.application
    names = Names(application.database, application.leases)
    im = ImSender(cloud, names)
    return OutboxDelivery(
        database=application.database,
        senders={Lane.ROOMS: RoomSender(cloud), Lane.ACCOUNTS: im, Lane.GROUPS: im},
        gate_state=names,
        wake_up=wake_up,
        clock=clock,
        runtime=Runtime(monotonic=clock.monotonic, sleep=clock.sleep, jitter=lambda: 0.5),
        attempt_seconds=attempt_seconds,
        share=share,
    )
