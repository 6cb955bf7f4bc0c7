"""PURE: parse a CSV file of new accounts and report every fault by line.

Faults name the line and the column, never the value: a misplaced column may be a password.
"""

from collections.abc import Callable
from dataclasses import dataclass

from classgate.accounts.identifiers import FoldedIdentifier, find_folded
from classgate.accounts.imports.csv_records import (
    ImportRow,
    Record,
    find_invalid_character,
    read_csv,
    sort_faults,
)
from classgate.accounts.models import AccountRole, NewAccount, normalize_display_name
from classgate.accounts.passwords import require_acceptable
from classgate.errors import InvalidRequest, LineFault
from classgate.signing.user_sig import require_identifier

COLUMNS = ("identifier", "password", "role", "display_name")
MAX_ROWS = 2000  # one transaction, which blocks a running service
MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 10 * MAX_ROWS  # a quoted field may span several lines

_MAX_RECORDS = MAX_ROWS + 2  # the header, and one row to detect the excess


@dataclass(frozen=True)
class ImportFile:
    """The parsed file. It may be imported only if there are no faults."""

    rows: tuple[ImportRow, ...]
    faults: tuple[LineFault, ...]


def read_import(content: bytes) -> ImportFile:
    """Parse the accounts and report all faults that show without a database."""
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
            continue  # already reported as invalid text
        row, found = _read_row(record)
        faults += found
        rows.append(row)
    if not rows and not faults:
        return _refused(1, "there is no account below the first line")
    faults += _find_repeated(records[1:])
    return ImportFile(tuple(row for row in rows if row is not None), sort_faults(faults, COLUMNS))


def _find_excess(content: bytes) -> tuple[int, str] | None:
    """Return the line and fault if the file is too long to be parsed."""
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
        message = f"{len(COLUMNS)} fields expected, {len(values)} found"
        return None, [LineFault(line, "", message)]
    identifier, password, role, display_name = values
    faults = [
        *_faults_of(line, lambda: require_identifier(identifier)),
        *_faults_of(line, lambda: require_acceptable(password, identifier)),
        *_faults_of(line, lambda: normalize_display_name(display_name, identifier)),
    ]
    if role not in list(AccountRole):
        faults.append(LineFault(line, "role", f"expected one of {', '.join(AccountRole)}"))
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
    """Report duplicate identifiers, case-insensitively."""
    first_lines: dict[FoldedIdentifier, int] = {}
    faults = []
    for record in records:
        name = find_folded(record.values[0])
        if name is None:
            continue  # already reported as invalid
        first = first_lines.setdefault(name, record.first_line)
        if first != record.first_line:
            faults.append(LineFault(record.first_line, "identifier", f"as in line {first}"))
    return faults
