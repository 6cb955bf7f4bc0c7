"""Making the accounts of the old backend's table, with the passwords that people know.

Those are taken however weak they are. A table may be large: it is written a part at a time, so that
a service that runs meanwhile never waits long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from classgate.accounts.import_records import ImportRow, in_order
from classgate.accounts.import_steps import (
    Progress,
    Written,
    find_taken,
    hash_passwords,
    tell_nobody,
)
from classgate.accounts.legacy_table import COLUMNS, Wanted, read_legacy_table
from classgate.accounts.making import AccountMaker
from classgate.accounts.names import NameKeeper
from classgate.accounts.passwords import PasswordPool
from classgate.errors import AccountExists, ImportRefused, LineFault, NameHeld
from classgate.storage.database import Database

ACCOUNTS_AT_ONCE = 200  # hashed, then written in one transaction

_RULE = "the command line: import from the old backend"


@dataclass(frozen=True)
class LegacyOutcome:
    """How many were made, how many rows of other applications there were, and what was not made."""

    created: int
    left_out: int
    faults: tuple[LineFault, ...]


class LegacyImport:
    """From the machine's command line."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordPool,
        names: NameKeeper,
        maker: AccountMaker,
        sdk_app_id: int,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._names = names
        self._maker = maker
        self._sdk_app_id = sdk_app_id

    async def import_table(
        self,
        content: bytes,
        sdk_app_id: int | None = None,
        *,
        skip_faulty: bool = False,
        progress: Progress = tell_nobody,
        written: Written = tell_nobody,
    ) -> LegacyOutcome:
        """Make the accounts of an export of the table; of one application alone when it is named.

        ImportRefused: none was made, and why. Whose name is taken while this runs is told in the
        outcome. ServiceUnavailable: the database failed; as many stay as `written` was told, or a
        part more, if that was not heard of any more.
        """
        table = read_legacy_table(
            content,
            Wanted(self._sdk_app_id)
            if sdk_app_id is None
            else Wanted(sdk_app_id, leaves_out_others=True),
        )
        taken = await find_taken(self._database.reader, self._names, table.rows, "uid")
        faults = [*table.faults, *taken]
        if faults and not (skip_faulty and table.whole):
            raise ImportRefused(in_order(faults, COLUMNS))
        lines = {each.line for each in taken}
        free = [row for row in table.rows if row.line not in lines]
        late = await self._make(free, progress, written)
        return LegacyOutcome(
            len(free) - len(late), table.left_out, in_order([*faults, *late], COLUMNS)
        )

    async def _make(
        self, rows: Sequence[ImportRow], progress: Progress, written: Written
    ) -> list[LineFault]:
        """Make them, a part at a time; those whose name was taken meanwhile."""
        late: list[LineFault] = []
        for start in range(0, len(rows), ACCOUNTS_AT_ONCE):
            some = rows[start : start + ACCOUNTS_AT_ONCE]
            told = partial(_tell_of_part, progress, start, len(rows))
            hashes = await hash_passwords(self._passwords, some, told)
            hashed = dict(zip(some, hashes, strict=True))
            while (fault := await self._write(hashed)) is not None:
                late.append(fault)
                hashed = {row: each for row, each in hashed.items() if row.line != fault.line}
            written(start + len(some) - len(late))
        return late

    async def _write(self, hashed: dict[ImportRow, str]) -> LineFault | None:
        """Write all of them, or none: because of this one, whose name was taken meanwhile."""
        line = 0
        try:
            async with self._database.transaction() as queries:
                for row, password_hash in hashed.items():
                    line = row.line
                    await self._maker.make(queries, row.new, password_hash, rule=_RULE)
        except (AccountExists, NameHeld) as error:
            return LineFault(line, "uid", error.message)
        return None


def _tell_of_part(progress: Progress, before: int, total: int, done: int, _total: int) -> None:
    progress(before + done, total)
