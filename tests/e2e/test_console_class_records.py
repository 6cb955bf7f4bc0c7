"""A class's records in Chromium: why somebody cannot get in, attendance, and refusals."""

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.console import (
    ApiClient,
    Demo,
    open_console,
    running_demo,
    serious_findings,
    sign_in,
)

FORMULA = '=HYPERLINK("http://x","y")'
PASSWORD = "水母在月光下 swim slowly"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("console")) as demo:
        pupils = [
            {"identifier": "-ann", "display_name": FORMULA},
            {"identifier": "kim", "display_name": 'Kim "K", 金'},
            {"identifier": "lee", "display_name": "Lee"},
        ]
        body = {"accounts": [{**each, "role": "student", "password": PASSWORD} for each in pupils]}
        made = ApiClient(demo, "admin").call("POST", "/v1/admin/accounts", body)
        assert [each["status"] for each in made["results"]] == ["created"] * 3
        yield demo


@pytest.fixture(scope="module")
def tom(demo: Demo) -> ApiClient:
    return ApiClient(demo, "tom")


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "tom")
        yield page


def make_class(tom: ApiClient, *members: str, **more: object) -> int:
    """Make a class of the teacher's. Its number."""
    roster = [{"identifier": each, "role": "student"} for each in members]
    made = tom.call("POST", "/v1/classrooms", {"title": "Class", "members": roster, **more})
    return int(made["classroom_id"])


def ask(page: Page, demo: Demo, number: int, identifier: str, action: str = "Enter") -> None:
    """Ask why on the page of the class."""
    page.goto(f"{demo.api}/#/classes/{number}/why")
    page.get_by_label("User name").fill(identifier)
    page.get_by_label("What they want").select_option(label=f"{action} the class")
    page.get_by_role("button", name="Find out").click()


