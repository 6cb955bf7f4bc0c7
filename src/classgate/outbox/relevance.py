"""Whether a message is still wanted when it is sent: what the gate has decided since."""

from typing import Final, Protocol

from classgate.outbox import delivery_repository
from classgate.outbox.delivery_repository import StoredMessage
from classgate.outbox.models import GroupKind, MessageKind, MessageState, group_key, unused_key
from classgate.storage.database import DatabaseConnection

_REMOVALS: Final = (MessageKind.REMOVAL, MessageKind.GROUP_REMOVAL)
_WHILE_OPEN: Final = (MessageKind.GROUP_MEMBER, MessageKind.CHAT_MUTE, MessageKind.MEDIA_BLOCK)


class GateState(Protocol):
    """What the gate says now."""

    async def may_enter(self, account_id: int, classroom_id: int) -> bool:
        """Return whether the account has entry credentials of the class that may be renewed."""

    async def has_user_sig(self, account_id: int) -> bool:
        """Return whether the account has a UserSig whose lease did not end."""

    async def is_open(self, classroom_id: int) -> bool:
        """Return whether the class has not ended."""

    async def has_started(self, classroom_id: int) -> bool:
        """Return whether the class is live, or was."""


async def is_wanted(
    connection: DatabaseConnection, gate_state: GateState, message: StoredMessage
) -> bool:
    """Return whether neither a newer message nor the gate has made this one superfluous."""
    # A first attempt needs no look: the newer message would have deleted this one.
    if message.attempts and await delivery_repository.is_replaced(connection, message):
        return False
    account_id, classroom_id = message.account_id, message.classroom_id
    if message.kind is MessageKind.KICK and account_id is not None:
        # A kick now would invalidate the newer UserSig as well.
        return not await gate_state.has_user_sig(account_id)
    if classroom_id is None:
        return True
    if message.kind in _REMOVALS and account_id is not None:
        # All leases ended with the removal, so an active one is newer.
        if message.state is MessageState.REPEATING and not await gate_state.is_open(classroom_id):
            return False  # the dismissal of the room is repeated, too
        return not await gate_state.may_enter(account_id, classroom_id)
    return await _suits_class(gate_state, message, classroom_id)


async def _suits_class(gate_state: GateState, message: StoredMessage, classroom_id: int) -> bool:
    """Return whether the message makes sense in the state that the class has now."""
    key = message.ordering_key
    if key == unused_key(classroom_id):
        return not await gate_state.has_started(classroom_id)
    # After the class nobody would destroy a chat group.
    makes_chat_group = message.kind is MessageKind.GROUP and key == group_key(
        classroom_id, GroupKind.CHAT
    )
    if makes_chat_group or message.kind in _WHILE_OPEN:
        return await gate_state.is_open(classroom_id)
    return True
