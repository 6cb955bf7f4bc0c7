"""Every fault of a file is found at once, by line, and shows nothing of what stands there."""

import pytest

from classgate.accounts.imports.csv_file import (
    MAX_BYTES,
    MAX_ROWS,
    ImportFile,
    read_import,
)
from classgate.accounts.models import AccountRole, NewAccount

HEADER = "identifier,password,role,display_name\n"
GOOD = "a sentence that is long"


def read(*lines: str, header: str = HEADER) -> ImportFile:
    return read_import((header + "\n".join(lines)).encode())


def faults(file: ImportFile) -> list[tuple[int, str]]:
    return [(each.line, each.field) for each in file.faults]


def test_accounts_are_read_as_they_stand() -> None:
    file = read(
        f"tom,{GOOD},teacher,王老师",
        'amy,"with, comma and ""quotes""",student,"Amy, A."',
        f"root,{GOOD},admin,",
        "",
    )
    assert file.faults == ()
    assert [(row.line, row.new) for row in file.rows] == [
        (2, NewAccount("tom", GOOD, AccountRole.TEACHER, "王老师")),
        (3, NewAccount("amy", 'with, comma and "quotes"', AccountRole.STUDENT, "Amy, A.")),
        (4, NewAccount("root", GOOD, AccountRole.ADMIN, "")),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_of_any_editor_are_taken(end: str, mark: bytes) -> None:
    text = f"identifier,password,role,display_name{end}tom,{GOOD},teacher,王{end}"
    file = read_import(mark + text.encode())
    assert file.faults == ()
    assert [row.new.display_name for row in file.rows] == ["王"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "\n",
        "identifier,password,display_name\n",
        "identifier,password,role,display_name,more\n",
        "identifier,password,role,role\n",
        "identifier|password|role|display_name\n",
        f"tom,{GOOD},teacher,Tom\n",
    ],
)
def test_wrong_header_is_the_only_fault(header: str) -> None:
    file = read(f"tom,{GOOD},teacher,Tom", "bad", header=header)
    assert faults(file) == [(1, "")]
    assert file.rows == ()


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("identifier,password,role", f"tom,{GOOD},teacher"),
        ("identifier,password,role,display_name", f"tom,{GOOD},teacher"),
        ("identifier,password,role,display_name,", f"tom,{GOOD},teacher,,"),
        ("identifier,password,role,display_name,,,", f"tom,{GOOD},teacher,,,,"),
        ("Identifier, Password ,ROLE,Display_Name", f"tom,{GOOD},Teacher,"),
        ("identifier;password;role;display_name", f"tom;{GOOD};teacher;"),
        ("identifier\tpassword\trole\tdisplay_name", f"tom\t{GOOD}\tteacher\t"),
        ("sep=;\nidentifier;password;role;display_name", f"tom;{GOOD};teacher;"),
        ("sep=,\r\nidentifier,password,role,display_name", f"tom,{GOOD},teacher,"),
        ("role,display_name,identifier,password", f"teacher,,tom,{GOOD}"),
        ("identifier,password,role,display_name", f" tom ,{GOOD}, teacher , "),
        ("identifier,password,role,display_name", f",,,\ntom,{GOOD},teacher,\n,,,\n , ,,\n"),
        ("\ufeffidentifier;password;role;display_name", f"tom;{GOOD};teacher;"),
        ("\nidentifier;password;role;display_name", f"tom;{GOOD};teacher;"),
        (";;;\r\nidentifier;password;role;display_name", f"tom;{GOOD};teacher;"),
        ('"sep=;"\nidentifier;password;role;display_name', f"tom;{GOOD};teacher;"),
        ("identifier,password,role", f"tom,{GOOD},teacher" + "\n,," * 100_000),
    ],
)
def test_file_is_read_as_excel_writes_it(header: str, row: str) -> None:
    file = read_import(f"{header}\n{row}\n".encode())
    assert file.faults == ()
    assert [each.new for each in file.rows] == [NewAccount("tom", GOOD, AccountRole.TEACHER, "")]


