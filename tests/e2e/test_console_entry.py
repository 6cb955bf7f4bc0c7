"""Entering a class in the console: what the entry credentials hold, and the emulator's checks."""

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.console import (
    Demo,
    open_console,
    serious_findings,
    sign_in,
)
from tests.support.console_api import School


@pytest.fixture(scope="module")
def live_class(demo: Demo) -> int:
    """The number of a class that tom has started, with amy and bob."""
    school = School(demo)
    number = school.new_class("Entry", amy="student", bob="student")
    school.call("tom", "POST", f"/v1/classrooms/{number}/start")
    return number


def open_entry(page: Page, classroom_id: int) -> None:
    page.goto(page.url.partition("#")[0] + f"#/classes/{classroom_id}/entry")


def enter(page: Page) -> None:
    page.get_by_role("button", name="Enter", exact=True).click()
    page.get_by_role("heading", name="What the entry credentials hold").wait_for()


def test_student_sees_what_the_credentials_hold(page: Page, demo: Demo, live_class: int) -> None:
    sign_in(page, demo, "amy")
    open_entry(page, live_class)
    with page.expect_response("**/entry") as answered:
        enter(page)
    issued = answered.value.json()
    section = page.locator("cg-entry")
    expect(section).to_contain_text("privilege_map 170")
    expect(section).to_contain_text("hear the others")
    expect(section).not_to_contain_text("send audio")
    expect(section).not_to_contain_text(issued["user_sig"])
    page.get_by_role("button", name="Show the credentials").click()
    expect(section).to_contain_text(issued["user_sig"])
    expect(section).to_contain_text(issued["private_map_key"])
    page.get_by_role("button", name="Hide the credentials").click()
    expect(section).not_to_contain_text(issued["private_map_key"])
    with page.expect_response("**/renew"):
        page.get_by_role("button", name="Renew").click()
    expect(page.get_by_text("The entry credentials were renewed")).to_be_visible()


def test_emulator_checks_the_credentials(page: Page, demo: Demo, live_class: int) -> None:
    sign_in(page, demo, "bob")
    open_entry(page, live_class)
    enter(page)
    page.get_by_role("button", name="Log in and enter the room").click()
    expect(page.get_by_text("accepted")).to_have_count(2)
    rooms = httpx.get(f"{demo.emulator}/_emulator/rooms").json()["items"]
    (room,) = [each for each in rooms if each["room_id"] == live_class]
    assert "bob" in [each["identifier"] for each in room["users"]]


def test_refused_entry_says_why(page: Page, demo: Demo) -> None:
    number = School(demo).new_class("Not yet", amy="student")
    sign_in(page, demo, "amy")
    open_entry(page, number)
    page.get_by_role("button", name="Enter", exact=True).click()
    expect(page.get_by_text("Request r")).to_be_visible()
    expect(page.get_by_role("heading", name="What the entry")).to_have_count(0)


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_page_of_the_entry_is_accessible_in_chinese(
    browser: Browser, demo: Demo, live_class: int, width: int, is_dark: bool
) -> None:
    with open_console(browser, demo, width=width) as page:
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        sign_in(page, demo, "tom")
        page.get_by_role("button", name="中文").click()
        open_entry(page, live_class)
        page.get_by_role("button", name="进入课堂", exact=True).click()
        page.get_by_role("button", name="登录并进入房间").click()
        expect(page.get_by_text("通过")).to_have_count(2)
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
