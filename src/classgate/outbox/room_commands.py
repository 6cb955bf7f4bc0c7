"""How what concerns a room is sent: removals, dismissals and blocks.

Each may be sent twice: whoever is out is out.
"""

from collections.abc import Sequence

from classgate.cloud.ports import CloudAnswer, RoomService, Treatment
from classgate.outbox.delivery_repository import StoredMessage
from classgate.outbox.models import MessageKind


class RoomSender:
    """Sends messages about one room; several removals are one call."""

    def __init__(self, rooms: RoomService) -> None:
        self._rooms = rooms

    async def send(self, batch: Sequence[StoredMessage]) -> Sequence[CloudAnswer]:
        """Return an answer for each message. CloudUnavailable."""
        first = batch[0]
        if first.kind is MessageKind.REMOVAL:
            identifiers = [str(each.read_payload()["identifier"]) for each in batch]
            answer = await self._rooms.remove_users(first.class_number, identifiers)
        elif first.kind is MessageKind.DISMISSAL:
            answer = await self._rooms.dismiss_room(first.class_number)
        else:
            answer = await self._block(first)
        return [answer] * len(batch)

    async def _block(self, message: StoredMessage) -> CloudAnswer:
        """Block the media; where the host cannot, remove whoever would be blocked."""
        payload = message.read_payload()
        identifier = str(payload["identifier"])
        audio, video = payload["audio"] is True, payload["video"] is True
        room_id = message.class_number
        if self._rooms.can_block:
            return await self._rooms.block_user(room_id, identifier, audio=audio, video=video)
        if audio or video:
            return await self._rooms.remove_users(room_id, [identifier])
        return CloudAnswer(Treatment.DONE)
