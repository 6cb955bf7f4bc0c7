"""The old backend's table is read as mysql and phpMyAdmin export it, and hostile files are refused.

Stored passwords here were made by `printf '%s\\n' … | base64 -w0`.
"""

import pytest

from classgate.accounts.models import AccountRole, NewAccount
from classgate.errors import InvalidRequest
from classgate.legacy.account_import.table import (
    MAX_BYTES,
    MAX_LINES,
    MAX_ROWS,
    LegacyTable,
    LegacyTableFilter,
    read_legacy_table,
    read_stored_password,
)

OURS = 1400000001
HERE = LegacyTableFilter(OURS)
ALONE = LegacyTableFilter(OURS, leaves_out_others=True)
SECRET = "c2VjcmV0Cg=="  # secret
CUT = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Cg"  # 36 bytes, as far as 50 characters go
STUDENT, TEACHER = AccountRole.STUDENT, AccountRole.TEACHER


def read(*lines: str, wanted: LegacyTableFilter = HERE) -> LegacyTable:
    return read_legacy_table("\n".join([*lines, ""]).encode(), wanted)


def faults(table: LegacyTable) -> list[tuple[int, str]]:
    return [(each.line, each.field) for each in table.faults]


def accounts(table: LegacyTable) -> list[tuple[int, NewAccount]]:
    return [(row.line, row.new) for row in table.rows]


# ── what is taken ───────────────────────────────────────────────────────────────────────────────


def test_whole_table_as_mysql_batch_prints_it_is_taken() -> None:
    table = read(
        "uin\tuid\tappid\trole\tpwd\ttoken\tuser_sig\tregister_time",
        f"10001\ttom\t{OURS}\t1\t{SECRET}\tNULL\tNULL\t1502331660",
        f"10002\tamy\t{OURS}\t0\t5a+G56CB5YWr5L2NCg==\tYW15MA==\teJx\\nx\\t\\\\x\t0",
        "",
    )
    assert table.faults == ()
    assert accounts(table) == [
        (2, NewAccount("tom", "secret", TEACHER)),
        (3, NewAccount("amy", "密码八位", STUDENT)),
    ]


def test_table_as_phpmyadmin_exports_it_is_taken() -> None:
    table = read(
        '"pwd","note","role","uid"',
        f'"{SECRET}","a ""quoted"", note\nof two lines","1","tom"',
        '"YQo=",NULL,"0","amy"',
        "YmFyZQ==,,0,bob",
    )
    assert table.faults == ()
    assert accounts(table) == [
        (2, NewAccount("tom", "secret", TEACHER)),
        (4, NewAccount("amy", "a", STUDENT)),
        (5, NewAccount("bob", "bare", STUDENT)),
    ]


@pytest.mark.parametrize("between", [",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_are_taken(between: str, end: str, mark: bytes) -> None:
    lines = [["UID", "role", "pwd"], ["tom", "1", SECRET]]
    text = "".join(between.join(line) + end for line in lines)
    table = read_legacy_table(mark + text.encode(), HERE)
    assert accounts(table) == [(2, NewAccount("tom", "secret", TEACHER))]
    assert table.faults == ()


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        (SECRET, "secret"),
        (SECRET + "\n", "secret"),
        ("YQo=", "a"),
        ("YmFyZQ==", "bare"),
        ("5a+G56CB5YWr5L2NCg==", "密码八位"),
        ("ICB0d28gd29yZHMK", "  two words"),
        ("Zmlyc3QgCQ0Kc2Vjb25kCg==", "first"),
        (
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQK",
            "01234567890123456789012345678901234",
        ),
    ],
)
def test_password_is_what_log_in_compared_with(stored: str, password: str) -> None:
    assert read_stored_password(stored) == password


@pytest.mark.parametrize("row", [f"1, tom,  {SECRET}", f'"1", "tom", "{SECRET}"'])
@pytest.mark.parametrize("header", ["role, uid, pwd", '"role", "uid", "pwd"', "role,uid,pwd"])
def test_blanks_after_commas_are_skipped(header: str, row: str) -> None:
    table = read(header, row)
    assert table.faults == ()
    assert accounts(table) == [(2, NewAccount("tom", "secret", TEACHER))]


