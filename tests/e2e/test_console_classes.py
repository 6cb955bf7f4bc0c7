"""The pages of classes in Chromium: what a teacher does before, in and after a lesson."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from tests.support.console import (
    Demo,
    open_console,
    serious_findings,
    sign_in,
)
from tests.support.console_api import School

HOSTILE = '<img src=x onerror="document.title=1"> \u05e9\u05dc\u05d5\u05dd '  # and Hebrew


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "tom")
        yield page


def dialog(page: Page) -> Locator:
    """The dialog that is open."""
    return page.locator("wa-dialog[open]")


def row_of(page: Page, identifier: str) -> Locator:
    """The row of somebody on the roster."""
    return page.get_by_role("row").filter(has=page.locator("code", has_text=identifier))


def make_class(page: Page, title: str, members: str = "amy\nbob") -> int:
    """Make a class on the open page. Its number."""
    page.goto(page.url.partition("#")[0] + "#/classes/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Members").fill(members)
    page.get_by_role("button", name="Make the class").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Planned")
    return int(page.url.rpartition("/")[2])


def start(page: Page) -> None:
    page.get_by_role("button", name="Start the class").click()
    expect(page.get_by_text("The class is live.")).to_be_visible()


def test_teacher_makes_a_class_and_corrects_a_name(page: Page) -> None:
    expect(page.get_by_role("heading", name="Classes")).to_be_visible()  # where a teacher starts
    expect(page.get_by_role("link", name="Classes")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="New class").click()
    page.get_by_label("Title").fill("Mathematics 3b")
    page.get_by_label("Starts").fill("2030-09-02T08:00")
    page.get_by_label("Ends").fill("2030-09-02T08:45")
    make = page.get_by_role("button", name="Make the class")
    page.get_by_label("Members").fill("identifier,role\namy,student\n\nammy\nbob,helper")
    make.click()
    expect(page.get_by_text("Line 5: “helper” is no role")).to_be_visible()
    page.get_by_label("Members").fill("identifier,role\namy,student\n\nammy\nbob,assistant")
    make.click()
    expect(page.get_by_text("Line 4: there is no account 'ammy'")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Mathematics 3b")
    expect(page.get_by_label("Starts")).to_have_value("2030-09-02T08:00")
    page.get_by_label("Members").fill("identifier,role\namy,student\nbob,assistant")
    make.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Mathematics 3b")
    expect(page.get_by_text("0 of 3 present")).to_be_visible()
    expect(row_of(page, "bob")).to_contain_text("Assistant")
    expect(page.get_by_text("Sep 2, 2030")).to_be_visible()


def test_pupil_is_kicked_for_a_time_and_let_in_again(page: Page) -> None:
    make_class(page, "Kicked")
    start(page)
    row_of(page, "amy").get_by_role("button", name="Change").click()
    dialog(page).get_by_label("For how long").select_option("1 hour")
    dialog(page).get_by_role("button", name="Kick", exact=True).click()
    expect(row_of(page, "amy")).to_contain_text("Kicked until")
    page.get_by_label("Show").select_option("Who was kicked")
    expect(row_of(page, "bob")).to_have_count(0)
    row_of(page, "amy").get_by_role("button", name="Let in").click()
    expect(page.get_by_text("amy may enter again")).to_be_visible()
    expect(page.get_by_text("Nobody fits this filter")).to_be_visible()


def test_kicked_pupil_reads_until_when(browser: Browser, demo: Demo) -> None:
    school = School(demo)
    number = school.new_class("Barred", amy="student")
    path = f"/v1/classrooms/{number}/members/amy/kick"
    school.call("tom", "POST", path, {"until": 2_000_000_000})
    with open_console(browser, demo) as pupil:
        sign_in(pupil, demo, "amy")
        pupil.goto(f"{demo.api}/#/classes/{number}")
        expect(pupil.get_by_text("from this class until May 18, 2033")).to_be_visible()


def test_roster_is_changed(page: Page) -> None:
    make_class(page, "Roster", "amy")
    page.get_by_role("button", name="Add people").click()
    dialog(page).get_by_label("People to add").fill("bob,assistant\nnobody-here")
    dialog(page).get_by_role("button", name="Add", exact=True).click()
    expect(dialog(page).get_by_text("1 added. 1 remain")).to_be_visible()
    expect(dialog(page).get_by_text("Line 1:")).to_be_visible()
    expect(dialog(page).get_by_label("People to add")).to_have_value("nobody-here")
    dialog(page).get_by_role("button", name="Cancel").click()
    expect(row_of(page, "bob")).to_contain_text("Assistant")
    row_of(page, "amy").get_by_role("button", name="Change").click()
    dialog(page).get_by_label("On stage").check()
    dialog(page).get_by_role("button", name="Save", exact=True).click()
    expect(row_of(page, "amy")).to_contain_text("On stage")
    page.get_by_role("button", name="Mute all students").click()
    dialog(page).get_by_label("Chat").uncheck()
    dialog(page).get_by_role("button", name="Mute", exact=True).click()
    expect(row_of(page, "amy")).to_contain_text("Muted: Microphone, Camera and screen")
    row_of(page, "amy").get_by_role("button", name="Change").click()
    dialog(page).get_by_label("Microphone").uncheck()
    dialog(page).get_by_role("button", name="Save the mutes").click()
    expect(row_of(page, "amy")).to_contain_text("Muted: Camera and screen")
    row_of(page, "amy").get_by_role("button", name="Change").click()
    dialog(page).get_by_role("button", name="Take off the roster").click()
    dialog(page).get_by_role("button", name="Take off now").click()
    expect(row_of(page, "amy")).to_have_count(0)


def test_class_is_changed_and_ended(page: Page) -> None:
    number = make_class(page, "Before")
    page.get_by_role("button", name="Title and times").click()
    dialog(page).get_by_role("textbox", name="Title").fill("After")
    dialog(page).get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("After")
    start(page)
    page.get_by_role("button", name="End the class").click()
    dialog(page).get_by_role("button", name="End now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ended")
    expect(page.get_by_role("button", name="Add people")).to_have_count(0)
    page.get_by_role("link", name="All classes").click()
    page.get_by_role("link", name="Ended").click()
    expect(page.get_by_role("link", name="After")).to_have_attribute("href", f"#/classes/{number}")


def test_admin_names_another_host(browser: Browser, demo: Demo, page: Page) -> None:
    number = make_class(page, "Substitute")
    with open_console(browser, demo) as office:
        sign_in(office, demo, "admin")
        office.goto(f"{demo.api}/#/classes/{number}")
        office.get_by_role("button", name="Name another host").click()
        dialog(office).get_by_label("User name").fill("amy")
        dialog(office).get_by_role("button", name="Name another host").click()
        expect(dialog(office).get_by_role("status")).to_contain_text("teacher")
        expect(office.get_by_role("button", name="Start the class")).to_have_count(0)


def test_title_that_reverses_what_follows_is_refused(page: Page) -> None:
    page.get_by_role("link", name="New class").click()
    title = page.get_by_label("Title")
    title.fill("x" * 500)
    expect(title).to_have_value("x" * 128)
    title.fill("\u202egpj.exe")
    page.get_by_role("button", name="Make the class").click()
    expect(page.get_by_role("status")).to_contain_text("Title: control characters")


def test_roster_is_taken_from_a_file_of_a_spreadsheet(page: Page, tmp_path: Path) -> None:
    """In GB18030, as spreadsheets in China save CSV, with the Chinese word for an assistant."""
    file = tmp_path / "roster.csv"
    file.write_bytes("identifier,role\r\namy,学生\r\nbob,助教\r\n".encode("gb18030"))
    page.get_by_role("link", name="New class").click()
    page.get_by_label("Title").fill("From a file")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("2 people")).to_be_visible()
    page.get_by_role("button", name="Make the class").click()
    expect(row_of(page, "bob")).to_contain_text("Assistant")


def test_page_waits_longer_while_the_server_is_away_and_stops_when_hidden(
    browser: Browser, demo: Demo
) -> None:
    with open_console(browser, demo, loses_line=True) as page:
        sign_in(page, demo, "tom")
        number = make_class(page, "Away")
        page.clock.install()
        page.reload()
        expect(row_of(page, "amy")).to_be_visible()
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 3600)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/v1/**", lambda route: route.abort())
        show(page, hidden=False)  # fetches at once
        unreachable = page.get_by_text("The server cannot be reached")
        expect(unreachable).to_have_count(2)  # the class and its roster
        expect(row_of(page, "amy")).to_be_visible()  # what is known stays
        details = f"{demo.api}/v1/classrooms/{number}"
        asked.clear()
        page.clock.run_for(9_000)
        assert details not in asked
        with page.expect_request(details):
            page.clock.run_for(2_000)
        page.unroute("**/v1/**")
        show(page, hidden=False)
        expect(unreachable).to_have_count(0)
        show(page, hidden=True)
        asked.clear()
        page.clock.run_for(120_000)
        assert asked == []


def test_page_says_so_and_asks_again_when_no_answer_comes(browser: Browser, demo: Demo) -> None:
    """The line was lost without a word: the browser itself would wait for many minutes."""
    with open_console(browser, demo, loses_line=True) as page:
        sign_in(page, demo, "tom")
        make_class(page, "Silent")
        page.clock.install()
        page.reload()
        expect(row_of(page, "amy")).to_be_visible()
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 3600)
        page.route("**/v1/**", lambda _route: None)
        show(page, hidden=False)
        unreachable = page.get_by_text("The server cannot be reached")
        page.clock.run_for(29_000)
        expect(unreachable).to_have_count(0)
        page.clock.run_for(2_000)
        expect(unreachable).to_have_count(2)  # the class and its roster
        page.unroute("**/v1/**")
        page.clock.run_for(11_000)
        expect(unreachable).to_have_count(0)


def test_list_of_many_pages_may_take_longer_than_one_answer(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "tom")
        make_class(page, "Long")
        page.clock.install()
        page.reload()
        expect(row_of(page, "amy")).to_be_visible()
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 3600)
        asked: list[Route] = []

        def keep(route: Route) -> None:  # Playwright takes no method of a list
            asked.append(route)

        page.route("**/members?*", keep)
        show(page, hidden=False)
        for number in range(4):
            while len(asked) <= number:
                page.evaluate("0")
            page.clock.run_for(10_000)
            if number == 0:
                first = asked[0].fetch().json()
            asked[number].fulfill(json={**first, "next_cursor": None if number == 3 else "more"})
        expect(row_of(page, "amy")).to_have_count(4)
        expect(page.get_by_text("The server cannot be reached")).to_have_count(0)


def show(page: Page, *, hidden: bool) -> None:
    """Put the page in front, or behind others."""
    page.evaluate(
        """(value) => {
            Object.defineProperty(document, "hidden", { value, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_what_is_typed_stays_while_the_page_is_kept_fresh(page: Page, demo: Demo) -> None:
    number = make_class(page, "Fresh")
    page.get_by_role("button", name="Add people").click()
    field = dialog(page).get_by_label("People to add")
    field.fill("not yet sen")
    with page.expect_response(f"**/v1/classrooms/{number}/members?*"):
        pass
    expect(field).to_have_value("not yet sen")
    expect(field).to_be_focused()


def test_student_reads_the_roster_only(browser: Browser, demo: Demo, page: Page) -> None:
    number = make_class(page, "For students")
    with open_console(browser, demo) as student:
        sign_in(student, demo, "amy")
        student.get_by_role("link", name="For students").click()
        expect(row_of(student, "bob")).to_be_visible()
        expect(student.get_by_role("button", name="Change")).to_have_count(0)
        student.goto(f"{demo.api}/#/classes/{number + 1000}")
        expect(student.get_by_text("There is no such class")).to_be_visible()


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(browser: Browser, demo: Demo, width: int, is_dark: bool) -> None:
    with open_console(browser, demo, width=width) as page:
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        sign_in(page, demo, "tom")
        make_class(page, HOSTILE + "x" * (128 - len(HOSTILE)))
        expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
        row_of(page, "amy").wait_for()
        narrow_and_accessible(page, width)
        row_of(page, "amy").get_by_role("button", name="Change").click()
        dialog(page).get_by_role("button", name="Kick").wait_for()
        narrow_and_accessible(page, width)
        page.goto(f"{demo.api}/#/classes")
        expect(page.get_by_role("link", name="<img src=x").first).to_be_visible()
        narrow_and_accessible(page, width)
        page.goto(f"{demo.api}/#/classes/new")
        page.get_by_label("Members").wait_for()
        narrow_and_accessible(page, width)
        assert page.title() == "classgate"


def narrow_and_accessible(page: Page, width: int) -> None:
    """Nothing is wider than the window, and axe finds nothing, once dialogs have faded in."""
    expect(page.locator("wa-dialog dialog.show")).to_have_count(0)
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
