"""Updates presences by the events of a room, beside the heartbeats."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, and_, bindparam, case, update

from classgate.classrooms.models import LeaveReason, PresenceSource
from classgate.classrooms.presence.repository import (
    IN_CLASS,
    IS_PRESENT,
    end_at,
    presence_log,
    select_sorted,
)
from classgate.storage.changes import Changed
from classgate.storage.database import DatabaseConnection, Instant, Lock
from classgate.storage.statements import Statement, in_list

_SEEN_IN_ROOM = Statement(
    update(presence_log)
    .where(presence_log.c.presence_id == bindparam("presence_id"), IS_PRESENT)
    .values(
        # The client called since it entered, or only entered.
        source=case(
            (
                and_(
                    presence_log.c.source == PresenceSource.CLIENT,
                    presence_log.c.last_seen_at > presence_log.c.entered_at,
                ),
                PresenceSource.BOTH.value,
            ),
            (presence_log.c.source == PresenceSource.CLIENT, PresenceSource.CLOUD.value),
            else_=presence_log.c.source,
        )
    )
)
_OF_ACCOUNTS = in_list(presence_log.c.account_id, "account_ids")
_SELECT_OF_ACCOUNTS = select_sorted(IS_PRESENT, IN_CLASS, _OF_ACCOUNTS)
_SEEN_UNTIL = Statement(
    update(presence_log)
    .where(IN_CLASS, _OF_ACCOUNTS, IS_PRESENT, presence_log.c.last_seen_at < bindparam("at"))
    .values(last_seen_at=bindparam("at"))
)
_END_KNOWN_BY_CLOUD = end_at(
    bindparam("at", type_=Instant),
    bindparam("reason"),
    IN_CLASS,
    _OF_ACCOUNTS,
    presence_log.c.source == PresenceSource.CLOUD,
    presence_log.c.account_id != bindparam("stays_id", type_=BigInteger),
)


async def mark_seen_in_room(connection: DatabaseConnection, presence_id: int) -> None:
    """Note that the cloud saw the person of this presence in the room."""
    await connection.write(_SEEN_IN_ROOM, {"presence_id": presence_id})


async def leave_room(
    connection: DatabaseConnection,
    classroom_id: int,
    account_ids: Collection[int],
    at: datetime,
    reason: LeaveReason,
    stays_id: int,
) -> None:
    """Record that people left the room: they were there until then.

    A presence that only the cloud knows of ends, except that of the account `stays_id`. The others
    are left to their heartbeats.
    """
    values = {
        "classroom_id": classroom_id,
        "account_ids": account_ids,
        "at": at,
        "reason": reason,
        "stays_id": stays_id,
    }
    await connection.lock(_SELECT_OF_ACCOUNTS, values, Lock.EXCLUSIVE)
    await connection.write(_SEEN_UNTIL, values)
    if await connection.execute(_END_KNOWN_BY_CLOUD, values):
        connection.announce(Changed.CLASSROOM, classroom_id)
