"""The check of a CSV file by the API: everything that is wrong with it, and nothing made."""

import re
from typing import Any

import httpx
import pytest
from tests.support.harness import World, problem
from tests.support.school import PASSWORD, School, delete

CHECK = "/v1/admin/account-files/check"
HEADER = "identifier,password,role,display_name\r\n"
QUOTED = f'"{PASSWORD}"'


async def check(
    world: World, school: School, csv: str, language: str = "en"
) -> tuple[list[dict[str, Any]], list[tuple[int, str, str]]]:
    """The accounts, and the faults as line, column and message."""
    answer = await post(world, school, {"csv": csv}, language)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    faults = [(each["line"], each["column"], each["message"]) for each in body["faults"]]
    return body["accounts"], faults


async def post(world: World, school: School, body: object, language: str = "en") -> httpx.Response:
    headers = {"accept-language": language}
    return await world.call("POST", CHECK, school.tokens["root"], body, headers=headers)


async def test_accounts_of_the_file_are_answered_by_line(world: World, school: School) -> None:
    csv = f"{HEADER}li_lei,{QUOTED},teacher,李雷\r\n\r\nhan,{QUOTED},student\r\n"
    accounts, faults = await check(world, school, csv)
    assert faults == []
    same = {"password": PASSWORD, "generated": False, "exists": False}
    assert accounts == [
        {"line": 2, "identifier": "li_lei", "role": "teacher", "display_name": "李雷", **same},
        {"line": 4, "identifier": "han", "role": "student", "display_name": "", **same},
    ]


async def test_missing_passwords_are_generated_and_kept_nowhere(
    world: World, school: School
) -> None:
    accounts, faults = await check(world, school, f"{HEADER}li_lei,,student,\r\nhan,,student,\r\n")
    assert faults == []
    first, second = accounts
    assert first["generated"]
    assert first["password"] != second["password"]
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", first["password"])
    assert first["password"].encode() not in world.raw_database.stored_bytes()
    body = {
        "accounts": [{"identifier": "li_lei", "password": first["password"], "role": "student"}]
    }
    made = await world.call("POST", "/v1/admin/accounts", school.tokens["root"], body)
    assert made.json() == {"results": [{"identifier": "li_lei", "status": "created"}]}
    assert await world.log_in("li_lei", first["password"])


async def test_accounts_that_exist_are_named_and_get_no_password(
    world: World, school: School
) -> None:
    accounts, faults = await check(world, school, f"{HEADER}AMY,,student,\r\nnew,,student,\r\n")
    assert faults == []
    assert [(each["identifier"], each["exists"]) for each in accounts] == [
        ("AMY", True),
        ("new", False),
    ]
    assert accounts[0]["password"] is None
    assert not accounts[0]["generated"]


FAULTY = (
    f"{HEADER}amy boo,{QUOTED},student,\r\n"
    "li,short,pupil,\r\n"
    f"han,{QUOTED},student,a\u202eb\r\n"
    f"HAN,{QUOTED},student,\r\n"
    "sam,,student\r\n"
    "a,b\r\n"
    "new,,student,\r\n"
)


async def test_every_fault_is_reported_by_line(world: World, school: School) -> None:
    assert (await delete(world, school, "sam")).status_code == 204
    accounts, faults = await check(world, school, FAULTY)
    assert [each["identifier"] for each in accounts] == ["HAN", "sam", "new"]
    assert [(line, column) for line, column, _ in faults] == [
        (2, "identifier"),
        (3, "password"),
        (3, "role"),
        (4, "display_name"),
        (5, "identifier"),
        (6, "identifier"),
        (7, ""),
    ]
    assert faults[4][2] == "as in line 4"
    assert "identifier" in faults[5][2]  # of a deleted account


async def test_faults_are_in_chinese_where_it_is_preferred(world: World, school: School) -> None:
    _, faults = await check(world, school, FAULTY, "zh-CN")
    assert [message for _, _, message in faults] == [
        "用户 ID 为 1 到 32 个字符，只能用 A-Z、a-z、0-9、_ 和 -",
        "密码为 10 到 128 个字符，用一句话作密码最好",
        "应为 admin, teacher, student 之一",
        "不能有控制字符或改变文字方向的字符",
        "与第 4 行重复",
        "应有 4 列，实有 2 列",
    ]


@pytest.mark.parametrize(
    ("csv", "line"),
    [
        ("", 1),
        ("\x00", 1),
        ("PK\x03\x04", 1),
        ("name;password\n", 1),
        (HEADER, 1),
        (f'{HEADER}a,"', 2),
        (HEADER + "," * 1001 + "a", 2),
        (HEADER + "a,,student,\n" * 2001, 2002),
        (HEADER + "\n" * 20_001 + "a", 20_001),
        ("=HYPERLINK(1)", 1),
        ("<img src=x onerror=alert(1)>", 1),
    ],
)
async def test_hostile_file_is_a_fault_and_nothing_else(
    world: World, school: School, csv: str, line: int
) -> None:
    accounts, faults = await check(world, school, csv)
    assert (accounts, [each[0] for each in faults]) == ([], [line])
    assert world.raw_database.query("SELECT COUNT(*) FROM accounts WHERE identifier = 'a'") == [
        (0,)
    ]


@pytest.mark.parametrize("body", [{}, {"csv": 1}, {"csv": None}, {"csv": "a", "more": 1}, []])
async def test_body_of_another_shape_is_refused(world: World, school: School, body: object) -> None:
    problem(await post(world, school, body), 400, "invalid_request")


async def test_body_over_a_mebibyte_is_refused(world: World, school: School) -> None:
    problem(await post(world, school, {"csv": "a" * 1024 * 1024}), 413, "too_large")


async def test_two_thousand_rows_are_checked_at_once(world: World, school: School) -> None:
    rows = "".join(f"pupil-{number},,student,学生 {number}\r\n" for number in range(2000))
    accounts, faults = await check(world, school, HEADER + rows)
    assert faults == []
    assert len({each["password"] for each in accounts}) == 2000


async def test_escaped_names_of_a_downloaded_list_are_read(world: World, school: School) -> None:
    csv = f"{HEADER}'-li,,student,'=1+1\r\n'-li,,student,\r\no'neil,,student,\r\n"
    accounts, faults = await check(world, school, csv)
    assert (accounts[0]["identifier"], accounts[0]["display_name"]) == ("-li", "=1+1")
    assert [each[:2] for each in faults] == [(3, "identifier"), (4, "identifier")]


async def test_failures_of_a_list_are_in_chinese_where_it_is_preferred(
    world: World, school: School
) -> None:
    accounts = [
        {"identifier": "AMY", "role": "student"},
        {"identifier": "new", "role": "student", "password": "short"},
        {"identifier": "other", "role": "student", "display_name": "a\nb"},
    ]
    answer = await world.call(
        "POST",
        "/v1/admin/accounts",
        school.tokens["root"],
        {"accounts": accounts},
        headers={"accept-language": "zh"},
    )
    assert [each["message"] for each in answer.json()["results"]] == [
        "这个用户 ID 已被占用（不区分大小写）",
        "密码为 10 到 128 个字符，用一句话作密码最好",
        "不能有控制字符或改变文字方向的字符",
    ]
