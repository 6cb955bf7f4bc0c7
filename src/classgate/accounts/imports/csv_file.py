"""PURE: a CSV file of accounts to be made, and everything that is wrong with it, by line.

Faults name the line and the column, never what stands there: a column out of place is a password.
"""

from collections.abc import Callable
from dataclasses import dataclass

from classgate.accounts.identifiers import FoldedIdentifier, find_folded
from classgate.accounts.imports.csv_records import (
    ImportRow,
    Record,
    find_invalid_character,
    in_order,
    read_csv,
)
from classgate.accounts.models import AccountRole, NewAccount, normalize_display_name
from classgate.accounts.passwords import require_acceptable
from classgate.errors import InvalidRequest, LineFault
from classgate.signing.user_sig import require_identifier

COLUMNS = ("identifier", "password", "role", "display_name")
MAX_ROWS = 2000  # written in one transaction, for which a running service waits
MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 10 * MAX_ROWS  # a field between quotes may have several

_MAX_RECORDS = MAX_ROWS + 2  # the header, and one that is too many


@dataclass(frozen=True)
class ImportFile:
    """What was read. It may be imported only when nothing is wrong."""

    rows: tuple[ImportRow, ...]
    faults: tuple[LineFault, ...]


def read_import(content: bytes) -> ImportFile:
    """The accounts of the file, with all its faults that can be seen without a database."""
    excess = _find_excess(content)
    if excess is not None:
        return _refused(*excess)
    unreadable = find_invalid_character(content)
    if 1 in unreadable:
        return _refused(1, unreadable[1])
    records, faults = read_csv(content.decode("utf-8-sig", "replace"), _MAX_RECORDS)
    if not records or tuple(records[0].values) != COLUMNS:
        return _refused(1, f"the first line has to be {','.join(COLUMNS)}")
    if len(records) - 1 > MAX_ROWS:
        line = records[MAX_ROWS + 1].first_line
        return _refused(line, f"at most {MAX_ROWS} accounts at once; split the file")
    faults += [LineFault(line, "", message) for line, message in unreadable.items()]
    rows = []
    for record in records[1:]:
        if record.is_on(unreadable):
            continue  # that it is no text is said already
        row, found = _read_row(record)
        faults += found
        rows.append(row)
    if not rows and not faults:
        return _refused(1, "there is no account below the first line")
    faults += _find_repeated(records[1:])
    return ImportFile(tuple(row for row in rows if row is not None), in_order(faults, COLUMNS))


def _find_excess(content: bytes) -> tuple[int, str] | None:
    """Where it is too long to be looked at."""
    if len(content) > MAX_BYTES:
        return 1, f"the file is larger than {MAX_BYTES // 1024**2} MiB; split it"
    if content.count(b"\n") > MAX_LINES:
        return MAX_LINES + 1, f"at most {MAX_LINES} lines at once; split the file"
    return None


def _refused(line: int, message: str) -> ImportFile:
    return ImportFile((), (LineFault(line, "", message),))


def _read_row(record: Record) -> tuple[ImportRow | None, list[LineFault]]:
    line, values = record.first_line, record.values
    if len(values) != len(COLUMNS):
        message = f"{len(COLUMNS)} fields are wanted, {len(values)} are there"
        return None, [LineFault(line, "", message)]
    identifier, password, role, display_name = values
    faults = [
        *_faults_of(line, lambda: require_identifier(identifier)),
        *_faults_of(line, lambda: require_acceptable(password, identifier)),
        *_faults_of(line, lambda: normalize_display_name(display_name, identifier)),
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


def _find_repeated(records: list[Record]) -> list[LineFault]:
    """Identifiers that stand there twice, upper and lower case alike."""
    first_lines: dict[FoldedIdentifier, int] = {}
    faults = []
    for record in records:
        name = find_folded(record.values[0])
        if name is None:
            continue  # that it is no identifier is said already
        first = first_lines.setdefault(name, record.first_line)
        if first != record.first_line:
            faults.append(LineFault(record.first_line, "identifier", f"as in line {first}"))
    return faults
