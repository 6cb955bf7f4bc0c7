"""The console in Chromium: signing in, one's own password and sessions."""

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.console import (
    Demo,
    open_console,
    serious_findings,
    sign_in,
)


def test_somebody_signs_in_and_out(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "tom")
    page.reload()
    page.get_by_role("link", name="My account").click()
    expect(page.get_by_text("Signed in as tom")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_wrong_password_says_what_is_wrong(page: Page) -> None:
    page.get_by_label("User name").fill("tom")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    said = page.get_by_role("status")
    expect(said).to_contain_text("the identifier or the password is wrong")
    expect(said).to_contain_text("Request r")


def test_page_is_in_chinese_where_the_browser_says_so(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo, language="zh-CN") as page:
        page.get_by_label("用户名").fill("tom")
        page.get_by_label("密码", exact=True).fill("不对的密码")
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("status")).to_contain_text("用户 ID 或密码错误")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.evaluate("document.documentElement.lang") == "en"


def test_password_is_changed_and_the_other_sessions_end(
    browser: Browser, page: Page, demo: Demo
) -> None:
    with open_console(browser, demo) as other:
        sign_in(other, demo, "bob")
        sign_in(page, demo, "bob")
        page.get_by_role("link", name="My account").click()
        expect(page.get_by_role("listitem").filter(has_text="Browser")).to_have_count(2)
        new = "水母在月光下 swim slowly"
        page.get_by_label("Current password").fill(demo.passwords["bob"])
        page.get_by_label("New password", exact=True).fill(new)
        page.get_by_label("Repeat the new password").fill(new + "!")
        change = page.get_by_role("button", name="Change the password")
        change.click()
        expect(page.get_by_text("are not the same")).to_be_visible()
        page.get_by_label("Repeat the new password").fill(new)
        change.click()
        expect(page.get_by_text("The password was changed")).to_be_visible()
        expect(page.get_by_role("listitem").filter(has_text="Browser")).to_have_count(1)
        demo.passwords["bob"] = new
        other.get_by_role("link", name="My account").click()
        expect(other.get_by_text("The session has ended. Sign in again")).to_be_visible()


def test_another_session_is_ended(browser: Browser, page: Page, demo: Demo) -> None:
    with open_console(browser, demo) as other:
        sign_in(other, demo, "amy")
        sign_in(page, demo, "amy")
        page.get_by_role("link", name="My account").click()
        page.get_by_role("button", name="End", exact=True).click()
        expect(page.get_by_text("The session was ended")).to_be_visible()
        other.reload()
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_first_load_is_small_and_from_here_alone(browser: Browser, demo: Demo) -> None:
    """At most 150 KiB compressed, and no request to another host."""
    context = browser.new_context()
    try:
        page = context.new_page()
        sizes: dict[str, int] = {}
        page.on(
            "response",
            lambda got: sizes.update({got.url: int(got.headers.get("content-length", "0"))}),
        )
        page.goto(f"{demo.api}/", wait_until="networkidle")
        page.get_by_role("heading", name="Sign in").wait_for()
        assert {url for url in sizes if not url.startswith(f"{demo.api}/")} == set()
        assert any(size > 10_000 for size in sizes.values())
        assert sum(sizes.values()) <= 150 * 1024
    finally:
        context.close()


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(browser: Browser, demo: Demo, width: int, is_dark: bool) -> None:
    with open_console(browser, demo, width=width) as page:
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert serious_findings(page) == []
        sign_in(page, demo, "tom")
        page.get_by_role("link", name="My account").click()
        expect(page.get_by_text("this session")).to_be_visible()
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
