"""PURE: shared parsing of account files: lines, records and faults."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from classgate.accounts.models import NewAccount
from classgate.errors import LineFault

_NOT_UTF_8 = "is not text in UTF-8; in Excel, save it as «CSV UTF-8»"
_NOT_CSV = "is not CSV: a quote is misplaced or not closed, or a field is far too long"
MAX_SEPARATORS: Final = 1000
"""Per record. Every table has fewer columns; quoted fields may contain some as text."""
TOO_MANY_SEPARATORS: Final = f"has more than {MAX_SEPARATORS} commas or other separators"


@dataclass(frozen=True)
class ImportRow:
    """A new account and its line in the file."""

    line: int
    new: NewAccount


@dataclass(frozen=True)
class Record:
    """The fields of one row, and its lines."""

    first_line: int
    last_line: int
    values: list[str]

    def is_on(self, lines: Collection[int]) -> bool:
        """Return whether the fault's line belongs to this record."""
        return any(line in lines for line in range(self.first_line, self.last_line + 1))


def sort_faults(faults: Iterable[LineFault], columns: Sequence[str]) -> tuple[LineFault, ...]:
    """Sort faults by line, then by column."""
    places = ("", *columns)
    return tuple(sorted(faults, key=lambda each: (each.line, places.index(each.field))))


def find_invalid_character(content: bytes) -> dict[int, str]:
    """Report lines that are not UTF-8. In UTF-8 a line feed byte is never part of another
    character.
    """
    found = {}
    for number, line in enumerate(io.BytesIO(content), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            found[number] = _NOT_UTF_8
        else:
            if b"\0" in line:
                found[number] = "has a NUL in it"
    return found


def read_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield every non-empty line with its number."""
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        row = line.removesuffix("\n").removesuffix("\r")
        if row:
            yield number, row


def read_csv(
    text: str, maximum: int, *, delimiter: str = ",", skips_blanks: bool = False
) -> tuple[list[Record], list[LineFault]]:
    """Return the non-empty records and the malformed ones, at most `maximum` of both.

    `skips_blanks`: ignore blanks that follow the delimiter.
    """
    records: list[Record] = []
    faults: list[LineFault] = []
    lines = _Lines(text, delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=skips_blanks)
    while len(records) + len(faults) < maximum:
        line = lines.begin_record()
        try:
            values = next(reader)
        except StopIteration:
            break
        except _TooManySeparators:
            faults.append(LineFault(line, "", TOO_MANY_SEPARATORS))
        except csv.Error:
            faults.append(LineFault(line, "", _NOT_CSV))
        else:
            if values:
                records.append(Record(line, lines.number, values))
    return records, faults


class _TooManySeparators(Exception):
    """Stops a record before it is split."""


class _Lines:
    """Feeds lines to the CSV reader and counts the separators of each record."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._lines = io.StringIO(text, newline="\n")
        self._delimiter = delimiter
        self._separators = 0
        self.number = 0

    def begin_record(self) -> int:
        """Reset the count and return the number of the record's first line."""
        self._separators = 0
        return self.number + 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self._separators += line.count(self._delimiter)
        if self._separators > MAX_SEPARATORS:
            raise _TooManySeparators
        return line
