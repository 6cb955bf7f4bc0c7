"""Records who read what is recorded of people: the attendance of a class, and the audit itself.

A list is read in pages, and a page of the console reads it again and again. So a session that reads
the same is recorded once in ten minutes. If the row cannot be written, nothing is shown.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

from classgate.audit.models import AuditEntry
from classgate.audit.service import AuditLog
from classgate.storage.database import Database

INTERVAL = timedelta(minutes=10)

_MAX_REMEMBERED = 10_000  # readings of the last minutes; whoever was forgotten is recorded again

_Reading = tuple[str, str, int | None, int | None, str]


class RecordedReads:
    """Records readings, before what was read is shown."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit
        self._recorded: OrderedDict[_Reading, datetime] = OrderedDict()  # the oldest first

    async def record(self, session_id: str, entry: AuditEntry) -> None:
        """Record what the session read, unless it was recorded lately. ServiceUnavailable."""
        reading = (
            session_id,
            entry.event.value,
            entry.account_id,
            entry.classroom_id,
            repr(entry.details),
        )
        last = self._recorded.get(reading)
        # Far ahead is a clock that was set back: it does not count as recorded until then.
        if last is not None and abs(entry.at - last) < INTERVAL:
            return
        async with self._database.transaction() as connection:
            await self._audit.record(connection, entry)
            connection.on_commit(lambda: self._remember(reading, entry.at))

    def _remember(self, reading: _Reading, at: datetime) -> None:
        self._recorded[reading] = at
        self._recorded.move_to_end(reading)
        if len(self._recorded) > _MAX_REMEMBERED:
            self._recorded.popitem(last=False)
