"""The table of invitations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    insert,
    select,
    tuple_,
    update,
)

from classgate.accounts.models import AccountRole, Invitation, ListedInvitation
from classgate.accounts.repository import accounts
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata
from classgate.storage.statements import LIMIT, EnumText, Statement, to_dataclass

invitations = Table(
    "invitations",
    metadata,
    Column("invitation_id", String(40), primary_key=True),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("role", EnumText(AccountRole, 10), nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    # None: issued by the command line.
    Column("made_by", RowId, ForeignKey("accounts.account_id")),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "made_by"),
    # The list of those that can be used.
    Index("ix_invitations_listed", "expires_at", "invitation_id"),
)

_INVITATION = [invitations.c[name] for name in Invitation.__dataclass_fields__]
_IS_VALID = (
    invitations.c.expires_at > bindparam("at"),
    invitations.c.used < invitations.c.uses,
)

_ADD = Statement(insert(invitations))
_FIND_VALID = Statement(
    select(*_INVITATION).where(invitations.c.token_digest == bindparam("digest"), *_IS_VALID)
)
_USE = Statement(
    update(invitations)
    .where(invitations.c.invitation_id == bindparam("wanted_id"), *_IS_VALID)
    .values(used=invitations.c.used + 1)
)
_LIST = Statement(
    select(
        invitations.c.invitation_id,
        invitations.c.role,
        invitations.c.uses,
        invitations.c.expires_at,
        invitations.c.used,
        invitations.c.created_at,
        accounts.c.identifier.label("created_by"),
    )
    .select_from(invitations.outerjoin(accounts, invitations.c.made_by == accounts.c.account_id))
    .where(
        tuple_(invitations.c.expires_at, invitations.c.invitation_id)
        > tuple_(bindparam("after_time", type_=Instant), bindparam("after_id", type_=String)),
        *_IS_VALID,
    )
    .order_by(invitations.c.expires_at, invitations.c.invitation_id)
    .limit(LIMIT)
)
_REVOKE = Statement(
    update(invitations)
    .where(invitations.c.invitation_id == bindparam("wanted_id"), *_IS_VALID)
    .values(expires_at=bindparam("at"))
)
_END_CREATED_BY = Statement(
    update(invitations)
    .where(invitations.c.made_by == bindparam("account_id"), *_IS_VALID)
    .values(expires_at=bindparam("at"))
)


async def add(
    connection: DatabaseConnection,
    invitation: Invitation,
    token_digest: str,
    made_by: int | None,
    at: datetime,
) -> None:
    """Insert an unused invitation."""
    values = {
        "invitation_id": invitation.invitation_id,
        "token_digest": token_digest,
        "role": invitation.role,
        "uses": invitation.uses,
        "used": 0,
        "made_by": made_by,
        "created_at": at,
        "expires_at": invitation.expires_at,
    }
    await connection.write(_ADD, values)


async def find_valid(
    connection: DatabaseConnection, token_digest: str, at: datetime
) -> Invitation | None:
    """Return the invitation if it is valid."""
    row = await connection.fetch_one(_FIND_VALID, {"digest": token_digest, "at": at})
    return None if row is None else to_dataclass(Invitation, row)


async def use(connection: DatabaseConnection, invitation_id: str, at: datetime) -> bool:
    """Count one use with one conditional update: only one caller gets the last use."""
    return await connection.execute(_USE, {"wanted_id": invitation_id, "at": at}) == 1


async def list_valid(
    connection: DatabaseConnection, at: datetime, after: tuple[datetime, str], limit: int
) -> Sequence[ListedInvitation]:
    """Return valid invitations, the first to end first, after this time and id."""
    values = {"at": at, "after_time": after[0], "after_id": after[1], "limit": limit}
    rows = await connection.fetch_all(_LIST, values)
    return [to_dataclass(ListedInvitation, row) for row in rows]


async def revoke(connection: DatabaseConnection, invitation_id: str, at: datetime) -> bool:
    """End the invitation; return whether it was valid."""
    return await connection.execute(_REVOKE, {"wanted_id": invitation_id, "at": at}) == 1


async def end_created_by(connection: DatabaseConnection, account_id: int, at: datetime) -> int:
    """End the invitations that this account issued; return their number."""
    return await connection.execute(_END_CREATED_BY, {"account_id": account_id, "at": at})
