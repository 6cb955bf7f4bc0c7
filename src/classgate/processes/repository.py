"""The table of the serving processes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Column, String, Table, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql

from classgate.storage.database import DatabaseConnection, Instant, metadata
from classgate.storage.statements import NO_VALUES, Statement, in_list, to_dataclass


@dataclass(frozen=True)
class ServingProcess:
    """A process that serves, or that died without a word."""

    process_id: str
    host: str
    version: str
    started_at: datetime
    seen_at: datetime


processes = Table(
    "processes",
    metadata,
    Column("process_id", String(32), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("version", String(40), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

_COLUMNS = [processes.c[name] for name in ServingProcess.__dataclass_fields__]
_is_own = processes.c.process_id == bindparam("process_id")
_SAVE = Statement(
    postgresql.insert(processes)  # SQLite takes it as well
    .values({column.name: bindparam(column.name) for column in _COLUMNS})
    .on_conflict_do_update(
        index_elements=["process_id"], set_={"seen_at": bindparam("seen_at", type_=Instant)}
    )
)
_LIST = Statement(select(*_COLUMNS))
_DELETE = Statement(delete(processes).where(in_list(processes.c.process_id, "ids")))
_DELETE_ALL = Statement(delete(processes))
_ADD = Statement(insert(processes))


async def save(connection: DatabaseConnection, process: ServingProcess) -> None:
    """Insert the process, or update when it was seen."""
    await connection.execute(_SAVE, asdict(process))


async def replace_all(connection: DatabaseConnection, process: ServingProcess) -> None:
    """Leave this process as the only one."""
    await connection.execute(_DELETE_ALL, NO_VALUES)
    await connection.execute(_ADD, asdict(process))


async def list_all(connection: DatabaseConnection) -> Sequence[ServingProcess]:
    """Return every process with a row, the first started first."""
    found = [to_dataclass(ServingProcess, row) for row in await connection.fetch_all(_LIST)]
    return sorted(found, key=lambda each: (each.started_at, each.process_id))


async def remove(connection: DatabaseConnection, process_ids: Sequence[str]) -> None:
    """Delete these rows."""
    await connection.execute(_DELETE, {"ids": list(process_ids)})
