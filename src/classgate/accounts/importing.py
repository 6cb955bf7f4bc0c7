"""Making all accounts of a file, or none."""

from classgate.accounts.import_file import COLUMNS, read_import
from classgate.accounts.import_records import in_order
from classgate.accounts.import_steps import Progress, find_taken, hash_passwords, tell_nobody
from classgate.accounts.making import AccountMaker
from classgate.accounts.names import NameKeeper
from classgate.accounts.passwords import PasswordPool
from classgate.errors import AccountExists, ImportRefused, LineFault, NameHeld
from classgate.storage.database import Database


class AccountImport:
    """From the machine's command line."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordPool,
        names: NameKeeper,
        maker: AccountMaker,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._names = names
        self._maker = maker

    async def import_accounts(self, content: bytes, progress: Progress = tell_nobody) -> int:
        """Make every account of a CSV file; how many. ImportRefused: none was made, and why."""
        file = read_import(content)
        taken = await find_taken(self._database.reader, self._names, file.rows, "identifier")
        faults = [*file.faults, *taken]
        if faults:
            raise ImportRefused(in_order(faults, COLUMNS))
        hashes = await hash_passwords(self._passwords, file.rows, progress)
        async with self._database.transaction() as queries:
            for row, password_hash in zip(file.rows, hashes, strict=True):
                try:
                    await self._maker.make(queries, row.new, password_hash, rule="the command line")
                except (AccountExists, NameHeld) as error:  # made or deleted meanwhile
                    fault = LineFault(row.line, "identifier", error.message)
                    raise ImportRefused([fault]) from error
        return len(file.rows)
