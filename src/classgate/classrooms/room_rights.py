"""Takes media rights away in the room when they change at the gate, or gives them back.

An issued PrivateMapKey keeps its rights until it expires. Whoever loses the right to send is
blocked; whoever is known to be in the audience is not, since the event of sending is answered.
"""

from collections.abc import Sequence
from datetime import datetime

from classgate.accounts.models import Account
from classgate.classrooms.media_privileges import blocked_media
from classgate.classrooms.models import Membership, Mute
from classgate.classrooms.presence import repository as presence_repository
from classgate.classrooms.presence import room_users
from classgate.outbox.service import Outbox
from classgate.storage.database import DatabaseConnection


class RoomRights:
    """Enqueues what a changed membership means in the cloud."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def apply(
        self,
        connection: DatabaseConnection,
        account: Account,
        classroom_id: int,
        before: Membership | None,
        after: Membership,
        at: datetime,
    ) -> None:
        """Enqueue what changed for the member; `before` None: they are new."""
        await self.apply_all(connection, classroom_id, [(account, before, after)], at)

    async def apply_all(
        self,
        connection: DatabaseConnection,
        classroom_id: int,
        changes: Sequence[tuple[Account, Membership | None, Membership]],
        at: datetime,
    ) -> None:
        """Enqueue what changed for several members: their membership before and after."""
        for muted in (True, False):
            people = {
                account.account_id: account.identifier
                for account, before, after in changes
                if _is_chat_muted(after) is muted and _is_chat_muted(before) is not muted
            }
            await self._outbox.enqueue_chat_mutes(
                connection, classroom_id=classroom_id, people=people, at=at, muted=muted
            )
        for account, before, after in changes:
            if before is not None:
                await self._apply_media(connection, account, classroom_id, before, after, at)

    async def _apply_media(
        self,
        connection: DatabaseConnection,
        account: Account,
        classroom_id: int,
        before: Membership,
        after: Membership,
        at: datetime,
    ) -> None:
        had, has = blocked_media(before), blocked_media(after)
        if had == has:
            return
        is_loss = bool(has & ~had)
        if not await _concerns_room(connection, classroom_id, account.account_id, is_loss=is_loss):
            return
        await self._outbox.enqueue_media_block(
            connection,
            classroom_id=classroom_id,
            account_id=account.account_id,
            identifier=account.identifier,
            at=at,
            audio=Mute.AUDIO in has,
            video=Mute.VIDEO in has,
        )


def _is_chat_muted(member: Membership | None) -> bool:
    return member is not None and bool(member.muted & Mute.CHAT)


async def _concerns_room(
    connection: DatabaseConnection, classroom_id: int, account_id: int, *, is_loss: bool
) -> bool:
    """Return whether the account may be sending, or for a right given back, may be blocked."""
    user = await room_users.find(connection, classroom_id, account_id)
    last = await presence_repository.find_latest(connection, classroom_id, account_id)
    if not is_loss:
        return user is not None or last is not None
    if user is not None:
        return user.sends
    return last is not None and last.left_at is None