def test_escapes_are_undone_between_tabs_only() -> None:
    tabs = read("uid\tpwd\trole", f"tom\t{SECRET}\\n\t1")
    assert tabs.faults == ()
    commas = read("uid,pwd,role", f"tom,{SECRET}\\n,1")
    assert faults(commas) == [(2, "pwd")]


def test_sixty_thousand_rows_are_read() -> None:
    table = read("uid,pwd,role", *(f"student{number},{SECRET},0" for number in range(60_000)))
    assert table.faults == ()
    assert len(table.rows) == 60_000
    assert table.rows[-1].line == 60_001


# ── faults of rows ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("", "no password"),
        ("Cg==", "no password"),
        ("ICAK", "no password"),
        (CUT, "truncated by the old table"),
        ("c2VjcmV0Cg=", "no base64"),
        ("c2Vj*cmV0Cg==", "no base64"),
        ("c2Vj cmV0Cg==", "no base64"),
        ("c2VjcmV0Cg==c2VjcmV0Cg==", "no base64"),
        ("c2VjcmV0Cg-_", "no base64"),
        ("秘密", "no base64"),
        ("w9zC6wo=", "no text in UTF-8"),
    ],
)
def test_password_that_nobody_can_log_in_with_is_refused(stored: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as raised:
        read_stored_password(stored)
    assert raised.value.__cause__ is None  # the decoder's errors hold what they could not decode


@pytest.mark.parametrize("null", ["NULL", r"\N", ""])
@pytest.mark.parametrize("between", [",", "\t"])
def test_null_is_neither_a_name_nor_a_password(between: str, null: str) -> None:
    table = read(*map(between.join, [["role", "uid", "pwd"], ["1", null, null]]))
    assert faults(table) == [(2, "uid"), (2, "pwd")]
    assert "no password" in table.faults[1].message


@pytest.mark.parametrize("between", [",", "\t"])
def test_all_faults_are_reported_in_the_order_of_lines(between: str) -> None:
    lines = [
        ["pwd", "role", "appid", "uid"],
        [SECRET, "1", "1400000001", "tom"],
        [CUT, "2", "1400000002", "a.b@c"],
        [SECRET, "1", "1400000001"],
        [SECRET, "", "x", ""],
        ["NULL", "0", "NULL", r"\N"],
        [SECRET, "00", "0", "x" * 33],
        [SECRET, "0", "1400000001", "ann"],
    ]
    table = read(*map(between.join, lines))
    assert table.whole
    assert [row.line for row in table.rows] == [2, 8]
    assert faults(table) == [
        (3, "uid"),
        (3, "appid"),
        (3, "role"),
        (3, "pwd"),
        (4, ""),
        (5, "uid"),
        (5, "appid"),
        (5, "role"),
        (6, "uid"),
        (6, "appid"),
        (6, "pwd"),
        (7, "uid"),
        (7, "appid"),
        (7, "role"),
    ]


def test_of_names_that_differ_only_in_case_none_is_taken() -> None:
    table = read(
        "uid,pwd,role",
        f"Tom,{SECRET},1",
        f"amy,{SECRET},0",
        f"tom,{SECRET},0",
        f"TOM,{CUT},0",
        f",{SECRET},0",
        f",{SECRET},0",
    )
    assert [row.line for row in table.rows] == [3]
    assert faults(table) == [
        (2, "uid"), (4, "uid"), (5, "uid"), (5, "pwd"), (6, "uid"), (7, "uid"),
    ]  # fmt: skip
    assert [each.message.partition(" (")[0] for each in table.faults[:3]] == [
        "as in line 4",
        "as in line 2",
        "as in line 2",
    ]


def test_lines_that_are_no_text_are_named_each_and_the_others_read() -> None:
    lines = [
        b"uid,pwd,role,note",
        f"tom,{SECRET},1,王".encode("gbk"),
        f"amy,{SECRET},0,Amy".encode(),
        f"nul,{SECRET},0,a\0b".encode(),
        f"bob,{SECRET},3,李".encode("gbk"),
    ]
    table = read_legacy_table(b"\n".join(lines), HERE)
    assert table.whole
    assert faults(table) == [(2, ""), (4, ""), (5, "")]
    assert [row.line for row in table.rows] == [3]


# ── several applications in one table ───────────────────────────────────────────────────────────

SHARED = (
    "uid\tpwd\trole\tappid",
    f"tom\t{SECRET}\t1\t1400000001",
    f"zoe\t{CUT}\t9\t1400000002",
    f"amy\t{SECRET}\t0\t1400000002",
    f"old\t{SECRET}\t0\t0",
)


def test_rows_of_other_applications_are_faults_until_one_is_named() -> None:
    table = read(*SHARED)
    assert faults(table) == [(3, "appid"), (3, "role"), (3, "pwd"), (4, "appid"), (5, "appid")]
    assert table.left_out == 0
    assert all("--sdk-app-id" in each.message for each in table.faults if each.field == "appid")


def test_rows_of_one_application_are_taken_and_the_others_not_looked_at() -> None:
    table = read(*SHARED, wanted=ALONE)
    assert table.faults == ()
    assert accounts(table) == [(2, NewAccount("tom", "secret", TEACHER))]
    assert table.left_out == 3


def test_row_without_an_application_is_a_fault_also_when_one_is_named() -> None:
    table = read(*SHARED, f"ann\t{SECRET}\t0\tNULL", wanted=ALONE)
    assert faults(table) == [(6, "appid")]


def test_application_that_cannot_be_told_or_has_no_row_is_refused() -> None:
    without = read("uid,pwd,role", f"tom,{SECRET},1", wanted=ALONE)
    assert faults(without) == [(1, "")]
    assert not without.whole
    nobody = read(*SHARED, wanted=LegacyTableFilter(1400000009, leaves_out_others=True))
    assert faults(nobody) == [(1, "")]
    assert "--sdk-app-id" in nobody.faults[0].message


# ── files that are cut off ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mark", [",", "\t"])
@pytest.mark.parametrize("cut", ["c2Vj", "c2VjcmV0"])  # of c2VjcmV0Cg==
def test_table_that_ends_within_a_password_is_refused_whole(mark: str, cut: str) -> None:
    text = f"uid,role,pwd\ntom,1,{SECRET}\namy,0,{cut}".replace(",", mark)
    table = read_legacy_table(text.encode(), HERE)
    assert faults(table) == [(3, "")]
    assert "the export is truncated" in table.faults[0].message
    assert not table.whole


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("uid,role,pwd", f"tom,1,{SECRET}\namy,0,{SECRET}"),
        ("uid,role,pwd", f"tom,1,{SECRET}\namy,0,YmFyZQ==\n"),
        ("uid,role,pwd", f'tom,1,{SECRET}\namy,0,"YmFyZQ=="'),
        ("uid,pwd,role", f"tom,{SECRET},1\namy,YmFyZQ==,0"),
        ("uid,role,pwd", "tom,1,YmFyZQ==\namy,0,YmFyZQ=="),
        ("uid\trole\tpwd", f"tom\t1\t{SECRET}\namy\t0\t{SECRET}"),
        ("uid\trole\tpwd", "tom\t1\tYmFyZQ==\namy\t0\tYmFyZQ=="),
        ("uid,role,pwd", "amy,0,YmFyZQ=="),
    ],
)
def test_table_that_is_whole_is_taken_without_a_line_end_at_the_end(header: str, rows: str) -> None:
    table = read_legacy_table(f"{header}\n{rows}".encode(), HERE)
    assert table.faults == ()
    assert [row.new.identifier for row in table.rows][-1:] == ["amy"]


