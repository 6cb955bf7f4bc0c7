"""Invitations in Chromium: made, handed on as a link, used by a newcomer, revoked."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.support.console import (
    Demo,
    open_console,
    running_demo,
    serious_findings,
    sign_in,
)

PASSWORD = "水母在月光下 swim slowly"
HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("console")
    with running_demo(folder, CLASSGATE_ACCOUNTS__REGISTRATION="invitation") as demo:
        yield demo


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "admin")
        page.goto(f"{demo.api}/#/people/invitations")
        expect(page.get_by_role("heading", name="Invitations")).to_be_visible()
        yield page


def dialog(page: Page) -> Locator:
    """The dialog that is open."""
    return page.locator("wa-dialog[open]")


def invite(page: Page, *, role: str = "Student", uses: int = 1, days: int = 7) -> str:
    """Make an invitation. Its link."""
    page.get_by_role("button", name="New invitation").click()
    dialog(page).get_by_role("combobox", name="As").select_option(role)
    dialog(page).get_by_label("For how many people").fill(str(uses))
    dialog(page).get_by_label("For how many days").fill(str(days))
    dialog(page).get_by_role("button", name="Make the invitation").click()
    link = dialog(page).locator(".link").inner_text()
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(dialog(page)).to_have_count(0)
    return link


def join(page: Page, link: str, identifier: str, name: str = "") -> None:
    page.goto("about:blank")
    page.goto(link)
    page.get_by_label("User name").fill(identifier)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat the password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()


def test_newcomer_uses_the_link_and_is_signed_in(browser: Browser, demo: Demo, page: Page) -> None:
    link = invite(page, role="Teacher", uses=2)
    assert re.fullmatch(re.escape(f"{demo.api}/#/join?invitation=cgi_") + r"[\w-]+", link)
    requests: list[str] = []
    with open_console(browser, demo) as newcomer:
        newcomer.on("request", lambda request: requests.append(request.url))
        join(newcomer, link, "newcomer", HOSTILE)
        expect(newcomer.get_by_role("button", name="Sign out")).to_be_visible()
        assert "invitation" not in newcomer.url
        newcomer.get_by_role("link", name="My account").click()
        expect(newcomer.get_by_text(f"Signed in as {HOSTILE}")).to_be_visible()
        expect(newcomer.get_by_text("newcomer, Teacher")).to_be_visible()
        assert newcomer.title() == "classgate"
    assert [url for url in requests if "cgi_" in url.partition("#")[0]] == []
    page.reload()
    expect(page.get_by_role("row").filter(has_text="1 of 2")).to_contain_text("Teacher")
    assert link.rpartition("=")[2] not in page.content()


def test_revoked_link_is_refused(browser: Browser, demo: Demo, page: Page) -> None:
    link = invite(page, days=1)
    rows = page.get_by_role("row").filter(has_text="Student")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button", name="Revoke").click()
    dialog(page).get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The invitation was revoked")).to_be_visible()
    expect(rows).to_have_count(0)
    with open_console(browser, demo) as newcomer:
        join(newcomer, link, "too_late")
        expect(newcomer.get_by_role("status")).to_contain_text("invalid, expired or used up")
        expect(newcomer.get_by_role("button", name="Sign out")).to_have_count(0)


def test_fault_keeps_what_was_typed(browser: Browser, demo: Demo, page: Page) -> None:
    link = invite(page)
    with open_console(browser, demo) as newcomer:
        join(newcomer, link, "TOM", "Another Tom")
        expect(newcomer.get_by_role("status")).to_contain_text("taken")
        newcomer.get_by_label("User name").fill("another_tom")
        newcomer.get_by_label("Repeat the password").fill("something else")
        newcomer.get_by_role("button", name="Make the account").click()
        expect(newcomer.get_by_role("status")).to_contain_text("not the same")
        newcomer.get_by_label("Repeat the password").fill(PASSWORD)
        newcomer.get_by_role("button", name="Make the account").click()
        newcomer.get_by_role("link", name="My account").click()
        expect(newcomer.get_by_text("Signed in as Another Tom")).to_be_visible()


def test_link_is_printed_with_its_code_and_for_whom(page: Page, demo: Demo) -> None:
    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes' }")
    page.get_by_role("button", name="New invitation").click()
    dialog(page).get_by_label("For how many people").fill("30")
    dialog(page).get_by_role("button", name="Make the invitation").click()
    link = dialog(page).locator(".link").inner_text()
    dialog(page).get_by_role("button", name="Print").click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    page.emulate_media(media="print")
    sheet = page.locator(".sheet")
    expect(sheet).to_contain_text(link)
    expect(sheet).to_contain_text("for 30 people")
    expect(sheet.locator("cg-qr-code canvas")).to_be_visible()
    expect(page.locator("cg-app")).to_be_hidden()


def test_who_is_signed_in_is_asked_to_sign_out_first(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.api}/#/join?invitation=cgi_whatever")
    expect(page.get_by_text("You are signed in as admin")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{demo.api}/#/join")
    expect(page.get_by_text("This link is incomplete")).to_be_visible()


def test_closed_registration_is_said_before_an_invitation_is_made(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("closed")
    closed = running_demo(folder, CLASSGATE_ACCOUNTS__REGISTRATION="closed")
    with closed as demo, open_console(browser, demo) as page:
        sign_in(page, demo, "admin")
        page.goto(f"{demo.api}/#/people/invitations")
        expect(page.get_by_text("Registration is closed")).to_be_visible()
        expect(page.get_by_text("no invitation that can be used")).to_be_visible()


def test_pages_are_in_chinese_where_the_browser_says_so(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo, language="zh-CN", width=360) as page:
        page.goto(f"{demo.api}/#/join?invitation=cgi_unknown")
        page.get_by_label("用户名").fill("xin_sheng")
        page.get_by_label("密码", exact=True).fill(PASSWORD)
        page.get_by_label("再次输入密码").fill(PASSWORD)
        page.get_by_role("button", name="注册").click()
        expect(page.get_by_role("status")).to_contain_text("邀请码无效或已失效")
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_invitations_are_accessible(page: Page, demo: Demo, width: int, is_dark: bool) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    page.get_by_role("button", name="New invitation").click()
    expect(dialog(page).get_by_label("For how many days")).to_be_visible()
    assert serious_findings(page) == []
    dialog(page).get_by_role("button", name="Make the invitation").click()
    expect(dialog(page).locator(".link")).to_be_visible()
    assert serious_findings(page) == []
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(dialog(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Revoke").first).to_be_visible()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{demo.api}/#/join?invitation=cgi_whatever")
    expect(page.get_by_role("heading", name="Make your account")).to_be_visible()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
