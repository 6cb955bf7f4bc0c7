"""Prepares parsed rows for writing, for all imports: looks up taken names and hashes passwords."""

import asyncio
from collections.abc import Callable, Container, Sequence

from classgate.accounts import repository
from classgate.accounts.identifiers import FoldedIdentifier, fold
from classgate.accounts.imports.csv_records import ImportRow
from classgate.accounts.models import Account
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.reserved_identifiers import ReservedIdentifiers
from classgate.errors import IdentifierHeld, IdentifierReserved, IdentifierTaken, LineFault
from classgate.storage.database import DatabaseConnection

_LOOKED_UP_AT_ONCE = 500
_HASHES_AT_ONCE = 4

Progress = Callable[[int, int], None]
"""Called with the number of hashed passwords and the total."""

Written = Callable[[int], None]
"""Called with the number of committed accounts, after each part."""


def ignore_progress(_done: int, _total: int = 0) -> None:
    """Ignore the progress."""


async def look_up(
    connection: DatabaseConnection,
    names: ReservedIdentifiers,
    rows: Sequence[ImportRow],
    column: str,
) -> tuple[dict[FoldedIdentifier, Account], list[LineFault]]:
    """Return the existing accounts, and a fault for each name that cannot be given to anyone.

    Before the transaction, so that all are listed; the transaction decides.
    """
    existing: dict[FoldedIdentifier, Account] = {}
    faults = []
    for start in range(0, len(rows), _LOOKED_UP_AT_ONCE):
        some = rows[start : start + _LOOKED_UP_AT_ONCE]
        identifiers = [fold(row.new.identifier) for row in some]
        known = await repository.find_by_identifiers(connection, identifiers)
        held = await names.find_held(connection, identifiers)
        for row in some:
            name = fold(row.new.identifier)
            if name in known:
                existing[name] = known[name]
            elif names.is_reserved(name):
                faults.append(LineFault(row.line, column, IdentifierReserved().message))
            elif name in held:
                faults.append(LineFault(row.line, column, IdentifierHeld(held[name]).message))
    return existing, faults


def refuse_existing(
    rows: Sequence[ImportRow], existing: Container[FoldedIdentifier], column: str
) -> list[LineFault]:
    """Return a fault for each row whose account exists."""
    return [
        LineFault(row.line, column, IdentifierTaken().message)
        for row in rows
        if fold(row.new.identifier) in existing
    ]


async def hash_passwords(
    passwords: PasswordPool, rows: Sequence[ImportRow], progress: Progress
) -> list[str]:
    """Hash the passwords before the transaction, because hashing is slow."""
    gate = asyncio.Semaphore(_HASHES_AT_ONCE)  # the pool's queue is bounded
    done = 0

    async def hash_one(row: ImportRow) -> str:
        nonlocal done
        async with gate:
            password_hash = await passwords.hash(row.new.password)
        done += 1
        progress(done, len(rows))
        return password_hash

    return list(await asyncio.gather(*(hash_one(row) for row in rows)))