def press(page: Page, name: str) -> None:
    """Press the button that helps, and see that it did."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text("Done. This is the outcome now:")).to_be_visible()


def is_in(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=f"{name} can enter the class now.")).to_be_visible()


def is_refused(page: Page, check: str, text: str) -> None:
    """Whether the check is marked as failed, and the sentence is there."""
    failed = page.get_by_role("listitem").filter(has_text="failed").first
    expect(failed).to_contain_text(check)
    expect(page.get_by_text(text)).to_be_visible()


def test_class_that_was_not_started_is_started(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom, "amy")
    ask(page, demo, number, "amy")
    is_refused(page, "The class is open", "The host has not started the class yet.")
    page.locator("cg-why").get_by_role("button", name="Start the class").click()
    is_in(page, "amy")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Live")


def test_kicked_assistant_is_let_in_as_an_assistant(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom, "amy")
    tom.call("POST", f"/v1/classrooms/{number}/start")
    path = f"/v1/classrooms/{number}/members/amy"
    tom.call("PUT", path, {"role": "assistant"})
    tom.call("POST", f"{path}/kick", {"until": 2_000_000_000})
    ask(page, demo, number, "amy")
    is_refused(page, "Not kicked", "amy was kicked out of the class. This ends by itself at")
    press(page, "Let in")
    is_in(page, "amy")
    [amy, _] = tom.call("GET", f"/v1/classrooms/{number}/members")["items"]
    assert (amy["role"], amy["kicked"]) == ("assistant", False)


def test_who_was_refused_is_added_to_the_roster(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom)
    tom.call("POST", f"/v1/classrooms/{number}/start")
    lee = ApiClient(demo, "lee", PASSWORD)
    with pytest.raises(HTTPError, match="404"):
        lee.call("POST", f"/v1/classrooms/{number}/entry")
    page.goto(f"{demo.api}/#/classes/{number}/refusals")
    row = page.get_by_role("row").filter(has_text="lee")
    expect(row).to_contain_text("Not on the roster")
    expect(row).to_contain_text("enter the class")
    row.get_by_role("link", name="Why").click()
    is_refused(page, "On the roster", "lee is not on the roster.")
    expect(page.get_by_text("Not on the roster (enter the class)")).to_be_visible()
    press(page, "Add to the roster")
    is_in(page, "lee")


def test_start_that_is_too_late_is_moved(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom, "amy", starts_at=1_999_990_000, ends_at=2_000_000_000)
    ask(page, demo, number, "amy")
    is_refused(page, "The class is open", "The class is not open for amy before May 18, 2033")
    expect(page.locator("cg-why").get_by_role("button", name="Start the class")).to_have_count(0)
    press(page, "Move the start to now")
    is_in(page, "amy")


def test_planned_end_that_has_passed_is_moved(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom, "amy", ends_at=2_000_000_000)
    demo.change("UPDATE classrooms SET ends_at = 1000000 WHERE classroom_id = ?", number)
    ask(page, demo, number, "amy")
    is_refused(page, "The class is not over", "The planned end has passed. Move it.")
    press(page, "Let it end in an hour")
    is_refused(page, "The class is open", "The host has not started the class yet.")


def test_host_who_is_no_teacher_is_replaced(
    browser: Browser, demo: Demo, page: Page, tom: ApiClient
) -> None:
    admin = ApiClient(demo, "admin")
    for identifier in ("ms-li", "mr-wu"):
        account = {"identifier": identifier, "password": PASSWORD, "role": "teacher"}
        admin.call("POST", "/v1/admin/accounts", {"accounts": [account]})
    number = make_class(ApiClient(demo, "ms-li", PASSWORD), "amy")
    admin.call("PATCH", "/v1/admin/accounts/ms-li", {"role": "student"})
    with open_console(browser, demo) as office:
        sign_in(office, demo, "admin")
        office.goto(f"{demo.api}/#/classes/{number}/why/ms-li")
        is_refused(office, "Host is a teacher", "The office names another host.")
        office.locator("cg-why").get_by_role("button", name="Name another host").click()
        dialog = office.locator("wa-dialog[open]")
        dialog.get_by_role("textbox", name="User name").fill("mr-wu")
        dialog.get_by_role("button", name="Name another host").click()
        expect(office.get_by_text("mr-wu is the host now.")).to_be_visible()
        is_refused(office, "On the roster", "ms-li is not on the roster.")


def test_class_that_is_over_stays_so(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom, "amy")
    tom.call("POST", f"/v1/classrooms/{number}/start")
    tom.call("POST", f"/v1/classrooms/{number}/end")
    ask(page, demo, number, "amy")
    is_refused(page, "The class is not over", "cannot be started again")
    page.locator("cg-why").get_by_role("button", name="New class").or_(
        page.locator("cg-why").get_by_role("link", name="New class")
    ).click()
    expect(page.get_by_role("heading", name="New class")).to_be_visible()


def test_student_who_uploads_is_made_an_assistant(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom, "amy")
    page.goto(f"{demo.api}/#/classes/{number}/why")
    page.get_by_label("User name").fill("amy")
    page.get_by_label("What they want").select_option("Upload courseware")
    page.get_by_role("button", name="Find out").click()
    is_refused(page, "Allowed in this role", "amy may not do this as a student")
    press(page, "Make an assistant")
    expect(page.get_by_role("heading", name="amy can upload courseware now.")).to_be_visible()


def test_disabled_account_is_for_the_office(
    browser: Browser, page: Page, demo: Demo, tom: ApiClient
) -> None:
    number = make_class(tom, "kim")
    tom.call("POST", f"/v1/classrooms/{number}/start")
    ApiClient(demo, "admin").call("PATCH", "/v1/admin/accounts/kim", {"disabled": True})
    ask(page, demo, number, "kim")
    is_refused(page, "The account can be used", "The cause is in the account.")
    expect(page.get_by_text("Who can change that: the office.")).to_be_visible()
    with open_console(browser, demo) as office:
        sign_in(office, demo, "admin")
        office.goto(f"{demo.api}/#/classes/{number}/why/kim")
        is_refused(office, "The account is active", "The account is disabled.")
        press(office, "Enable the account")
        expect(office.get_by_role("heading", name="kim has to sign in first.")).to_be_visible()


def test_unknown_name_is_answered(browser: Browser, page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom)
    ask(page, demo, number, "nobody")
    expect(page.get_by_text("nobody is not on the roster. Check the spelling")).to_be_visible()
    page.get_by_role("button", name="Add to the roster").click()
    expect(page.get_by_role("status").filter(has_text="Request r")).to_be_visible()
    with open_console(browser, demo) as office:
        sign_in(office, demo, "admin")
        ask(office, demo, number, "nobody")
        is_refused(office, "There is an account", "There is no account “nobody”")
        expect(office.locator("wa-button", has_text="Open the office’s page")).to_be_visible()


def test_stranger_is_added_to_the_roster(page: Page, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom)
    tom.call("POST", f"/v1/classrooms/{number}/start")
    ApiClient(demo, "lee", PASSWORD)  # has a session, and was never refused at the class
    ask(page, demo, number, "lee")
    press(page, "Add to the roster")
    is_in(page, "lee")


def test_office_is_led_to_who_is_not_signed_in(
    browser: Browser, demo: Demo, tom: ApiClient
) -> None:
    account = {"identifier": "new-1", "password": PASSWORD, "role": "student"}
    ApiClient(demo, "admin").call("POST", "/v1/admin/accounts", {"accounts": [account]})
    number = make_class(tom, "new-1")
    tom.call("POST", f"/v1/classrooms/{number}/start")
    with open_console(browser, demo) as office:
        sign_in(office, demo, "admin")
        ask(office, demo, number, "new-1")
        expect(office.get_by_role("heading", name="new-1 has to sign in first.")).to_be_visible()
        office.locator("wa-button", has_text="Open the office’s page").click()
        people = office.locator("cg-people")
        expect(people.get_by_label("Search")).to_have_value("new-1")
        expect(people.locator("tbody tr")).to_have_count(1)
        expect(people.locator("tbody tr")).to_contain_text("new-1")


def test_attendance_is_saved_for_spreadsheets(
    page: Page, demo: Demo, tom: ApiClient, tmp_path: Path
) -> None:
    number = make_class(tom, "-ann", "kim", "amy")
    tom.call("POST", f"/v1/classrooms/{number}/start")
    for identifier in ("-ann", "kim"):
        pupil = ApiClient(demo, identifier, PASSWORD)
        pupil.call("POST", f"/v1/classrooms/{number}/entry")
        pupil.call("POST", f"/v1/classrooms/{number}/leave")
    page.goto(f"{demo.api}/#/classes/{number}/attendance")
    expect(page.get_by_role("row").filter(has_text="amy")).to_contain_text("Absent")
    expect(page.get_by_role("row").filter(has_text="tom")).to_contain_text("Still there")
    expect(page.get_by_role("img", name="Present over time")).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.get_by_role("columnheader", name="Time")).to_be_visible()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as CSV").click()
    file = tmp_path / "saved.csv"
    saving.value.save_as(file)
    assert saving.value.suggested_filename == f"attendance-{number}.csv"
    [head, *rows, end] = file.read_bytes().split(b"\r\n")
    assert head == b"\xef\xbb\xbfUser name,Name,Role,Minutes,First,Last"
    assert end == b""
    assert rows[0].startswith(b"""'-ann,"'=HYPERLINK(""http://x"",""y"")",Student,0,20""")
    assert rows[1] == b"amy,amy,Student,0,,"
    assert rows[2].startswith('kim,"Kim ""K"", 金",Student,0,20'.encode())
    assert rows[3].startswith(b"tom,tom,Host,0,20")
    assert len(rows) == 4


def test_all_of_it_in_chinese(browser: Browser, demo: Demo, tom: ApiClient) -> None:
    number = make_class(tom, "amy", title="数学")
    with open_console(browser, demo, language="zh-CN") as page:
        page.get_by_label("用户名").fill("tom")
        page.get_by_label("密码", exact=True).fill(demo.passwords["tom"])
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", name="课堂")).to_be_visible()
        page.goto(f"{demo.api}/#/classes/{number}")
        expect(page.get_by_role("row").filter(has_text="amy")).to_contain_text("不在场")
        page.get_by_role("link", name="为什么进不去？").click()
        page.get_by_label("用户名").fill("amy")
        page.get_by_role("button", name="查询原因").click()
        expect(page.get_by_text("课堂老师还没有开始上课。")).to_be_visible()
        expect(page.get_by_text("没有被踢出").first).to_be_visible()
        page.locator("cg-why").get_by_role("button", name="开始上课").click()
        expect(page.get_by_role("heading", name="amy 现在可以进入课堂。")).to_be_visible()
        page.get_by_role("link", name="考勤").click()
        expect(page.get_by_role("row").filter(has_text="amy")).to_contain_text("缺席")
        page.get_by_role("link", name="拒绝记录").click()
        expect(page.get_by_text("此课堂没有被拒绝的请求。")).to_be_visible()


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(
    browser: Browser, demo: Demo, tom: ApiClient, width: int, is_dark: bool
) -> None:
    number = make_class(tom, "-ann", "amy", title="<img src=x>" + "x" * 100)
    tom.call("POST", f"/v1/classrooms/{number}/start")
    with open_console(browser, demo, width=width) as page:
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        sign_in(page, demo, "tom")
        ask(page, demo, number, "amy")
        is_in(page, "amy")
        narrow_and_accessible(page, width)
        page.get_by_label("What they want").select_option("Upload courseware")
        page.get_by_role("button", name="Find out").click()
        is_refused(page, "Allowed in this role", "amy may not do this as a student")
        narrow_and_accessible(page, width)
        page.goto(f"{demo.api}/#/classes/{number}/attendance")
        page.get_by_role("img", name="Present over time").wait_for()
        page.get_by_text("As a table").click()
        narrow_and_accessible(page, width)
        page.goto(f"{demo.api}/#/classes/{number}/refusals")
        expect(page.get_by_text("Nobody was refused")).to_be_visible()
        narrow_and_accessible(page, width)


def narrow_and_accessible(page: Page, width: int) -> None:
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
