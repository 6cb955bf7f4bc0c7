"""The import of people in Chromium: a term's list, from the file to the first sign-in."""

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Download, FilePayload, Page, Route, expect
from tests.support.console import (
    Demo,
    open_console,
    serious_findings,
    sign_in,
)

HEADER = "identifier,password,role,display_name"
HOSTILE = '<img src=x onerror="document.title=1">'
FIELDS = ("identifier", "password", "role", "display_name")


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with open_console(browser, demo, loses_line=True) as page:
        sign_in(page, demo, "admin")
        page.get_by_role("link", name="People").click()
        page.get_by_role("link", name="Import a list").click()
        expect(page.get_by_role("heading", name="Import people")).to_be_visible()
        yield page


def choose(page: Page, content: bytes) -> None:
    file = FilePayload(name="term.csv", mimeType="text/csv", buffer=content)
    page.locator("input[type=file]").set_input_files(file)


def file_of(*rows: str) -> bytes:
    return "\r\n".join([HEADER, *rows, ""]).encode()


def read_download(download: Download) -> list[dict[str, str]]:
    text = download.path().read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def begin(page: Page, button: str) -> list[dict[str, str]]:
    """Begin the import. The list that the browser saved before."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name=button).click()
    return read_download(downloading.value)


def test_term_with_two_faults_is_corrected_and_imported(
    browser: Browser, demo: Demo, page: Page
) -> None:
    choose(page, file_of("li_lei,,student,李雷", "han mei,,student,韩梅梅", "wang,short,teacher,"))
    faults = page.get_by_role("alert").get_by_role("listitem")
    expect(faults).to_have_count(2)
    expect(faults.nth(0)).to_contain_text("Line 3, identifier:")
    expect(faults.nth(1)).to_contain_text("Line 4, password:")
    expect(page.get_by_role("button", name="people")).to_have_count(0)  # nothing to import
    text = page.get_by_label("The list")
    corrected = text.input_value().replace("han mei", "han_mei").replace("short", "")
    text.fill(corrected)
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("3 people can be imported")).to_be_visible()
    saved = begin(page, "Save and import 3 people")
    expect(page.get_by_text("3 people were imported")).to_be_visible()
    assert [row["identifier"] for row in saved] == ["li_lei", "han_mei", "wang"]
    shown = page.locator(".issued-password").all_inner_texts()
    assert shown == [row["password"] for row in saved]
    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes' }")
    page.get_by_role("button", name="Print a slip for each").click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    expect(page.locator(".slip")).to_have_count(3)
    expect(page.locator(".slip").nth(1)).to_contain_text(shown[1])
    with open_console(browser, demo) as other:
        other.get_by_label("User name").fill("han_mei")
        other.get_by_label("Password", exact=True).fill(shown[1])
        other.get_by_role("button", name="Sign in").click()
        expect(other.get_by_role("button", name="Sign out")).to_be_visible()


def test_import_goes_on_after_the_line_was_lost(page: Page) -> None:
    """The answer to the second piece is lost, when its accounts are made already."""
    choose(page, file_of(*(f"lost-{number},,student," for number in range(45))))
    sent = 0

    def lose_second(route: Route) -> None:
        nonlocal sent
        sent += 1
        if sent == 2:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/v1/admin/accounts", lose_second)
    begin(page, "Save and import 45 people")
    expect(page.get_by_text("The import stopped after 20 of 45")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("cannot be reached")
    page.get_by_role("link", name="Classes").click()  # the import outlives its page
    expect(page.get_by_role("heading", name="Classes")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("The import stopped after 20 of 45")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("45 people were imported")).to_be_visible()


def test_saved_list_continues_an_import_whose_page_was_closed(page: Page) -> None:
    choose(page, file_of(*(f"closed-{number},,student," for number in range(25))))
    page.route("**/v1/admin/accounts", lambda route: route.abort())
    saved = begin(page, "Save and import 25 people")
    expect(page.get_by_text("The import stopped after 0 of 25")).to_be_visible()
    page.unroute("**/v1/admin/accounts")
    page.goto("about:blank")
    page.go_back()
    rows = [",".join(row[name] for name in FIELDS) for row in saved]
    choose(page, file_of(*rows[:10]))
    page.get_by_role("button", name="Import 10 people").click()
    expect(page.get_by_text("10 people were imported")).to_be_visible()
    page.get_by_role("button", name="Import another list").click()
    choose(page, file_of(*rows))
    expect(page.get_by_text("10 of the list exist already")).to_be_visible()
    button = page.get_by_role("button", name="Import 15 people")
    expect(button).to_be_disabled()
    page.get_by_label("Leave those that exist as they are").check()
    button.click()
    expect(page.get_by_text("15 people were imported")).to_be_visible()


def test_file_of_excel_is_read_in_its_encodings(page: Page) -> None:
    row = f"{HEADER}\r\ngbk_li,,student,李雷\r\n"
    choose(page, row.encode("gbk"))
    expect(page.get_by_text("it was read as GBK")).to_be_visible()
    expect(page.get_by_role("rowheader", name="李雷")).to_be_visible()
    for encoding in ("utf-8-sig", "utf-16"):
        choose(page, row.encode(encoding))
        expect(page.get_by_text("it was read as GBK")).to_have_count(0)
        expect(page.get_by_role("rowheader", name="李雷")).to_be_visible()
    choose(page, b"PK\x03\x04 a workbook")
    expect(page.get_by_role("status")).to_contain_text("This is an Excel workbook")
    choose(page, b"a" * (1024 * 1024 + 1))
    expect(page.get_by_role("status")).to_contain_text("larger than 1 MB")


def test_hostile_list_is_shown_as_text_and_saved_without_formulas(page: Page) -> None:
    quoted = HOSTILE.replace('"', '""')
    choose(
        page, file_of(f'bad,,student,"{quoted}"', "-cmd,,student,=1+1", f"w,,student,{'W' * 100}")
    )
    expect(page.get_by_role("rowheader", name=HOSTILE)).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    saved = begin(page, "Save and import 3 people")
    expect(page.get_by_text("3 people were imported")).to_be_visible()
    assert [(row["identifier"], row["display_name"]) for row in saved] == [
        ("bad", HOSTILE),
        ("'-cmd", "'=1+1"),
        ("w", "W" * 100),
    ]
    assert page.title() == "classgate"
    page.get_by_role("link", name="To the people").click()
    expect(page.get_by_role("rowheader", name="=1+1")).to_have_text("=1+1")


def test_faults_are_in_chinese_on_a_chinese_page(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo, language="zh-CN", width=360) as page:
        page.get_by_label("用户名").fill("admin")
        page.get_by_label("密码", exact=True).fill(demo.passwords["admin"])
        page.get_by_role("button", name="登录").click()
        page.get_by_role("link", name="人员").click()
        page.get_by_role("link", name="导入名单").click()
        page.get_by_label("名单").fill(f"{HEADER}\na b,,student,\nli,,学生,")
        page.get_by_role("button", name="检查").click()
        faults = page.get_by_role("alert").get_by_role("listitem")
        expect(faults.nth(0)).to_contain_text("第 2 行，identifier: 用户 ID 为 1 到 32 个字符")
        expect(faults.nth(1)).to_contain_text("第 3 行，role: 应为 admin, teacher, student 之一")
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_import_is_accessible(page: Page, width: int, is_dark: bool) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    assert serious_findings(page) == []
    choose(page, file_of("a b,,student,", "tom,,teacher,"))
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious_findings(page) == []
    choose(page, file_of(f"axe-{width}-{is_dark},,student,", "tom,,teacher,"))
    page.get_by_label("Leave those that exist as they are").check()
    assert serious_findings(page) == []
    begin(page, "Save and import 1 people")
    expect(page.get_by_text("1 people were imported")).to_be_visible()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
