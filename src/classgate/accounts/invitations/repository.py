"""The table of invitations."""

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
    update,
)

from classgate.accounts.models import AccountRole, Invitation
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata
from classgate.storage.statements import EnumText, Statement, to_dataclass

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


async def end_created_by(connection: DatabaseConnection, account_id: int, at: datetime) -> int:
    """End the invitations that this account issued; return their number."""
    return await connection.execute(_END_CREATED_BY, {"account_id": account_id, "at": at})
