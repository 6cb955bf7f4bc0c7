"""Import of the accounts of the 2017 backend's table, with their passwords.

Passwords are accepted however weak. A table may be large: it is written in parts, so that a running
service never waits long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from classgate.accounts.creation import AccountCreator
from classgate.accounts.imports.csv_records import ImportRow, sort_faults
from classgate.accounts.imports.preparation import (
    Progress,
    Written,
    hash_passwords,
    ignore_progress,
    look_up,
    refuse_existing,
)
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.reserved_identifiers import ReservedIdentifiers
from classgate.errors import IdentifierHeld, IdentifierTaken, ImportRefused, LineFault
from classgate.legacy.account_import.table import COLUMNS, LegacyTableFilter, read_legacy_table
from classgate.storage.database import Database

ACCOUNTS_AT_ONCE = 200  # hashed, then written in one transaction

_RULE = "the command line: import from the 2017 backend"


@dataclass(frozen=True)
class LegacyImportResult:
    """The result: created accounts, rows of other applications, and rejected rows."""

    created: int
    left_out: int
    faults: tuple[LineFault, ...]


class LegacyImport:
    """Imports accounts for the command line."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordPool,
        names: ReservedIdentifiers,
        account_creator: AccountCreator,
        sdk_app_id: int,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._names = names
        self._account_creator = account_creator
        self._sdk_app_id = sdk_app_id

    async def import_table(
        self,
        content: bytes,
        sdk_app_id: int | None = None,
        *,
        skip_faulty: bool = False,
        progress: Progress = ignore_progress,
        written: Written = ignore_progress,
    ) -> LegacyImportResult:
        """Create the accounts of an export of the table, of one application if it is named.

        ImportRefused: nothing was created, and why. Names taken while this runs are reported in the
        outcome. ServiceUnavailable: the database failed; the accounts reported to `written` stay,
        and perhaps one more part whose commit was not confirmed.
        """
        table = read_legacy_table(
            content,
            LegacyTableFilter(self._sdk_app_id)
            if sdk_app_id is None
            else LegacyTableFilter(sdk_app_id, leaves_out_others=True),
        )
        existing, taken = await look_up(self._database.reader, self._names, table.rows, "uid")
        taken += refuse_existing(table.rows, existing, "uid")
        faults = [*table.faults, *taken]
        if faults and not (skip_faulty and table.whole):
            raise ImportRefused(sort_faults(faults, COLUMNS))
        lines = {each.line for each in taken}
        free = [row for row in table.rows if row.line not in lines]
        late = await self._create(free, progress, written)
        return LegacyImportResult(
            len(free) - len(late), table.left_out, sort_faults([*faults, *late], COLUMNS)
        )

    async def _create(
        self, rows: Sequence[ImportRow], progress: Progress, written: Written
    ) -> list[LineFault]:
        """Create the accounts in parts; return those whose name was taken meanwhile."""
        late: list[LineFault] = []
        for start in range(0, len(rows), ACCOUNTS_AT_ONCE):
            some = rows[start : start + ACCOUNTS_AT_ONCE]
            report = partial(_report_part, progress, start, len(rows))
            hashes = await hash_passwords(self._passwords, some, report)
            hashed = dict(zip(some, hashes, strict=True))
            while (fault := await self._write(hashed)) is not None:
                late.append(fault)
                hashed = {row: each for row, each in hashed.items() if row.line != fault.line}
            written(start + len(some) - len(late))
        return late

    async def _write(self, hashed: dict[ImportRow, str]) -> LineFault | None:
        """Write all of a part, or none; return the account whose name was taken meanwhile."""
        line = 0
        try:
            async with self._database.transaction() as connection:
                for row, password_hash in hashed.items():
                    line = row.line
                    await self._account_creator.create(
                        connection, row.new, password_hash, rule=_RULE
                    )
        except (IdentifierTaken, IdentifierHeld) as error:
            return LineFault(line, "uid", error.message)
        return None


def _report_part(progress: Progress, before: int, total: int, done: int, _total: int) -> None:
    progress(before + done, total)
