"""Import of all accounts of a file, or none."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from classgate.accounts.administration import AccountAdministration
from classgate.accounts.creation import AccountCreator
from classgate.accounts.identifiers import fold
from classgate.accounts.imports.csv_file import COLUMNS, read_import
from classgate.accounts.imports.csv_records import ImportRow, sort_faults
from classgate.accounts.imports.preparation import (
    Progress,
    hash_passwords,
    ignore_progress,
    look_up,
    refuse_existing,
)
from classgate.accounts.passwords import PasswordPool, generate_password
from classgate.accounts.reserved_identifiers import ReservedIdentifiers
from classgate.errors import (
    AccountNotFound,
    IdentifierHeld,
    IdentifierTaken,
    ImportRefused,
    LineFault,
)
from classgate.storage.database import Database, DatabaseConnection


class OnExisting(Enum):
    """What to do with a row whose account exists."""

    REFUSE = "refuse"  # the whole file
    SKIP = "skip"
    UPDATE = "update"  # its role and its display name, never its password


@dataclass(frozen=True, kw_only=True)
class ImportOutcome:
    """How many rows were created, changed something, or were left as they are."""

    created: int
    updated: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class CheckedRow:
    """A row that may be imported, or whose account exists."""

    row: ImportRow
    exists: bool
    is_generated: bool  # its password, which stands nowhere else


@dataclass(frozen=True)
class CheckedFile:
    """What an import of the file would do. With a fault, a file is not fit to be imported."""

    rows: tuple[CheckedRow, ...]
    faults: tuple[LineFault, ...]


class AccountImport:
    """Checks files of accounts, and imports them for the command line."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordPool,
        names: ReservedIdentifiers,
        account_creator: AccountCreator,
        administration: AccountAdministration,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._names = names
        self._account_creator = account_creator
        self._administration = administration

    async def check_accounts(self, content: bytes) -> CheckedFile:
        """Read a CSV file without making anything, and report every fault by line.

        A new account without a password gets a generated one, so that the list is complete before
        the first account is made.
        """
        file = await asyncio.to_thread(read_import, content, password_optional=True)
        existing, faults = await look_up(
            self._database.reader, self._names, file.rows, "identifier"
        )
        rows = [_check(row, exists=fold(row.new.identifier) in existing) for row in file.rows]
        return CheckedFile(tuple(rows), sort_faults([*file.faults, *faults], COLUMNS))

    async def import_accounts(
        self,
        content: bytes,
        progress: Progress = ignore_progress,
        on_existing: OnExisting = OnExisting.REFUSE,
    ) -> ImportOutcome:
        """Create the accounts of a CSV file in one transaction.

        Args:
            content: The file.
            progress: Called after each hashed password.
            on_existing: What to do with rows whose account exists.

        Raises:
            ImportRefused: Nothing was imported; every fault is listed by line.
        """
        updates = on_existing is OnExisting.UPDATE
        file = read_import(content, password_optional=updates)
        existing, faults = await look_up(
            self._database.reader, self._names, file.rows, "identifier"
        )
        new = [row for row in file.rows if fold(row.new.identifier) not in existing]
        old = [row for row in file.rows if fold(row.new.identifier) in existing]
        if on_existing is OnExisting.REFUSE:
            faults += refuse_existing(file.rows, existing, "identifier")
        faults += [
            LineFault(row.line, "password", "a new account needs a password")
            for row in new
            if not row.new.password
        ]
        if file.faults or faults:
            raise ImportRefused(sort_faults([*file.faults, *faults], COLUMNS))
        hashes = await hash_passwords(self._passwords, new, progress)
        async with self._database.transaction() as connection:
            await self._create(connection, new, hashes)
            updated = await self._update(connection, old) if updates else 0
        return ImportOutcome(created=len(new), updated=updated, skipped=len(old) - updated)

    async def _create(
        self, connection: DatabaseConnection, rows: Sequence[ImportRow], hashes: Sequence[str]
    ) -> None:
        for row, password_hash in zip(rows, hashes, strict=True):
            try:
                await self._account_creator.create(
                    connection, row.new, password_hash, rule="the command line"
                )
            except (IdentifierTaken, IdentifierHeld) as error:  # created or deleted meanwhile
                fault = LineFault(row.line, "identifier", error.message)
                raise ImportRefused([fault]) from error

    async def _update(self, connection: DatabaseConnection, rows: Sequence[ImportRow]) -> int:
        """Return how many accounts the rows changed."""
        updated = 0
        for row in rows:
            try:
                before, after = await self._administration.change_within(
                    connection,
                    None,
                    row.new.identifier,
                    role=row.new.role,
                    display_name=row.new.display_name or None,
                )
            except AccountNotFound as error:  # deleted meanwhile
                raise ImportRefused([LineFault(row.line, "identifier", error.message)]) from error
            updated += before != after
        return updated


def _check(row: ImportRow, *, exists: bool) -> CheckedRow:
    is_generated = not exists and not row.new.password
    if is_generated:
        row = replace(row, new=replace(row.new, password=generate_password()))
    return CheckedRow(row, exists, is_generated)
