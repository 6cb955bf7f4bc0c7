"""What a restore changes in the tables of the features: all that was open ends, numbers go on."""

from datetime import datetime

from sqlalchemy import Table, column, func, insert, select, table, update

from classgate.accounts.invitation_repository import invitations
from classgate.accounts.repository import accounts
from classgate.accounts.session_repository import sessions
from classgate.audit.repository import audit_rows
from classgate.courseware.models import UploadState
from classgate.courseware.repository import uploads
from classgate.leases.models import LeaseState
from classgate.leases.repository import leases
from classgate.storage.database import Instant, Queries

# SQLite keeps here the highest number that each table ever gave.
_sequence = table("sqlite_sequence", column("name"), column("seq"))


async def end_sessions(queries: Queries, at: datetime) -> int:
    """Everybody has to log in again; how many sessions that were."""
    return await queries.execute(
        update(sessions).where(sessions.c.ended_at.is_(None)).values(ended_at=at)
    )


async def end_leases(queries: Queries, at: datetime, reason: str) -> int:
    """Nothing that was given before is renewed; how many leases that were."""
    return await queries.execute(
        update(leases)
        .where(leases.c.state != LeaseState.ENDED)
        .values(state=LeaseState.ENDED, ended_at=at, end_reason=reason)
    )


async def end_invitations(queries: Queries, at: datetime) -> int:
    """Whoever used one after the backup could use it again; how many that were."""
    good = (invitations.c.expires_at > at) & (invitations.c.used < invitations.c.uses)
    return await queries.execute(update(invitations).where(good).values(expires_at=at))


async def leave_to_their_owners(queries: Queries, at: datetime) -> int:
    """No sweep gives up what was an open upload then, or deletes its object: it may have become
    courseware since, of which this database does not know. How many that were."""
    is_open = (uploads.c.state == UploadState.OPEN) & uploads.c.tidied_at.is_(None)
    return await queries.execute(update(uploads).where(is_open).values(tidied_at=at))


async def sign_only_after(queries: Queries, at: datetime) -> None:
    """Every UserSig from now on is later than any kick that this database does not know of."""
    await queries.execute(
        update(accounts).where(accounts.c.signatures_after < at).values(signatures_after=at)
    )


async def find_newest_row(queries: Queries) -> datetime | None:
    """When the audit's newest row was written."""
    newest = func.max(audit_rows.c.at, type_=Instant).label("newest")
    row = await queries.fetch_one(select(newest))
    return None if row is None else row["newest"]


async def find_last_number(queries: Queries, numbered: Table) -> int:
    """The highest number that the table ever gave."""
    row = await queries.fetch_one(select(_sequence.c.seq).where(_sequence.c.name == numbered.name))
    return 0 if row is None else int(row["seq"])


async def set_last_number(queries: Queries, numbered: Table, number: int) -> None:
    """The table goes on after this number."""
    of_table = _sequence.c.name == numbered.name
    if not await queries.execute(update(_sequence).where(of_table).values(seq=number)):
        await queries.execute(insert(_sequence).values(name=numbered.name, seq=number))