# ── files that are refused whole ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "header",
    [
        "",
        "uid,pwd",
        "uid;pwd;role",
        '"uid";"pwd";"role"',
        "uid,pwd,role,uid",
        "uid\tpwd\trole\tPWD",
        "uid pwd role",
        '"uid"\t"pwd"\t"role"',
        f"tom,{SECRET},1",
    ],
)
def test_wrong_header_is_the_only_fault(header: str) -> None:
    table = read(header, f"tom,{SECRET},1", "bad")
    assert faults(table) == [(1, "")]
    assert (table.rows, table.whole) == ((), False)


@pytest.mark.parametrize(
    ("header", "row"),
    [("uid;pwd;role", f'"tom";"{SECRET}";"1"'), ('"uid";"pwd";"role"', f"tom;{SECRET};1")],
)
def test_semicolons_are_named_and_no_quote(header: str, row: str) -> None:
    (reported,) = read(header, row).faults
    assert reported.line == 1
    assert reported.message == "';' separates the columns; expected commas or tabs"


def test_header_is_judged_before_the_quotes_below_it() -> None:
    (reported,) = read("uid,password,role", f'"tom"x,{SECRET},1').faults
    assert (reported.line, "pwd is not there" in reported.message) == (1, True)


@pytest.mark.parametrize("header", ["uid,pwd,role", "uid,pwd,role\n", "uid\tpwd\trole\r\n\r\n"])
def test_header_alone_is_refused(header: str) -> None:
    table = read(header)
    assert faults(table) == [(1, "")]
    assert not table.whole


