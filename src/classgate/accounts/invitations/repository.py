"""The table of invitations."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, insert, select, update

from classgate.accounts.models import AccountRole, Invitation
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata

invitations = Table(
    "invitations",
    metadata,
    Column("invitation_id", String(40), primary_key=True),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    # None: issued by the command line.
    Column("made_by", RowId, ForeignKey("accounts.account_id")),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "made_by"),
)

_INVITATION = [invitations.c[name] for name in Invitation.__dataclass_fields__]


async def add(
    connection: DatabaseConnection,
    invitation: Invitation,
    token_digest: str,
    made_by: int | None,
    at: datetime,
) -> None:
    """Insert an unused invitation."""
    values = {name: getattr(invitation, name) for name in Invitation.__dataclass_fields__}
    await connection.execute(
        insert(invitations).values(
            **values, token_digest=token_digest, used=0, made_by=made_by, created_at=at
        )
    )


async def find_valid(
    connection: DatabaseConnection, token_digest: str, at: datetime
) -> Invitation | None:
    """Return the invitation if it is valid."""
    row = await connection.fetch_one(
        select(*_INVITATION).where(
            invitations.c.token_digest == token_digest,
            invitations.c.expires_at > at,
            invitations.c.used < invitations.c.uses,
        )
    )
    return None if row is None else Invitation(**{**row, "role": AccountRole(row["role"])})


async def use(connection: DatabaseConnection, invitation_id: str, at: datetime) -> bool:
    """Count one use with one conditional update: only one caller gets the last use."""
    touched = await connection.execute(
        update(invitations)
        .where(
            invitations.c.invitation_id == invitation_id,
            invitations.c.expires_at > at,
            invitations.c.used < invitations.c.uses,
        )
        .values(used=invitations.c.used + 1)
    )
    return touched == 1


async def end_created_by(connection: DatabaseConnection, account_id: int, at: datetime) -> int:
    """End the invitations that this account issued; return their number."""
    return await connection.execute(
        update(invitations)
        .where(
            invitations.c.made_by == account_id,
            invitations.c.expires_at > at,
            invitations.c.used < invitations.c.uses,
        )
        .values(expires_at=at)
    )
