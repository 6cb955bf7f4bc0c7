"""The second factor and the password again, in Chromium."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.support.console import (
    Demo,
    open_console,
    running_demo,
    serious_findings,
)
from tests.support.one_time_codes import another_code, code_at


@dataclass
class School:
    """A demo whose clock seems to go on."""

    demo: Demo

    def forget_second_factors(self) -> None:
        self.demo.change("DELETE FROM second_factors")

    def let_confirmations_expire(self) -> None:
        """As ten minutes after the log-in."""
        self.demo.change("UPDATE sessions SET confirmed_at = 0")

    def allow_used_codes(self) -> None:
        """As half a minute after the last code."""
        self.demo.change("UPDATE second_factors SET last_step = 0")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """A school that requires the second factor."""
    folder = tmp_path_factory.mktemp("strict")
    with running_demo(folder, CLASSGATE_CONSOLE__SECOND_FACTOR="required") as demo:
        yield School(demo)


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """A school where it is optional, as in the demo."""
    folder = tmp_path_factory.mktemp("lenient")
    with running_demo(folder) as demo:
        yield School(demo)


def type_password(page: Page, school: School, identifier: str = "admin") -> None:
    page.get_by_label("User name").fill(identifier)
    page.get_by_label("Password", exact=True).fill(school.demo.passwords[identifier])
    page.get_by_role("button", name="Sign in").click()


def type_code(page: Page, code: str, button: str) -> None:
    page.get_by_label("Code of the authenticator app").fill(code)
    page.get_by_role("button", name=button, exact=True).click()


def set_up(page: Page) -> str:
    """Set up the second factor that the page shows, and return its secret."""
    page.get_by_role("button", name="Set up", exact=True).click()
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    type_code(page, code_at(secret, time.time()), "Confirm")
    return secret


def open_account(page: Page) -> None:
    page.get_by_role("link", name="My account").click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()


def password_dialog(page: Page) -> Locator:
    return page.locator("wa-dialog[open]", has_text="type your password again")


def test_admin_sets_it_up_before_anything_else_and_signs_in_with_it(
    browser: Browser, strict: School
) -> None:
    strict.forget_second_factors()
    with open_console(browser, strict.demo) as page:
        page.goto(f"{strict.demo.api}/#/audit")
        type_password(page, strict)
        expect(page.get_by_role("heading", name="Set up the second factor")).to_be_visible()
        expect(page.get_by_role("link", name="My account")).to_have_count(0)
        page.get_by_role("button", name="Set up", exact=True).click()
        expect(page.get_by_role("img", name="QR code with the secret")).to_be_visible()
        secret = page.locator("code.secret").inner_text().replace(" ", "")
        type_code(page, another_code(secret, time.time()), "Confirm")
        expect(page.get_by_text("this code is wrong")).to_be_visible()
        used = code_at(secret, time.time())
        type_code(page, used, "Confirm")
        expect(page.get_by_text("The second factor is set up.")).to_be_visible()
        expect(page.get_by_role("heading", name="Audit", exact=True)).to_be_visible()
        open_account(page)
        expect(page.get_by_text("The second factor is set up.")).to_have_count(0)
        expect(page.get_by_role("button", name="Replace")).to_be_visible()
        expect(page.get_by_role("button", name="Remove")).to_have_count(0)
        page.get_by_role("button", name="Sign out").click()
        type_password(page, strict)
        expect(page.get_by_label("Code of the authenticator app")).to_be_focused()
        type_code(page, used, "Sign in")
        expect(page.get_by_text("was used already")).to_be_visible()
        strict.allow_used_codes()
        type_code(page, code_at(secret, time.time()), "Sign in")
        page.get_by_role("link", name="My account").wait_for()
    written = (strict.demo.folder / "classgate.log").read_text()
    assert "second_factor_wrong" in written
    assert secret not in written


def test_somebody_else_signs_in_instead(browser: Browser, strict: School) -> None:
    strict.forget_second_factors()
    with open_console(browser, strict.demo) as page:
        type_password(page, strict)
        set_up(page)
        page.get_by_role("button", name="Sign out").click()
        type_password(page, strict)
        page.get_by_role("button", name="Sign in as somebody else").click()
        type_password(page, strict, "tom")
        page.get_by_role("link", name="My account").click()
        expect(page.get_by_text("Signed in as tom")).to_be_visible()
        expect(page.get_by_role("heading", name="Second factor")).to_have_count(0)


def test_password_is_asked_for_again_and_the_call_repeated(
    browser: Browser, strict: School
) -> None:
    strict.forget_second_factors()
    with open_console(browser, strict.demo) as page:
        type_password(page, strict)
        secret = set_up(page)
        page.get_by_role("link", name="My account").wait_for()
        strict.let_confirmations_expire()
        strict.allow_used_codes()
        open_account(page)
        page.get_by_role("button", name="Replace").click()
        asked = password_dialog(page)
        expect(asked.get_by_label("Your password", exact=True)).to_be_focused()
        page.keyboard.type("not the password")
        asked.get_by_label("Code of the authenticator app").fill("000000")
        page.keyboard.press("Enter")
        expect(asked.get_by_text("the current password is wrong")).to_be_visible()
        assert serious_findings(page) == []
        asked.get_by_label("Your password", exact=True).fill(strict.demo.passwords["admin"])
        asked.get_by_label("Code of the authenticator app").fill(code_at(secret, time.time()))
        asked.get_by_role("button", name="Confirm").click()
        expect(asked).to_have_count(0)
        # What was refused was done: there is a new secret.
        expect(page.locator("code.secret")).not_to_have_text(secret)
        page.get_by_role("button", name="Cancel").click()


def test_it_is_asked_for_above_a_dialog_that_is_open(browser: Browser, lenient: School) -> None:
    lenient.forget_second_factors()
    with open_console(browser, lenient.demo) as page:
        type_password(page, lenient)
        page.get_by_role("link", name="People").click()
        lenient.let_confirmations_expire()
        page.get_by_role("button", name="New password for amy").click()
        page.get_by_role("button", name="Set a new password").click()
        asked = password_dialog(page)
        asked.get_by_label("Your password", exact=True).fill(lenient.demo.passwords["admin"])
        asked.get_by_role("button", name="Confirm").click()
        expect(asked).to_have_count(0)
        expect(page.locator(".issued-password")).to_be_visible()


def test_nothing_is_done_without_it(browser: Browser, lenient: School) -> None:
    lenient.forget_second_factors()
    with open_console(browser, lenient.demo) as page:
        type_password(page, lenient)
        open_account(page)
        lenient.let_confirmations_expire()
        page.get_by_role("button", name="Set up", exact=True).click()
        password_dialog(page).get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Nothing was changed")).to_be_visible()
        expect(page.locator("code.secret")).to_have_count(0)
        # And the next attempt asks again.
        page.get_by_role("button", name="Set up", exact=True).click()
        asked = password_dialog(page)
        asked.get_by_label("Your password", exact=True).fill(lenient.demo.passwords["admin"])
        page.keyboard.press("Enter")
        expect(page.locator("code.secret")).to_be_visible()


def test_optional_one_is_removed(browser: Browser, lenient: School) -> None:
    lenient.forget_second_factors()
    with open_console(browser, lenient.demo) as page:
        type_password(page, lenient)
        open_account(page)
        set_up(page)
        expect(page.get_by_text("The second factor is set up.")).to_be_visible()
        page.get_by_role("button", name="Remove", exact=True).click()
        dialog = page.locator("wa-dialog[open]")
        expect(dialog.get_by_text("can then sign in as you")).to_be_visible()
        dialog.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_text("The second factor was removed.")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        type_password(page, lenient)
        page.get_by_role("link", name="My account").wait_for()


def test_pages_are_in_chinese(browser: Browser, strict: School) -> None:
    strict.forget_second_factors()
    with open_console(browser, strict.demo, language="zh-CN", width=360) as page:
        page.get_by_label("用户名").fill("admin")
        page.get_by_label("密码", exact=True).fill(strict.demo.passwords["admin"])
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", name="设置两步验证")).to_be_visible()
        page.get_by_role("button", name="设置", exact=True).click()
        page.get_by_label("身份验证器的验证码").fill("12345")
        page.get_by_role("button", name="确认", exact=True).click()
        expect(page.get_by_text("验证码错误或已经用过")).to_be_visible()


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(browser: Browser, strict: School, width: int, is_dark: bool) -> None:
    strict.forget_second_factors()
    with open_console(browser, strict.demo, width=width) as page:
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        type_password(page, strict)
        start = page.get_by_role("button", name="Set up", exact=True)
        expect(start).to_be_visible()
        assert serious_findings(page) == []
        start.click()
        expect(page.locator("code.secret")).to_be_visible()
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        secret = page.locator("code.secret").inner_text().replace(" ", "")
        type_code(page, code_at(secret, time.time()), "Confirm")
        open_account(page)
        assert serious_findings(page) == []
        page.get_by_role("button", name="Sign out").click()
        type_password(page, strict)
        expect(page.get_by_label("Code of the authenticator app")).to_be_visible()
        assert serious_findings(page) == []
