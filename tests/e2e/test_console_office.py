"""The office's pages in Chromium: people, as an office handles them in a term."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from tests.support.console import (
    Demo,
    open_console,
    serious_findings,
    sign_in,
)

HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "admin")
        page.get_by_role("link", name="People").click()
        yield page


def row_of(page: Page, identifier: str) -> Locator:
    """The row of the table, found by its second column."""
    name = page.locator("td", has=page.get_by_text(identifier, exact=True))
    return page.get_by_role("row").filter(has=name)


def dialog(page: Page) -> Locator:
    """The dialog that is open."""
    return page.locator("wa-dialog[open]")


def add(page: Page, identifier: str, name: str = "", password: str = "") -> str:
    """Add a student. The generated password; empty if one was typed."""
    page.get_by_role("button", name="Add somebody").click()
    dialog(page).get_by_label("User name").fill(identifier)
    dialog(page).get_by_label("Name", exact=True).fill(name)
    if password:
        dialog(page).get_by_label("Generate the password").uncheck()
        dialog(page).get_by_label("Password", exact=True).fill(password)
    dialog(page).get_by_role("button", name="Add", exact=True).click()
    expect(dialog(page).get_by_text(f"{name or identifier} was added")).to_be_visible()
    issued = dialog(page).locator(".issued-password")
    generated = "" if password else issued.inner_text()
    expect(issued).to_have_count(0 if password else 1)
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(dialog(page)).to_have_count(0)
    return generated


def may_sign_in(browser: Browser, demo: Demo, identifier: str, password: str) -> bool:
    """Whether this password opens a session in another browser."""
    with open_console(browser, demo) as page:
        page.get_by_label("User name").fill(identifier)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        signed_in = page.get_by_role("button", name="Sign out")
        signed_in.or_(page.get_by_text("is wrong")).wait_for()
        return signed_in.is_visible()


def test_somebody_is_added_with_a_password_that_works(
    browser: Browser, demo: Demo, page: Page
) -> None:
    generated = add(page, "han_mei", "韩梅梅")
    expect(row_of(page, "han_mei")).to_contain_text("韩梅梅")
    assert may_sign_in(browser, demo, "han_mei", generated)
    typed = "水母在月光下 swim slowly"
    add(page, "wei_hua", password=typed)
    assert may_sign_in(browser, demo, "wei_hua", typed)


def test_fault_of_a_new_account_says_what_to_do(page: Page) -> None:
    page.get_by_role("button", name="Add somebody").click()
    dialog(page).get_by_label("User name").fill("TOM")
    dialog(page).get_by_role("button", name="Add", exact=True).click()
    expect(dialog(page).get_by_role("status")).to_contain_text("taken")


def test_people_are_found_as_one_types(page: Page) -> None:
    add(page, "findable", "寻找 Me")
    page.get_by_role("searchbox", name="Search").press_sequentially("寻找 m")
    expect(page.get_by_role("row")).to_have_count(2)  # with the head
    expect(row_of(page, "findable")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("nobody like this")
    expect(page.get_by_text("Nobody fits")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("")
    filters = page.get_by_role("search")
    filters.get_by_role("combobox", name="Role").select_option("Teacher")
    expect(row_of(page, "tom")).to_be_visible()
    expect(row_of(page, "findable")).to_have_count(0)
    filters.get_by_role("combobox", name="State").select_option("Disabled")
    expect(page.get_by_text("Nobody fits")).to_be_visible()


def test_forgotten_password_is_reset_and_printed(browser: Browser, demo: Demo, page: Page) -> None:
    old = add(page, "forgetful", "Forgetful")
    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes' }")
    row_of(page, "forgetful").get_by_role("button", name="New password").click()
    expect(dialog(page).get_by_text("every session of Forgetful ends")).to_be_visible()
    dialog(page).get_by_role("button", name="Set a new password").click()
    new = dialog(page).locator(".issued-password").inner_text()
    dialog(page).get_by_role("button", name="Print").click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    page.emulate_media(media="print")
    slip = page.locator(".slip")
    expect(slip).to_contain_text(new)
    expect(slip).to_contain_text(demo.api)
    expect(page.locator("cg-app")).to_be_hidden()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(slip).to_have_count(0)
    page.emulate_media(media="screen")
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(dialog(page)).to_have_count(0)
    assert new not in page.content()
    assert not may_sign_in(browser, demo, "forgetful", old)
    assert may_sign_in(browser, demo, "forgetful", new)


def test_dialog_stays_until_its_password_has_come(page: Page) -> None:
    add(page, "awaited", "Awaited")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/awaited/password", hold)
    row_of(page, "awaited").get_by_role("button", name="New password").click()
    with page.expect_request("**/awaited/password"):
        dialog(page).get_by_role("button", name="Set a new password").click()
    page.keyboard.press("Escape")
    dialog(page).get_by_role("button", name="Close").click()
    expect(dialog(page).get_by_role("button", name="Cancel")).to_be_disabled()
    [request] = held
    request.continue_()
    expect(dialog(page).locator(".issued-password")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)


def test_name_and_role_are_changed(page: Page) -> None:
    add(page, "promoted", "Student")
    row_of(page, "promoted").get_by_role("button", name="Change").click()
    dialog(page).get_by_label("Name", exact=True).fill("Now a teacher")
    dialog(page).get_by_role("combobox", name="Role").select_option("Teacher")
    dialog(page).get_by_role("button", name="Save").click()
    expect(page.get_by_text("Now a teacher was changed")).to_be_visible()
    expect(row_of(page, "promoted")).to_contain_text("Now a teacher")
    expect(row_of(page, "promoted")).to_contain_text("Teacher")


def test_disabled_account_cannot_sign_in_until_enabled(
    browser: Browser, demo: Demo, page: Page
) -> None:
    password = add(page, "leaving", "Leaving")
    row_of(page, "leaving").get_by_role("button", name="Change").click()
    dialog(page).get_by_role("button", name="Disable").click()
    expect(row_of(page, "leaving")).to_contain_text("Disabled")
    assert not may_sign_in(browser, demo, "leaving", password)
    row_of(page, "leaving").get_by_role("button", name="Change").click()
    dialog(page).get_by_role("button", name="Enable").click()
    expect(row_of(page, "leaving")).not_to_contain_text("Disabled")
    assert may_sign_in(browser, demo, "leaving", password)


def test_deletion_needs_the_identifier_typed(page: Page) -> None:
    add(page, "mistaken", "Mistaken")
    row_of(page, "mistaken").get_by_role("button", name="Change").click()
    forever = dialog(page).get_by_role("button", name="Delete for ever")
    expect(forever).to_be_disabled()
    dialog(page).get_by_label("Type mistaken to confirm").fill("mistake")
    expect(forever).to_be_disabled()
    dialog(page).get_by_label("Type mistaken to confirm").fill("mistaken")
    forever.click()
    expect(page.get_by_text("Mistaken was deleted")).to_be_visible()
    expect(row_of(page, "mistaken")).to_have_count(0)


def test_own_account_has_no_button_that_the_server_refuses(page: Page) -> None:
    expect(row_of(page, "admin").get_by_role("button")).to_have_count(1)
    row_of(page, "admin").get_by_role("button", name="Change").click()
    expect(dialog(page).get_by_text("another administrator")).to_be_visible()
    expect(dialog(page).get_by_role("button", name="Disable")).to_have_count(0)


def test_hostile_names_are_shown_as_text(page: Page) -> None:
    add(page, "hostile", HOSTILE)
    add(page, "long", "W" * 100)
    add(page, "arabic", "علي (b) <")
    expect(row_of(page, "hostile")).to_contain_text(HOSTILE)
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    row_of(page, "hostile").get_by_role("button", name="Change").click()
    expect(dialog(page)).to_contain_text("Role")
    assert page.title() == "classgate"


def test_teacher_sees_no_people(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "tom")
        expect(page.get_by_role("link", name="People")).to_have_count(0)
        page.goto(f"{demo.api}/#/people")
        expect(page.get_by_text("There is no such page")).to_be_visible()


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_people_are_accessible(page: Page, width: int, is_dark: bool) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    expect(row_of(page, "tom")).to_be_visible()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Add somebody").click()
    expect(dialog(page).get_by_label("User name")).to_be_visible()
    assert serious_findings(page) == []
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    row_of(page, "tom").get_by_role("button", name="Change").click()
    expect(dialog(page).get_by_role("button", name="Delete for ever")).to_be_visible()
    assert serious_findings(page) == []
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    page.get_by_role("button", name="New password for tom", exact=True).click()
    dialog(page).get_by_role("button", name="Set a new password").click()
    expect(dialog(page).locator(".issued-password")).to_be_visible()
    assert serious_findings(page) == []
