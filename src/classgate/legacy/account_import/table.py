"""PURE: parse an export of the 2017 backend's account table and report every fault by line.

The 2017 backend stored a password as `echo PASSWORD | base64` prints it, in a column of 50
characters. One without the line end of `echo` was written by hand, and logs in too. Faults name the
line and the column, never the value: a misplaced column may be a password.
"""

import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from classgate.accounts.identifiers import FoldedIdentifier, find_folded
from classgate.accounts.imports.csv_records import (
    MAX_SEPARATORS,
    TOO_MANY_SEPARATORS,
    ImportRow,
    Record,
    find_invalid_character,
    read_csv,
    read_lines,
    sort_faults,
)
from classgate.accounts.models import AccountRole, NewAccount
from classgate.errors import ImportRefused, InvalidIdentifier, InvalidRequest, LineFault
from classgate.signing.user_sig import require_identifier
from classgate.validation import field_error

COLUMNS = ("uid", "appid", "role", "pwd")
MAX_ROWS = 100_000
MAX_BYTES = 64 * 1024 * 1024
MAX_LINES = 10 * MAX_ROWS  # a quoted field may span several lines

_MAX_RECORDS = MAX_ROWS + 2  # the header, and one row to detect the excess
_WANTED = ("uid", "pwd", "role")
_ROLES = {"0": AccountRole.STUDENT, "1": AccountRole.TEACHER}
_NULLS = {"NULL", r"\N"}
_SDK_APP_ID = re.compile(r"[0-9]{1,10}")
_PASSWORD_COLUMN = 50
# PHP's exec() strips these from the end of a line, and log-in compared the result.
_BLANKS = " \t\r\v\f"
# Escapes of `mysql --batch`.
_ESCAPED = re.compile(r"\\([nt0\\])")
_UNESCAPED = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}

_NO_MATCHING_ROW = "no row belongs to the application of --sdk-app-id"
_TRUNCATED = (
    "the export is truncated: this line has no line end, and its password differs in form from the "
    "others; export again (if the file is complete, add a line end)"
)
_CREATE_BY_HAND = "remove this row, and create the account with a new password"


@dataclass(frozen=True)
class LegacyTableFilter:
    """Which rows to import. Several applications may have shared one table."""

    sdk_app_id: int
    leaves_out_others: bool = False


@dataclass(frozen=True)
class LegacyTable:
    """The parsed table; `rows` are those without faults.

    `whole`: rows can be separated reliably. Otherwise nothing may be imported.
    """

    rows: tuple[ImportRow, ...]
    faults: tuple[LineFault, ...]
    left_out: int = 0
    whole: bool = True


def read_legacy_table(content: bytes, wanted: LegacyTableFilter) -> LegacyTable:
    """Parse the accounts and report all faults that show without a database.

    Oversized input is rejected before parsing: a file may hold millions of short lines.
    """
    try:
        _require_size(content)
        unreadable = find_invalid_character(content)
        if 1 in unreadable:
            raise _refusal(1, unreadable[1])
        records = _read_records(content.decode("utf-8-sig", "replace"), wanted)
    except ImportRefused as refusal:
        return LegacyTable((), refusal.faults, whole=False)
    return _read_rows(records, unreadable, wanted)


def read_stored_password(stored: str) -> str:
    """Decode the password that log-in compared. InvalidRequest: no usable password."""
    stored = stored.strip()
    if len(stored) == _PASSWORD_COLUMN:
        raise field_error("pwd", f"was truncated by the old table (at 36 bytes); {_CREATE_BY_HAND}")
    try:
        text = b64decode(stored, validate=True).decode("utf-8")
    except UnicodeDecodeError:
        raise field_error("pwd", f"holds no text in UTF-8; {_CREATE_BY_HAND}") from None
    except ValueError:
        raise field_error("pwd", f"is no base64, as old passwords are; {_CREATE_BY_HAND}") from None
    password = text.partition("\n")[0].rstrip(_BLANKS)
    if not password:
        raise field_error("pwd", f"holds no password; {_CREATE_BY_HAND}")
    return password


