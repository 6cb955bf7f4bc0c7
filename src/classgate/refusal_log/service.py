"""The log of refusals of one process: recording, writing and reading.

A refusal is recorded in memory, as it must cost a request nothing, and must not fail because the
database is busy. It is written within a second. After a crash that second is missing.
"""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from classgate.audit.service import AuditLog
from classgate.errors import ClassgateError, ServiceUnavailable
from classgate.logs import current_request_id
from classgate.metrics import RefusalOutcome, refusal_counters
from classgate.refusal_log import repository
from classgate.refusal_log.collector import RefusalCollector
from classgate.refusal_log.models import (
    UNRECORDED,
    CallerKind,
    Refusal,
    RefusalFilter,
    RefusalPage,
    RefusedRequest,
    StoredRefusal,
)
from classgate.storage.changes import Changed
from classgate.storage.cursors import CursorFormat, split_page
from classgate.storage.database import Database, DatabaseConnection

T = TypeVar("T")

log = structlog.get_logger("classgate.refusals")

FLUSH_INTERVAL: Final = timedelta(seconds=1)
# SQLite has a single writer, on the loop: a piece holds both for some milliseconds.
_PIECE = 200
_CURSOR = CursorFormat(r"([0-9a-f]{32})")
_COUNTERS = refusal_counters()


class RefusalLog:
    """Records refusals and finds them again."""

    def __init__(self, database: Database, audit: AuditLog, collector: RefusalCollector) -> None:
        self._database = database
        self._audit = audit
        self._collector = collector
        database.caches.call_on(Changed.ERASED_ACCOUNT, collector.forget_addresses)
        self._is_behind = False

    def record(self, error: ClassgateError, request: RefusedRequest) -> None:
        """Record in memory that a request was refused, unless it was only malformed."""
        if error.reason in UNRECORDED:
            return
        causes = list(_causes_of(error))
        account_id, caller, digest = request.caller_id, CallerKind.AUTHENTICATED, None
        if account_id is None:
            account_id = _first(each.account_id for each in causes)
            caller = CallerKind.STRANGER if account_id is None else CallerKind.NAMED
        if account_id is None:
            digest = _first(each.identifier_digest for each in causes)
        self.add(
            Refusal(
                reason=error.reason,
                rule=request.rule,
                route=request.route,
                request_id=current_request_id.get(),
                address=request.address,
                caller=caller,
                account_id=account_id,
                identifier_digest=digest,
                classroom_id=request.classroom_id or _first(each.classroom_id for each in causes),
            )
        )

    def add(self, refusal: Refusal) -> None:
        """Record a refusal in memory."""
        is_kept = self._collector.add(refusal)
        _COUNTERS[RefusalOutcome.RECORDED if is_kept else RefusalOutcome.LEFT_OUT].inc()

    def digests(self, name: str) -> tuple[str, ...]:
        """Return the digests of a name that is no account's, as in the log."""
        return self._audit.attempt_digests(name)

    async def flush(self) -> None:
        """Write what was recorded. What cannot be written now is kept for the next time."""
        waiting = self._collector.unwritten()
        try:
            for begin in range(0, len(waiting), _PIECE):
                piece = self._collector.snapshots(waiting[begin : begin + _PIECE])
                async with self._database.transaction() as connection:
                    await repository.write(connection, piece)
                self._collector.mark_written(piece)
                await asyncio.sleep(0)  # others have a turn
        except ServiceUnavailable as error:
            if not self._is_behind:  # log it once, not each second
                log.warning("refusals not written yet", rows=len(waiting), reason=error.message)
            self._is_behind = True
        else:
            self._is_behind = False

    async def list_newest(
        self, wanted: RefusalFilter, cursor: str | None, limit: int
    ) -> RefusalPage:
        """Return a page of rows, newest first. InvalidRequest: invalid cursor."""
        before = None if cursor is None else _CURSOR.read(cursor)[0]
        found = await repository.list_newest(self._database.reader, wanted, before, limit + 1)
        page, next_cursor = split_page(found, limit, lambda each: each.refusal_id)
        return RefusalPage(tuple(page), next_cursor)

    async def find_by_request(self, request_id: str) -> StoredRefusal | None:
        """Return the row of a request, by the id that its answer had."""
        return await repository.find_by_request(self._database.reader, request_id)

    async def erase_account(self, connection: DatabaseConnection, account_id: int) -> None:
        """Erase the addresses of a deleted account; its number stays, as in the audit."""
        await repository.forget_addresses(connection, account_id)
        connection.announce(Changed.ERASED_ACCOUNT, account_id)


def _causes_of(error: BaseException | None) -> Iterator[ClassgateError]:
    """Yield the error, and those of ours that it was raised from."""
    while isinstance(error, ClassgateError):
        yield error
        error = error.__cause__


def _first(values: Iterable[T | None]) -> T | None:
    return next((each for each in values if each is not None), None)
