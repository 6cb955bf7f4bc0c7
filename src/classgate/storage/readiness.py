"""Readiness: whether the database accepts a write. What cannot be recorded is not issued."""

import asyncio

import structlog
from sqlalchemy import column, literal, select, table, update

from classgate.errors import ServiceUnavailable
from classgate.storage.database import UNAVAILABLE_MESSAGE, Database
from classgate.storage.statements import Statement

log = structlog.get_logger("classgate.storage")

_WRITE_TIMEOUT = 1.0  # seconds
_CHECK_INTERVAL = 1.0  # seconds
_NOTHING = Statement(select(literal(1)))
# A row that every database has. Writing its current value takes the write lock and reaches the disk
# like any commit.
_version = table("alembic_version", column("version_num"))
_REWRITE = Statement(update(_version).values(version_num=_version.c.version_num))


class Readiness:
    """Checks with a small write, at most once a second and one at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None
        self._check_again_at = 0.0

    async def check(self) -> None:
        """Check that a write succeeds within about a second. ServiceUnavailable says why not."""
        health = self._database.health
        fault = self._database.find_fault() or (health.reason if health.is_failing else None)
        if fault is not None:
            raise ServiceUnavailable(fault)
        loop = asyncio.get_running_loop()
        if self._task is None or (self._task.done() and loop.time() >= self._check_again_at):
            self._task = asyncio.create_task(self._check())
        task = self._task
        if not task.done():
            # Not cancelled on timeout: rolling back may take as long.
            await asyncio.wait([task], timeout=_WRITE_TIMEOUT)
        if not task.done():
            raise ServiceUnavailable(
                f"the database took no write within {_WRITE_TIMEOUT:.0f} s: another program holds "
                "it, or its disk or its server is slow"
            )
        task.result()

    async def _check(self) -> None:
        health = self._database.health
        try:
            await self._write_unless_known()
        except ServiceUnavailable:
            raise ServiceUnavailable(health.reason or UNAVAILABLE_MESSAGE) from None
        except Exception as error:  # any error would affect an issue as well
            log.exception("database write check failed")
            raise ServiceUnavailable("the database answers with an error; see the log") from error
        finally:
            self._check_again_at = asyncio.get_running_loop().time() + _CHECK_INTERVAL

    async def _write_unless_known(self) -> None:
        if self._database.health.has_written_within(_CHECK_INTERVAL):
            await self._database.reader.fetch_one(_NOTHING)
            return
        async with self._database.transaction() as connection:
            if await connection.execute(_REWRITE) != 1:
                raise ServiceUnavailable(UNAVAILABLE_MESSAGE)

    async def stop(self) -> None:
        """Stop checking, so that the database may be closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
