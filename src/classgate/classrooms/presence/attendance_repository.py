"""Lists of the people of a class: those present, the attendance, and the roster."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import BigInteger, and_, bindparam, not_, select

from classgate.accounts.identifiers import fold_listed
from classgate.accounts.models import AccountRole
from classgate.accounts.repository import accounts
from classgate.classrooms.models import Attendance, Member, Membership, Presence
from classgate.classrooms.presence.repository import IN_CLASS, IS_PRESENT, PRESENCE, presence_log
from classgate.classrooms.repository import MEMBERSHIP, memberships
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement, to_dataclass

_LIST_PRESENT = Statement(
    select(accounts.c.identifier, accounts.c.role)
    .join(presence_log, presence_log.c.account_id == accounts.c.account_id)
    .where(IS_PRESENT, IN_CLASS)
    .order_by(presence_log.c.presence_id)
    .offset(bindparam("offset", type_=BigInteger))
    .limit(LIMIT)
)


async def list_present(
    connection: DatabaseConnection, classroom_id: int, offset: int, limit: int
) -> Sequence[tuple[str, AccountRole]]:
    """Return the identifiers and account roles of those present, in the order of entering."""
    values = {"classroom_id": classroom_id, "offset": offset, "limit": limit}
    rows = await connection.fetch_all(_LIST_PRESENT, values)
    return [(row.identifier, row.role) for row in rows]


_LIST_ATTENDANCE = Statement(
    select(accounts.c.identifier, accounts.c.display_name, *PRESENCE)
    .join(accounts, accounts.c.account_id == presence_log.c.account_id)
    .where(IN_CLASS, presence_log.c.presence_id > bindparam("after"))
    .order_by(presence_log.c.presence_id)
    .limit(LIMIT)
)


async def list_attendance(
    connection: DatabaseConnection, classroom_id: int, after: int, limit: int
) -> Sequence[Attendance]:
    """Return the attendance in the order of entering, after `after`."""
    values = {"classroom_id": classroom_id, "after": after, "limit": limit}
    rows = await connection.fetch_all(_LIST_ATTENDANCE, values)
    return [
        Attendance(row.identifier, row.display_name, to_dataclass(Presence, row[2:]))
        for row in rows
    ]


@cache
def _list_members(online: bool | None) -> Statement:
    is_here = presence_log.c.presence_id.is_not(None)
    statement = (
        select(accounts.c.identifier, accounts.c.display_name, is_here.label("online"), *MEMBERSHIP)
        .join_from(memberships, accounts, accounts.c.account_id == memberships.c.account_id)
        .outerjoin(
            presence_log,
            and_(
                IS_PRESENT,
                presence_log.c.classroom_id == memberships.c.classroom_id,
                presence_log.c.account_id == memberships.c.account_id,
            ),
        )
        .where(
            memberships.c.classroom_id == bindparam("classroom_id"),
            accounts.c.identifier_folded > bindparam("after"),
        )
        .order_by(accounts.c.identifier_folded)
        .limit(LIMIT)
    )
    if online is not None:
        statement = statement.where(is_here if online else not_(is_here))
    return Statement(statement)


async def list_members(
    connection: DatabaseConnection,
    classroom_id: int,
    after: str | None,
    limit: int,
    online: bool | None,
) -> Sequence[Member]:
    """Return the roster by name, after `after`; all, only the present, or only the absent."""
    # Every name is behind the empty one.
    values = {"classroom_id": classroom_id, "after": fold_listed(after or ""), "limit": limit}
    rows = await connection.fetch_all(_list_members(online), values)
    return [
        Member(row.identifier, row.display_name, to_dataclass(Membership, row[3:]), row.online)
        for row in rows
    ]
