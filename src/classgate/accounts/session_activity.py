"""When each session was last used: remembered at once, written down a little later.

That somebody is there must cost no write of its own, and must not fail because the database is
busy. Whoever is killed meanwhile has the sessions look unused for as long as writing lags behind.
"""

from datetime import datetime, timedelta

from classgate.accounts import session_repository as repository
from classgate.accounts.models import Session
from classgate.storage.database import Database

FLUSH_INTERVAL = timedelta(seconds=5)
_MIN_RECORD_INTERVAL = timedelta(minutes=1)


class SessionActivity:
    """What this process has seen of each session since it last wrote that down."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unwritten: dict[str, datetime] = {}

    def last_used_at(self, session: Session) -> datetime:
        """By what is stored and what is not stored yet."""
        return max(
            session.last_used_at, self._unwritten.get(session.session_id, session.created_at)
        )

    def record_use(self, session: Session, at: datetime) -> None:
        """It is used now."""
        if at - self.last_used_at(session) > _MIN_RECORD_INTERVAL:
            self._unwritten[session.session_id] = at

    async def flush(self) -> None:
        """Store what was noted. ServiceUnavailable: it stays noted."""
        noted = dict(self._unwritten)
        if not noted:
            return
        async with self._database.transaction() as connection:
            await repository.update_last_used(connection, noted)
        for session_id, at in noted.items():
            if self._unwritten.get(session_id) == at:
                del self._unwritten[session_id]
