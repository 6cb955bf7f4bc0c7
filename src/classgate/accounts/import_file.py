"""PURE: a CSV file of accounts to be made, and everything that is wrong with it, by line.

Faults name the line and the column, never what stands there: a column out of place is a password.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from classgate.accounts.models import AccountRole, NewAccount, name_to_show
from classgate.accounts.passwords import require_acceptable
from classgate.errors import InvalidRequest, LineFault
from classgate.signing.user_sig import require_identifier

COLUMNS = ("identifier", "password", "role", "display_name")
MOST_ROWS = 2000  # written in one transaction, for which a running service waits
MOST_BYTES = 4 * 1024 * 1024

_NO_UTF_8 = "is not text in UTF-8; in Excel, save it as «CSV UTF-8»"
_NO_CSV = "is not CSV: a quote is misplaced or not closed, or a field is far too long"


@dataclass(frozen=True)
class ImportRow:
    """An account to be made, and where it stands."""

    line: int
    new: NewAccount


@dataclass(frozen=True)
class ImportFile:
    """What was read. It may be imported only when nothing is wrong."""

    rows: tuple[ImportRow, ...]
    faults: tuple[LineFault, ...]


@dataclass(frozen=True)
class _Record:
    first_line: int
    last_line: int
    values: list[str]


def read_import(content: bytes) -> ImportFile:
    """The accounts of the file, with all its faults that can be seen without a database."""
    if len(content) > MOST_BYTES:
        return _refused(1, f"the file is larger than {MOST_BYTES // 1024**2} MiB; split it")
    unreadable = _find_unreadable(content)
    if 1 in unreadable:
        return _refused(1, unreadable[1])
    records, faults = _read_records(content.decode("utf-8-sig", "replace"))
    if not records or tuple(records[0].values) != COLUMNS:
        return _refused(1, f"the first line has to be {','.join(COLUMNS)}")
    if len(records) - 1 > MOST_ROWS:
        line = records[MOST_ROWS + 1].first_line
        return _refused(line, f"at most {MOST_ROWS} accounts at once; split the file")
    faults += [LineFault(line, "", message) for line, message in unreadable.items()]
    rows = []
    for record in records[1:]:
        if any(record.first_line <= line <= record.last_line for line in unreadable):
            continue  # that it is no text is said already
        row, found = _read_row(record)
        faults += found
        rows.append(row)
    if not rows and not faults:
        return _refused(1, "there is no account below the first line")
    faults += _find_repeated(records[1:])
    return ImportFile(tuple(row for row in rows if row is not None), in_order(faults))


def in_order(faults: Iterable[LineFault]) -> tuple[LineFault, ...]:
    """By line, then by column."""
    places = ("", *COLUMNS)
    return tuple(sorted(faults, key=lambda each: (each.line, places.index(each.field))))


def _refused(line: int, message: str) -> ImportFile:
    return ImportFile((), (LineFault(line, "", message),))


def _find_unreadable(content: bytes) -> dict[int, str]:
    """Lines that are no text. In UTF-8 the byte of a line feed is never part of something else."""
    found = {}
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            found[number] = _NO_UTF_8
        else:
            if b"\0" in line:
                found[number] = "has a NUL in it"
    return found


def _read_records(text: str) -> tuple[list[_Record], list[LineFault]]:
    """Every record but empty lines, and where there is none."""
    records: list[_Record] = []
    faults: list[LineFault] = []
    reader = csv.reader((f"{line}\n" for line in text.split("\n")), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return records, faults
        except csv.Error:
            faults.append(LineFault(line, "", _NO_CSV))
        else:
            if values:
                records.append(_Record(line, reader.line_num, values))


def _read_row(record: _Record) -> tuple[ImportRow | None, list[LineFault]]:
    line, values = record.first_line, record.values
    if len(values) != len(COLUMNS):
        message = f"{len(COLUMNS)} fields are wanted, {len(values)} are there"
        return None, [LineFault(line, "", message)]
    identifier, password, role, display_name = values
    faults = [
        *_faults_of(line, lambda: require_identifier(identifier)),
        *_faults_of(line, lambda: require_acceptable(password, identifier)),
        *_faults_of(line, lambda: name_to_show(display_name, identifier)),
    ]
    if role not in list(AccountRole):
        faults.append(LineFault(line, "role", f"one of {', '.join(AccountRole)} is wanted"))
    if faults:
        return None, faults
    return ImportRow(line, NewAccount(identifier, password, AccountRole(role), display_name)), []


def _faults_of(line: int, require: Callable[[], str]) -> list[LineFault]:
    try:
        require()
    except InvalidRequest as error:
        return [LineFault(line, each.field, each.message) for each in error.fields]
    return []


def _find_repeated(records: list[_Record]) -> list[LineFault]:
    """Identifiers that stand there twice, upper and lower case alike."""
    first_lines: dict[str, int] = {}
    faults = []
    for record in records:
        name = record.values[0].casefold()
        first = first_lines.setdefault(name, record.first_line)
        if name and first != record.first_line:
            faults.append(LineFault(record.first_line, "identifier", f"as in line {first}"))
    return faults
