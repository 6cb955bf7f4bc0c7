"""Import of all accounts of a file, or none."""

from classgate.accounts.creation import AccountCreator
from classgate.accounts.imports.csv_file import COLUMNS, read_import
from classgate.accounts.imports.csv_records import sort_faults
from classgate.accounts.imports.preparation import (
    Progress,
    find_taken,
    hash_passwords,
    ignore_progress,
)
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.reserved_identifiers import ReservedIdentifiers
from classgate.errors import IdentifierHeld, IdentifierTaken, ImportRefused, LineFault
from classgate.storage.database import Database


class AccountImport:
    """Imports accounts for the command line."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordPool,
        names: ReservedIdentifiers,
        account_creator: AccountCreator,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._names = names
        self._account_creator = account_creator

    async def import_accounts(self, content: bytes, progress: Progress = ignore_progress) -> int:
        """Create every account of a CSV file and return their number. ImportRefused: none was
        created.
        """
        file = read_import(content)
        taken = await find_taken(self._database.reader, self._names, file.rows, "identifier")
        faults = [*file.faults, *taken]
        if faults:
            raise ImportRefused(sort_faults(faults, COLUMNS))
        hashes = await hash_passwords(self._passwords, file.rows, progress)
        async with self._database.transaction() as connection:
            for row, password_hash in zip(file.rows, hashes, strict=True):
                try:
                    await self._account_creator.create(
                        connection, row.new, password_hash, rule="the command line"
                    )
                except (IdentifierTaken, IdentifierHeld) as error:  # created or deleted meanwhile
                    fault = LineFault(row.line, "identifier", error.message)
                    raise ImportRefused([fault]) from error
        return len(file.rows)