def test_lines_are_counted_with_the_rows_that_excel_left_empty() -> None:
    file = read_import(b"sep=;\nidentifier;password;role\n;;\ntom;short;teacher\n")
    assert faults(file) == [(4, "password")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unicode_text_of_excel_is_read(encoding: str) -> None:
    text = f"\ufeffidentifier\tpassword\trole\tdisplay_name\r\ntom\t{GOOD}\tteacher\t王\r\n"
    file = read_import(text.encode(encoding))
    assert file.faults == ()
    assert [row.new for row in file.rows] == [NewAccount("tom", GOOD, AccountRole.TEACHER, "王")]


@pytest.mark.parametrize("start", [b"PK\x03\x04\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_workbook_is_named(start: bytes) -> None:
    [fault] = read_import(start + b"\0" * 100).faults
    assert (fault.line, fault.message) == (
        1,
        "is a workbook, not CSV; in Excel, save it as «CSV UTF-8»",
    )


def test_quotation_mark_after_a_blank_never_becomes_a_part_of_a_password() -> None:
    file = read(f'tom, "{GOOD}",teacher, "Tom"', f'amy,"""{GOOD}""",student,')
    assert faults(file) == [(2, "password"), (2, "display_name")]


def test_blanks_belong_to_a_password() -> None:
    file = read(f"tom, {GOOD} ,teacher,")
    assert [each.new.password for each in file.rows] == [f" {GOOD} "]


def test_password_may_be_left_out_for_accounts_that_exist() -> None:
    content = f"{HEADER}tom,,teacher,Tom\n".encode()
    assert faults(read_import(content)) == [(2, "password")]
    file = read_import(content, password_optional=True)
    assert [each.new.password for each in file.rows] == [""]


def test_all_faults_are_reported_and_in_the_order_of_lines() -> None:
    file = read(
        f"tom,{GOOD},teacher,Tom",
        f"a b,short,host,{'x' * 101}",
        f"amy,{GOOD}",
        f"amy,{GOOD},student,Amy,5",
        f"TOM,{GOOD},student,",
        "ann,password123,student,",
        "",
        f",{GOOD},pupil,two\x07",
    )
    assert faults(file) == [
        (3, "identifier"),
        (3, "password"),
        (3, "role"),
        (3, "display_name"),
        (4, ""),
        (5, ""),
        (5, "identifier"),
        (6, "identifier"),
        (7, "password"),
        (9, "identifier"),
        (9, "role"),
        (9, "display_name"),
    ]


def test_line_is_where_a_record_begins_also_below_one_of_several_lines() -> None:
    file = read(f'tom,{GOOD},teacher,"two\nlines"', "amy,short,student,Amy")
    assert faults(file) == [(2, "display_name"), (4, "password")]


def test_name_that_only_folds_to_another_is_no_identifier_and_not_that_one_again() -> None:
    file = read(*(f"{name},{GOOD},student," for name in ("stu", "ſtu", "STU", "\u212aim", "kim")))
    assert faults(file) == [(3, "identifier"), (4, "identifier"), (5, "identifier")]
    assert [each.message.startswith("as in line 2") for each in file.faults] == [False, True, False]


def test_lines_that_are_no_utf_8_are_named_each() -> None:
    lines = [
        HEADER.encode(),
        f"tom,{GOOD},teacher,王\n".encode("gbk"),
        f"amy,{GOOD},student,Amy\n".encode(),
        f"bob,{GOOD},student,李\n".encode("gbk"),
        b"ann,short,student,Ann\n",
        f"nul,{GOOD},student,a\0b\n".encode(),
    ]
    file = read_import(b"".join(lines))
    assert faults(file) == [(2, ""), (4, ""), (5, "password"), (6, "")]
    assert "UTF-8" in file.faults[0].message


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_refused(encoding: str) -> None:
    file = read_import(f"{HEADER}tom,{GOOD},teacher,Tom\n".encode(encoding))
    assert faults(file) == [(1, "")]


def test_truncated_utf_16_is_refused() -> None:
    file = read_import(f"{HEADER}tom,{GOOD},teacher,Tom\n".encode("utf-16")[:-1])
    assert faults(file) == [(1, "")]


def test_quote_that_is_not_closed_is_reported_where_it_opens() -> None:
    file = read("amy,short,student,Amy", f'tom,"{GOOD},teacher,Tom', f"bob,{GOOD},student,Bob")
    assert faults(file) == [(2, "password"), (3, "")]


def test_file_without_an_account_is_refused() -> None:
    assert faults(read()) == [(1, "")]
    assert faults(read("", "")) == [(1, "")]


def test_too_long_a_file_is_refused_whole() -> None:
    rows = [f"student{number},{GOOD},student," for number in range(MAX_ROWS)]
    assert read(*rows).faults == ()
    file = read(*rows, f"one-more,{GOOD},student,")
    assert faults(file) == [(MAX_ROWS + 2, "")]
    assert file.rows == ()
    assert faults(read_import(b"x" * (MAX_BYTES + 1))) == [(1, "")]


def test_record_has_at_most_1000_commas() -> None:
    most = read(",".join(["x"] * 1001))
    assert [each.message for each in most.faults] == ["4 fields expected, 1001 found"]
    for record in (",".join(["x"] * 1002), '"' + "a,b\n" * 1001 + '"'):
        refused = read(record).faults
        assert (refused[0].line, refused[0].message) == (
            2,
            "has more than 1000 commas or other separators",
        )


def test_commas_of_two_records_are_counted_apart() -> None:
    name = '"' + "," * 40 + '"'
    assert read(*(f"n{number},{GOOD},student,{name}" for number in range(30))).faults == ()


def test_file_has_at_most_20000_lines() -> None:
    amy, tom = f"amy,{GOOD},student,Amy", f"tom,{GOOD},teacher,Tom"
    assert faults(read(tom, *[""] * 19_997, amy)) == []
    refused = read(tom, *[""] * 20_000, amy)
    assert [(each.line, each.message) for each in refused.faults] == [
        (20_001, "at most 20000 lines at once; split the file")
    ]


def test_nothing_that_stands_in_the_file_is_repeated() -> None:
    marked = "zqmark"
    file = read(
        f"{marked} {marked},{marked},{marked},{marked}\x07",
        marked,
        f'x,"{marked}',
    )
    assert len(file.faults) >= 5
    assert marked not in repr(file.faults)
