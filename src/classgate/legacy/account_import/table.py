"""PURE: accounts in an export of the old backend's table, and all that is wrong with it, by line.

The old backend kept a password as `echo PASSWORD | base64` prints it, in a column of 50 characters.
One without the line end of `echo` was written by hand, and logs in too.
Faults name the line and the column, never what stands there: a column out of place is a password.
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
    in_order,
    read_csv,
    read_lines,
)
from classgate.accounts.models import AccountRole, NewAccount
from classgate.errors import ImportRefused, InvalidIdentifier, InvalidRequest, LineFault
from classgate.signing.user_sig import require_identifier
from classgate.validation import field_error

COLUMNS = ("uid", "appid", "role", "pwd")
MAX_ROWS = 100_000
MAX_BYTES = 64 * 1024 * 1024
MAX_LINES = 10 * MAX_ROWS  # a field between quotes may have several

_MAX_RECORDS = MAX_ROWS + 2  # the header, and one that is too many
_WANTED = ("uid", "pwd", "role")
_ROLES = {"0": AccountRole.STUDENT, "1": AccountRole.TEACHER}
_NULLS = {"NULL", r"\N"}
_SDK_APP_ID = re.compile(r"[0-9]{1,10}")
_PASSWORD_COLUMN = 50
# What exec() of PHP cuts off the end of a line, which is what log-in compared with.
_BLANKS = " \t\r\v\f"
# How `mysql --batch` writes what would break a line.
_ESCAPED = re.compile(r"\\([nt0\\])")
_UNESCAPED = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}

_NONE_OF_IT = "no row is of the application that --sdk-app-id names"
_CUT_OFF = (
    "the export is cut off: this line has no end, and its password is not as the others are; make "
    "it anew (if it is whole after all, put a line end after it)"
)
_BY_HAND = "leave this row out, and make the account with a new password"


@dataclass(frozen=True)
class LegacyTableFilter:
    """Whose rows are taken. Several applications may have shared one table."""

    sdk_app_id: int
    leaves_out_others: bool = False


@dataclass(frozen=True)
class LegacyTable:
    """What was read. `rows` are those with which nothing is wrong.

    `whole`: the rows can be told apart. Of a file that is not, none may be made.
    """

    rows: tuple[ImportRow, ...]
    faults: tuple[LineFault, ...]
    left_out: int = 0
    whole: bool = True


def read_legacy_table(content: bytes, wanted: LegacyTableFilter) -> LegacyTable:
    """The accounts of the table, with all faults that can be seen without a database.

    What is too long is refused before it is read: a file may hold millions of short lines.
    """
    try:
        _require_small(content)
        unreadable = find_invalid_character(content)
        if 1 in unreadable:
            raise _refusal(1, unreadable[1])
        records = _read_records(content.decode("utf-8-sig", "replace"), wanted)
    except ImportRefused as refusal:
        return LegacyTable((), refusal.faults, whole=False)
    return _read_rows(records, unreadable, wanted)


def read_stored_password(stored: str) -> str:
    """What log-in compared with. InvalidRequest: nothing that anybody could log in with."""
    stored = stored.strip()
    if len(stored) == _PASSWORD_COLUMN:
        raise field_error("pwd", f"was cut by the old table (36 bytes and more were); {_BY_HAND}")
    try:
        text = b64decode(stored, validate=True).decode("utf-8")
    except UnicodeDecodeError:
        raise field_error("pwd", f"holds no text in UTF-8; {_BY_HAND}") from None
    except ValueError:
        raise field_error("pwd", f"is no base64, as old passwords are; {_BY_HAND}") from None
    password = text.partition("\n")[0].rstrip(_BLANKS)
    if not password:
        raise field_error("pwd", f"holds no password; {_BY_HAND}")
    return password


def _refusal(line: int, message: str) -> ImportRefused:
    return ImportRefused([LineFault(line, "", message)])


def _require_small(content: bytes) -> None:
    """ImportRefused: it is too long to be looked at."""
    if len(content) > MAX_BYTES:
        raise _refusal(1, f"the file is larger than {MAX_BYTES // 1024**2} MiB; split it")
    if content.count(b"\n") > MAX_LINES:
        raise _refusal(MAX_LINES + 1, f"at most {MAX_LINES} lines at once; split the file")


def _read_records(text: str, wanted: LegacyTableFilter) -> list[Record]:
    """The header and the rows. ImportRefused: they cannot be told apart, or not all are there."""
    header = text.partition("\n")[0]
    if ";" in header and not {",", "\t"} & set(header):
        raise _refusal(1, "';' stands between the columns; commas or tabs are wanted there")
    records, broken = _read_tabs(text) if "\t" in header else _read_commas(text)
    if not broken or (records and records[0].first_line < broken[0].line):
        _require_header(records, wanted)
    if broken:
        raise ImportRefused(broken)
    if len(records) - 1 > MAX_ROWS:
        message = f"at most {MAX_ROWS} rows at once; split the file"
        raise _refusal(records[-1].first_line, message)
    if not text.endswith(("\n", '"')) and _ends_in_password(records):
        raise _refusal(records[-1].last_line, _CUT_OFF)
    return records


def _read_commas(text: str) -> tuple[list[Record], list[LineFault]]:
    """CSV, as phpMyAdmin exports it or as somebody wrote it, with a blank after each comma."""
    return read_csv(text, _MAX_RECORDS, skips_blanks=True)


def _read_tabs(text: str) -> tuple[list[Record], list[LineFault]]:
    """What `mysql --batch` prints: quotes mean nothing, nothing but its length is malformed."""
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
    """Whether the last row alone is without the line end that `echo` put after every password.

    That there is no line end below it is no sign by itself: editors leave it out. Nor is such a
    password where others are like it: somebody wrote them by hand, and they log in.
    """
    if _names(records[0])[-1] != "pwd" or len(records) < 3:
        return False
    *others, last = records[1:]
    return _is_handwritten(last) and not any(map(_is_handwritten, others))


def _is_handwritten(record: Record) -> bool:
    """Whether the row ends in a stored password that has no line end in it."""
    try:
        password = b64decode(_null_is_empty(record.values[-1]).strip(), validate=True)
    except ValueError:
        return False
    return bool(password) and not password.endswith(b"\n")


def _names(header: Record) -> list[str]:
    return [name.strip().lower() for name in header.values]


def _require_header(records: Sequence[Record], wanted: LegacyTableFilter) -> None:
    """ImportRefused: the columns are not those that are needed, each once."""
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
            continue  # that it is no text is said already
        if len(record.values) != len(names):
            message = f"{len(names)} fields are wanted, {len(record.values)} are there"
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
        message = _NONE_OF_IT if left_out else "there is no row below the first line"
        return LegacyTable((), (LineFault(1, "", message),), whole=False)
    faults += _find_repeated(lines_of_name)
    faulty = {each.line for each in faults}
    good = tuple(row for row in rows if row.line not in faulty)
    return LegacyTable(good, in_order(faults, COLUMNS), left_out)


def _null_is_empty(value: str) -> str:
    return "" if value in _NULLS else value


def _is_skipped(fields: dict[str, str], wanted: LegacyTableFilter) -> bool:
    return wanted.leaves_out_others and _is_of_another(fields["appid"], wanted)


def _is_of_another(sdk_app_id: str, wanted: LegacyTableFilter) -> bool:
    return bool(_SDK_APP_ID.fullmatch(sdk_app_id)) and int(sdk_app_id) != wanted.sdk_app_id


def _faults_of(line: int, fields: dict[str, str], wanted: LegacyTableFilter) -> list[LineFault]:
    faults = []
    try:
        require_identifier(fields["uid"])
    except InvalidIdentifier as error:
        message = f"{error.message}; write another one here, and tell it to its owner"
        faults.append(LineFault(line, "uid", message))
    if "appid" in fields and not _SDK_APP_ID.fullmatch(fields["appid"]):
        faults.append(LineFault(line, "appid", "the number of an application is wanted"))
    elif "appid" in fields and _is_of_another(fields["appid"], wanted):
        message = (
            f"another application's, not {wanted.sdk_app_id}'s (im.sdk_app_id); "
            "--sdk-app-id N takes the rows of application N and leaves out all others"
        )
        faults.append(LineFault(line, "appid", message))
    if fields["role"] not in _ROLES:
        faults.append(LineFault(line, "role", "0 (a student) or 1 (a teacher) is wanted"))
    try:
        read_stored_password(fields["pwd"])
    except InvalidRequest as error:
        faults += [LineFault(line, each.field, each.message) for each in error.fields]
    return faults


def _to_account(fields: dict[str, str]) -> NewAccount:
    password = read_stored_password(fields["pwd"])
    return NewAccount(fields["uid"], password, _ROLES[fields["role"]])


def _find_repeated(lines_of_name: dict[FoldedIdentifier, list[int]]) -> list[LineFault]:
    """Names that stand there twice, in any case; every line of them: whose it is, is not known."""
    faults = []
    for lines in lines_of_name.values():
        if len(lines) > 1:
            first, second, *_ = lines
            for line in lines:
                other = second if line == first else first
                message = f"as in line {other} (upper and lower case count as the same)"
                faults.append(LineFault(line, "uid", message))
    return faults