def _refusal(line: int, message: str) -> ImportRefused:
    return ImportRefused([LineFault(line, "", message)])


def _require_size(content: bytes) -> None:
    """Require an acceptable size. ImportRefused."""
    if len(content) > MAX_BYTES:
        raise _refusal(1, f"the file is larger than {MAX_BYTES // 1024**2} MiB; split it")
    if content.count(b"\n") > MAX_LINES:
        raise _refusal(MAX_LINES + 1, f"at most {MAX_LINES} lines at once; split the file")


def _read_records(text: str, wanted: LegacyTableFilter) -> list[Record]:
    """Return the header and the rows. ImportRefused: inseparable, or truncated."""
    header = text.partition("\n")[0]
    if ";" in header and not {",", "\t"} & set(header):
        raise _refusal(1, "';' separates the columns; expected commas or tabs")
    records, broken = _parse_tsv(text) if "\t" in header else _parse_csv(text)
    if not broken or (records and records[0].first_line < broken[0].line):
        _require_header(records, wanted)
    if broken:
        raise ImportRefused(broken)
    if len(records) - 1 > MAX_ROWS:
        message = f"at most {MAX_ROWS} rows at once; split the file"
        raise _refusal(records[-1].first_line, message)
    if not text.endswith(("\n", '"')) and _ends_in_password(records):
        raise _refusal(records[-1].last_line, _TRUNCATED)
    return records


def _parse_csv(text: str) -> tuple[list[Record], list[LineFault]]:
    """Parse CSV, as exported by phpMyAdmin or written by hand, with a blank after commas."""
    return read_csv(text, _MAX_RECORDS, skips_blanks=True)


def _parse_tsv(text: str) -> tuple[list[Record], list[LineFault]]:
    """Parse `mysql --batch` output: quotes have no meaning, only the length can be malformed."""
    records: list[Record] = []
    faults: list[LineFault] = []
    for number, row in islice(read_lines(text), _MAX_RECORDS):
        if row.count("\t") > MAX_SEPARATORS:
            faults.append(LineFault(number, "", TOO_MANY_SEPARATORS))
        else:
            fields = [_unescape(each) for each in row.split("\t")]
            records.append(Record(number, number, fields))
    return records, faults


def _unescape(field: str) -> str:
    return _ESCAPED.sub(lambda found: _UNESCAPED[found[1]], field)


def _ends_in_password(records: Sequence[Record]) -> bool:
    """Return whether only the last row lacks the line end that `echo` put after every password.

    A missing final line break alone proves nothing: editors omit it. Nor does such a password among
    similar ones: they were written by hand, and log in.
    """
    if _names(records[0])[-1] != "pwd" or len(records) < 3:
        return False
    *others, last = records[1:]
    return _is_handwritten(last) and not any(map(_is_handwritten, others))


def _is_handwritten(record: Record) -> bool:
    """Return whether the row ends in a stored password without a line end."""
    try:
        password = b64decode(_null_is_empty(record.values[-1]).strip(), validate=True)
    except ValueError:
        return False
    return bool(password) and not password.endswith(b"\n")


def _names(header: Record) -> list[str]:
    return [name.strip().lower() for name in header.values]


def _require_header(records: Sequence[Record], wanted: LegacyTableFilter) -> None:
    """Require each needed column exactly once. ImportRefused."""
    names = _names(records[0]) if records else []
    for column in _WANTED:
        if column not in names:
            raise _refusal(
                1,
                f"the first line has to name the columns {', '.join(_WANTED)}, with commas or "
                f"tabs between them; {column} is not there",
            )
    if wanted.leaves_out_others and "appid" not in names:
        raise _refusal(1, "there is no column appid to tell the rows of one application by")
    for column in COLUMNS:
        if names.count(column) > 1:
            raise _refusal(1, f"the column {column} is there twice")


