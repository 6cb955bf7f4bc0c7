"""PURE: parse a CSV file of new accounts and report every fault by line.

Faults name the line and the column, never the value: a misplaced column may be a password.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

from classgate.accounts.identifiers import FoldedIdentifier, find_folded
from classgate.accounts.imports.csv_records import (
    ImportRow,
    Record,
    find_invalid_character,
    read_csv,
    read_lines,
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

# Rows that Excel left empty are read too, and skipped.
_MAX_RECORDS = MAX_LINES + 2


@dataclass(frozen=True)
class ImportFile:
    """The parsed file. It may be imported only if there are no faults."""

    rows: tuple[ImportRow, ...]
    faults: tuple[LineFault, ...]


def read_import(content: bytes, *, password_optional: bool = False) -> ImportFile:
    """Parse the accounts and report all faults that show without a database.

    The file may be as Excel writes it: with semicolons or tabs, empty rows, empty columns at the
    end, without the last field of a row, as «Unicode Text» and with the line ends of a Macintosh.

    Args:
        content: The file.
        password_optional: Accept an empty password, which existing accounts do not need.
    """
    size, content = len(content), _normalize(content)
    excess = _find_excess(content, size)
    if excess is not None:
        return _refused(*excess)
    unreadable = find_invalid_character(content)
    if 1 in unreadable:
        return _refused(1, unreadable[1])
    text, delimiter = _find_delimiter(content.decode("utf-8-sig", "replace"))
    records, faults = read_csv(text, _MAX_RECORDS, delimiter=delimiter)
    records = [each for each in records if any(value.strip() for value in each.values)]
    header = _read_header(records.pop(0).values) if records else None
    if header is None:
        return _refused(1, _HEADER_EXPECTED)
    if len(records) > MAX_ROWS:
        line = records[MAX_ROWS].first_line
        return _refused(line, f"at most {MAX_ROWS} accounts at once; split the file")
    faults += [LineFault(line, "", message) for line, message in unreadable.items()]
    rows = []
    for record in records:
        if record.is_on(unreadable):
            continue  # already reported as invalid text
        row, found = _read_row(record, header, password_optional=password_optional)
        faults += found
        rows.append(row)
    if not rows and not faults:
        return _refused(1, "there is no account below the first line")
    faults += _find_repeated(records, header.index("identifier"))
    return ImportFile(tuple(row for row in rows if row is not None), sort_faults(faults, COLUMNS))


_HEADER_EXPECTED = f"the first line has to be {','.join(COLUMNS)}"
_ESCAPE = re.compile("^'(?=[=+@-])")
_REQUIRED = frozenset(COLUMNS) - {"display_name"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods; .xls


def _normalize(content: bytes) -> bytes:
    """Return the content in UTF-8, with line feeds, and without the empty rows at its end."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            content = content.decode("utf-16").encode()
        except UnicodeDecodeError:
            return content  # reported as not UTF-8
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    end = content.find(b"\n", len(content.rstrip(b",;\t \r\n")))
    return content if end < 0 else content[: end + 1]


def _find_delimiter(text: str) -> tuple[str, str]:
    """Return the text without Excel's own first line, `sep=;`, and the delimiter."""
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r'"?sep=([;,\t])"?\r?', first)
    if named is not None:
        return f"\n{rest}", named[1]
    first = next((line for _, line in read_lines(text) if line.strip(",;\t ")), "")
    delimiter = next((each for each in ",;\t" if each in first), ",")
    return text, delimiter


def _read_header(values: list[str]) -> list[str] | None:
    """Return the columns in the order of the file; None if they are others."""
    names = [each.strip().lower() for each in values]
    while names and not names[-1]:
        names.pop()
    if len(set(names)) != len(names) or not _REQUIRED <= set(names) <= set(COLUMNS):
        return None
    return names


def _find_excess(content: bytes, size: int) -> tuple[int, str] | None:
    """Return the line and fault if the file is too long to be parsed, or no text at all.

    Args:
        content: The file, normalized.
        size: The size of the file as it was read.
    """
    if content.startswith(_WORKBOOKS):
        return 1, "is a workbook, not CSV; in Excel, save it as «CSV UTF-8»"
    if size > MAX_BYTES:
        return 1, f"the file is larger than {MAX_BYTES // 1024**2} MiB; split it"
    if content.count(b"\n") > MAX_LINES:
        return MAX_LINES + 1, f"at most {MAX_LINES} lines at once; split the file"
    return None


def _refused(line: int, message: str) -> ImportFile:
    return ImportFile((), (LineFault(line, "", message),))


def _read_row(
    record: Record, header: list[str], *, password_optional: bool
) -> tuple[ImportRow | None, list[LineFault]]:
    line, values = record.first_line, list(record.values)
    while len(values) > len(header) and not values[-1]:
        values.pop()
    if len(values) == len(header) - 1 and header[-1] == "display_name":
        values.append("")
    if len(values) != len(header):
        message = f"{len(header)} fields expected, {len(values)} found"
        return None, [LineFault(line, "", message)]
    cells = dict(zip(header, values, strict=True))
    identifier, password = _read_name(cells["identifier"]), cells["password"]
    role, display_name = cells["role"].strip(" ").lower(), _read_name(cells.get("display_name", ""))
    faults = [
        *_faults_of(line, lambda: require_identifier(identifier)),
        *_faults_of(line, lambda: normalize_display_name(display_name, identifier)),
    ]
    if password or not password_optional:
        faults += _faults_of(line, lambda: require_acceptable(password, identifier))
    faults += [
        LineFault(line, column, "a blank stands before the quotation mark; remove it")
        for column, value in cells.items()
        if column in ("password", "display_name") and value.lstrip(" ")[:1] == '"' != value[:1]
    ]
    if role not in list(AccountRole):
        faults.append(LineFault(line, "role", f"expected one of {', '.join(AccountRole)}"))
    if faults:
        return None, faults
    return ImportRow(line, NewAccount(identifier, password, AccountRole(role), display_name)), []


def _read_name(cell: str) -> str:
    """Return a name without the apostrophe that keeps a spreadsheet from reading a formula."""
    return _ESCAPE.sub("", cell.strip(" "))


def _faults_of(line: int, require: Callable[[], str]) -> list[LineFault]:
    try:
        require()
    except InvalidRequest as error:
        return [LineFault(line, each.field, each.message) for each in error.fields]
    return []


def _find_repeated(records: list[Record], column: int) -> list[LineFault]:
    """Report duplicate identifiers, case-insensitively."""
    first_lines: dict[FoldedIdentifier, int] = {}
    faults = []
    for record in records:
        name = (
            find_folded(_read_name(record.values[column])) if column < len(record.values) else None
        )
        if name is None:
            continue  # already reported as invalid
        first = first_lines.setdefault(name, record.first_line)
        if first != record.first_line:
            faults.append(LineFault(record.first_line, "identifier", f"as in line {first}"))
    return faults