def test_empty_file_is_refused() -> None:
    assert faults(read_legacy_table(b"", HERE)) == [(1, "")]


@pytest.mark.parametrize(
    "line",
    [
        f'"tom,{SECRET},1',
        f'"tom"x,{SECRET},1',
        f'tom,{SECRET},1,"a \\"backslash\\""',
        f"tom\r,{SECRET},1",
        f"tom,{'x' * 200_000},1",
    ],
)
def test_commas_whose_rows_cannot_be_told_apart_are_refused_whole(line: str) -> None:
    table = read("uid,pwd,role", f"amy,{SECRET},0", line, f"bob,{SECRET},0")
    assert faults(table)[0] == (3, "")
    assert (table.rows, table.whole) == ((), False)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(encoding: str) -> None:
    table = read_legacy_table(f"uid,pwd,role\ntom,{SECRET},1\n".encode(encoding), HERE)
    assert faults(table) == [(1, "")]
    assert not table.whole


def test_too_long_a_file_is_refused_whole() -> None:
    lines = ["uid,pwd,role", *["x"] * (MAX_ROWS + 1)]
    table = read(*lines)
    assert faults(table) == [(MAX_ROWS + 2, "")]
    assert not table.whole
    assert len(read(*lines[:-1]).faults) == MAX_ROWS
    assert faults(read_legacy_table(b"x" * (MAX_BYTES + 1), HERE)) == [(1, "")]


def test_nothing_is_read_after_one_row_too_many() -> None:
    table = read("uid,pwd,role", *["x"] * (MAX_ROWS + 1), '"tom"x')
    assert faults(table) == [(MAX_ROWS + 2, "")]
    assert "rows at once" in table.faults[0].message


def test_too_many_lines_are_refused_before_any_is_read() -> None:
    content = b"uid\tpwd\trole\n" + b"\xff\n" * MAX_LINES
    table = read_legacy_table(content, HERE)
    assert faults(table) == [(MAX_LINES + 1, "")]
    assert "lines at once" in table.faults[0].message
    assert not table.whole


@pytest.mark.parametrize("between", ["\t", ","])
def test_row_has_at_most_1000_separators(between: str) -> None:
    header = between.join(["uid", "appid", "role", "pwd"])
    most = read(header, between.join(["x"] * 1001))
    assert [each.message for each in most.faults] == ["4 fields expected, 1001 found"]
    refused = read(header, between.join(["x"] * 1002))
    assert [(each.line, each.message) for each in refused.faults] == [
        (2, "has more than 1000 commas or other separators")
    ]
    assert not refused.whole


def test_nothing_that_stands_in_the_file_is_repeated() -> None:
    marked = "enFtYXJrIHpxbWFyawo="  # zqmark zqmark
    tables = [
        read(f"{marked},zqmark"),
        read("uid,pwd,role", f"zqmark zqmark,{marked}*,zqmark", "zqmark", f"{marked},zqmark,0"),
        read("uid\tpwd\trole\tappid", f"{marked}\tzqmark\t{marked}\tzqmark"),
        read("uid,pwd,role", f'tom,"{marked}" zqmark,0'),
    ]
    reported = repr([table.faults for table in tables])
    assert sum(len(table.faults) for table in tables) >= 10
    assert "zqmark" not in reported
    assert marked not in reported