def _read_rows(
    records: Sequence[Record], unreadable: dict[int, str], wanted: LegacyTableFilter
) -> LegacyTable:
    names = _names(records[0])
    places = {column: names.index(column) for column in COLUMNS if column in names}
    faults = [LineFault(line, "", message) for line, message in unreadable.items()]
    lines_of_name: dict[FoldedIdentifier, list[int]] = defaultdict(list)
    rows, left_out = [], 0
    for record in records[1:]:
        line = record.first_line
        if record.is_on(unreadable):
            continue  # already reported as invalid text
        if len(record.values) != len(names):
            message = f"{len(names)} fields expected, {len(record.values)} found"
            faults.append(LineFault(line, "", message))
            continue
        fields = {column: _null_is_empty(record.values[at]) for column, at in places.items()}
        if _is_skipped(fields, wanted):
            left_out += 1
            continue
        name = find_folded(fields["uid"])
        if name is not None:
            lines_of_name[name].append(line)
        faults += (found := _faults_of(line, fields, wanted))
        if not found:
            rows.append(ImportRow(line, _to_account(fields)))
    if not rows and not faults:
        message = _NO_MATCHING_ROW if left_out else "there is no row below the first line"
        return LegacyTable((), (LineFault(1, "", message),), whole=False)
    faults += _find_repeated(lines_of_name)
    faulty = {each.line for each in faults}
    good = tuple(row for row in rows if row.line not in faulty)
    return LegacyTable(good, sort_faults(faults, COLUMNS), left_out)


def _null_is_empty(value: str) -> str:
    return "" if value in _NULLS else value


def _is_skipped(fields: dict[str, str], wanted: LegacyTableFilter) -> bool:
    return wanted.leaves_out_others and _is_of_other_application(fields["appid"], wanted)


def _is_of_other_application(sdk_app_id: str, wanted: LegacyTableFilter) -> bool:
    return bool(_SDK_APP_ID.fullmatch(sdk_app_id)) and int(sdk_app_id) != wanted.sdk_app_id


def _faults_of(line: int, fields: dict[str, str], wanted: LegacyTableFilter) -> list[LineFault]:
    faults = []
    try:
        require_identifier(fields["uid"])
    except InvalidIdentifier as error:
        message = f"{error.message}; write another one here, and tell it to its owner"
        faults.append(LineFault(line, "uid", message))
    if "appid" in fields and not _SDK_APP_ID.fullmatch(fields["appid"]):
        faults.append(LineFault(line, "appid", "expected the number of an application"))
    elif "appid" in fields and _is_of_other_application(fields["appid"], wanted):
        message = (
            f"another application's, not {wanted.sdk_app_id}'s (im.sdk_app_id); "
            "--sdk-app-id N takes the rows of application N and leaves out all others"
        )
        faults.append(LineFault(line, "appid", message))
    if fields["role"] not in _ROLES:
        faults.append(LineFault(line, "role", "expected 0 (a student) or 1 (a teacher)"))
    try:
        read_stored_password(fields["pwd"])
    except InvalidRequest as error:
        faults += [LineFault(line, each.field, each.message) for each in error.fields]
    return faults


def _to_account(fields: dict[str, str]) -> NewAccount:
    password = read_stored_password(fields["pwd"])
    return NewAccount(fields["uid"], password, _ROLES[fields["role"]])


def _find_repeated(lines_of_name: dict[FoldedIdentifier, list[int]]) -> list[LineFault]:
    """Report duplicate names, in any case, on every line: the owner is unknown."""
    faults = []
    for lines in lines_of_name.values():
        if len(lines) > 1:
            first, second, *_ = lines
            for line in lines:
                other = second if line == first else first
                message = f"as in line {other} (upper and lower case count as the same)"
                faults.append(LineFault(line, "uid", message))
    return faults
