"""The tables that are copied, from the features' own declarations, and the digest of their rows."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from classgate.migrations.tables import metadata
from classgate.refusals import BackupRefused

NOT_COPIED: Final = {
    "processes": "the processes that serve the file; those of the server register themselves",
    "rate_limits": "counters of minutes, which begin anew with each server",
}
"""Tables that are left out, and why: they describe what runs now, and nothing is lost with them."""

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]

_INTEGER_BITS: Final = {Integer: 31, BigInteger: 63}


def copied_tables() -> list[Table]:
    """Return the tables in the order in which their rows may be inserted."""
    return [table for table in metadata.sorted_tables if table.name not in NOT_COPIED]


class RowDigest:
    """A digest over rows in any order, for which both databases give the same values."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Row) -> None:
        """Add a row of None, bool, int, str and bytes."""
        digest = hashlib.blake2b(repr(row).encode("utf-8", "backslashreplace"), digest_size=16)
        self._sum += int.from_bytes(digest.digest())
        self.rows += 1

    def hex(self) -> str:
        """Return the digest of all rows so far."""
        return f"{self._sum % 2**128:032x}"


class RowReader:
    """Converts rows of the file, whose texts are bytes, for the server.

    SQLite stores any value in any column. What the server cannot take is named by table, key and
    column, never by its value. BackupRefused.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = [(column, _conversion(column.type)) for column in table.columns]

    def read(self, raw: Iterable[Any]) -> Row:
        """Return the row as the server stores it."""
        values = tuple(raw)
        try:
            return tuple(
                None if value is None else convert(value)
                for value, (_column, convert) in zip(values, self._columns, strict=True)
            )
        except (ValueError, TypeError):
            raise self._fault(values) from None

    def _fault(self, values: Row) -> BackupRefused:
        """Return the refusal that names the first value that cannot be converted."""
        for value, (column, convert) in zip(values, self._columns, strict=True):
            try:
                if value is not None:
                    convert(value)
            except (ValueError, TypeError) as error:
                return BackupRefused(
                    f"{self._table.name}, row {self._key(values)}: {column.name} {error}; "
                    "nothing was copied; correct this value in the file, then copy again"
                )
        return BackupRefused(f"{self._table.name}: a row cannot be read; nothing was copied")

    def _key(self, values: Row) -> str:
        shown = [
            f"{column.name} {_shown(value)}"
            for value, (column, _convert) in zip(values, self._columns, strict=True)
            if column.primary_key
        ]
        return ", ".join(shown)


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return value[:80].decode("utf-8", "backslashreplace").replace("\0", "\\0")
    return str(value)[:80]


def numbered_column(table: Table) -> Column[Any] | None:
    """Return the key that the database numbers, if the table has one."""
    return table.autoincrement_column


def _conversion(kind: TypeEngine[Any]) -> Convert:
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    if isinstance(plain, Boolean):
        return _boolean
    if isinstance(plain, String):
        return _text(plain.length)
    if isinstance(plain, LargeBinary):
        return _binary
    for integer, bits in reversed(_INTEGER_BITS.items()):  # BigInteger is an Integer
        if isinstance(plain, integer):
            return _integer(bits)
    raise TypeError(f"no conversion to PostgreSQL for the type {kind!r}")


def _boolean(value: Any) -> bool:
    if value == 0 or value == 1:  # noqa: PLR1714 - a set would take texts for equal types
        return bool(value)
    raise ValueError("is neither true nor false")


def _integer(bits: int) -> Convert:
    limit = 2**bits

    def convert(value: Any) -> int:
        if type(value) is not int:
            raise ValueError("is not a whole number")
        if not -limit <= value < limit:
            raise ValueError("is a number that is too large for its column")
        return value

    return convert


def _text(length: int | None) -> Convert:
    def convert(value: Any) -> str:
        if not isinstance(value, bytes):
            raise TypeError("is not a text")
        try:
            text = value.decode()
        except UnicodeDecodeError:
            raise ValueError("is not valid UTF-8") from None
        if "\0" in text:
            raise ValueError("contains the character NUL, which PostgreSQL cannot store")
        if length is not None and len(text) > length:
            raise ValueError(f"has more than {length} characters")
        return text

    return convert


def _binary(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("is not binary data")
    return value
