"""Making all accounts of a file, or none."""

import asyncio
from collections.abc import Callable, Sequence

from classgate.accounts import repository
from classgate.accounts.import_file import ImportRow, in_order, read_import
from classgate.accounts.making import AccountMaker
from classgate.accounts.passwords import PasswordPool
from classgate.errors import AccountExists, ImportRefused, LineFault, NameHeld
from classgate.storage.database import Database

_LOOKED_UP_AT_ONCE = 500
_HASHES_AT_ONCE = 4

Progress = Callable[[int, int], None]
"""Is told how many passwords are hashed, of how many."""


def _tell_nobody(_done: int, _total: int) -> None:
    """For who does not watch."""


class AccountImport:
    """From the machine's command line."""

    def __init__(self, *, database: Database, passwords: PasswordPool, maker: AccountMaker) -> None:
        self._database = database
        self._passwords = passwords
        self._maker = maker

    async def import_accounts(self, content: bytes, progress: Progress = _tell_nobody) -> int:
        """Make every account of a CSV file; how many. ImportRefused: none was made, and why."""
        file = read_import(content)
        faults = [*file.faults, *await self._find_taken(file.rows)]
        if faults:
            raise ImportRefused(in_order(faults))
        hashes = await self._hash(file.rows, progress)
        async with self._database.transaction() as queries:
            for row, password_hash in zip(file.rows, hashes, strict=True):
                try:
                    await self._maker.make(queries, row.new, password_hash, rule="the command line")
                except (AccountExists, NameHeld) as error:  # made or deleted meanwhile
                    fault = LineFault(row.line, "identifier", error.message)
                    raise ImportRefused([fault]) from error
        return len(file.rows)

    async def _find_taken(self, rows: Sequence[ImportRow]) -> list[LineFault]:
        """A first look, so that all of them are told; the transaction decides."""
        faults = []
        queries = self._database.reader
        for start in range(0, len(rows), _LOOKED_UP_AT_ONCE):
            some = rows[start : start + _LOOKED_UP_AT_ONCE]
            known = await repository.find_by_names(queries, [row.new.identifier for row in some])
            for row in some:
                if row.new.identifier.casefold() in known:
                    faults.append(LineFault(row.line, "identifier", AccountExists().message))
                    continue
                try:
                    await self._maker.require_free(queries, row.new.identifier)
                except NameHeld as error:
                    faults.append(LineFault(row.line, "identifier", error.message))
        return faults

    async def _hash(self, rows: Sequence[ImportRow], progress: Progress) -> list[str]:
        """Before the transaction: it is slow on purpose."""
        gate = asyncio.Semaphore(_HASHES_AT_ONCE)  # the pool takes only so many in line
        done = 0

        async def hash_one(row: ImportRow) -> str:
            nonlocal done
            async with gate:
                password_hash = await self._passwords.hash(row.new.password)
            done += 1
            progress(done, len(rows))
            return password_hash

        return list(await asyncio.gather(*(hash_one(row) for row in rows)))
