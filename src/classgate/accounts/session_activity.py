"""Session activity: recorded in memory, written in batches.

Activity must not cost a write each time and must not fail because the database is busy. After a
crash, sessions look unused for as long as writing lags behind.
"""

from datetime import datetime, timedelta

from classgate.accounts import session_repository as repository
from classgate.accounts.models import Session
from classgate.storage.database import Database

FLUSH_INTERVAL = timedelta(seconds=5)
_MIN_RECORD_INTERVAL = timedelta(minutes=1)


class SessionActivity:
    """The activity of each session since the last flush."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unwritten: dict[str, datetime] = {}

    def last_used_at(self, session: Session) -> datetime:
        """Return the last use, from the stored and the unwritten activity."""
        return max(
            session.last_used_at, self._unwritten.get(session.session_id, session.created_at)
        )

    def record_use(self, session: Session, at: datetime) -> None:
        """Record a use of the session."""
        if at - self.last_used_at(session) > _MIN_RECORD_INTERVAL:
            self._unwritten[session.session_id] = at

    async def flush(self) -> None:
        """Write the recorded activity. ServiceUnavailable: it is kept for the next flush."""
        noted = dict(self._unwritten)
        if not noted:
            return
        async with self._database.transaction() as connection:
            await repository.update_last_used(connection, noted)
        for session_id, at in noted.items():
            if self._unwritten.get(session_id) == at:
                del self._unwritten[session_id]
