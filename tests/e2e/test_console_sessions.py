"""A session that ends in the console while somebody works: nothing that was begun is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.support.console import Demo, open_console, running_demo, sign_in
from tests.support.console_api import School
from tests.support.console_uploads import (
    MEGABYTE,
    Parts,
    ShortCredentials,
    choose,
    open_class,
    upload_of,
    upload_three_parts,
    write,
)

ENDED = "The session has ended. Sign in again"


def end_sessions(school: School, who: str) -> None:
    """End the sessions of somebody's browsers."""
    for each in school.call(who, "GET", "/v1/sessions")["items"]:
        if each["channel"] == "console":
            school.call(who, "DELETE", f"/v1/sessions/{each['session_id']}")


def sign_in_again(page: Page, demo: Demo, who: str) -> None:
    expect(page.get_by_text(ENDED)).to_be_visible()
    sign_in(page, demo, who)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo whose credentials for uploads are valid for the shortest time."""
    folder = tmp_path_factory.mktemp("console")
    with running_demo(folder, CLASSGATE_COS__CREDENTIAL_LIFETIME="60") as demo:
        yield demo


def test_expired_upload_goes_on_after_the_account_was_disabled_and_enabled(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    """The store refuses credentials that have expired, and classgate others."""
    number = school.new_class("A disabled assistant", bob="assistant")
    sign_in(page, demo, "bob")
    open_class(page, number)
    parts = Parts(page)

    def disable(disabled: bool = True) -> None:
        school.call("admin", "PATCH", "/v1/admin/accounts/bob", {"disabled": disabled})

    credentials = ShortCredentials(page, school)
    choose(page, write(tmp_path, "long.mp4", 6 * MEGABYTE))
    credentials.expire(disable)
    expect(page.get_by_text("Your uploads are paused. Sign in as bob")).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value("bob")
    stored = parts.stored.copy()
    disable(False)
    sign_in_again(page, demo, "bob")
    expect(page.get_by_text("1 of 1 files uploaded")).to_be_visible()
    assert {part for _, part in stored} == {1, 2, 3}
    assert set(parts.refused) == {403}
    assert parts.were_sent_once(stored)


def test_upload_goes_on_after_the_place_was_taken_away_and_given_back(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("An assistant again", amy="assistant")
    member = f"/v1/classrooms/{number}/members/amy"
    sign_in(page, demo, "amy")
    open_class(page, number)
    parts = Parts(page)
    upload_three_parts(page, demo, write(tmp_path, "long.mp4", 6 * MEGABYTE))
    school.call("tom", "DELETE", member)
    page.get_by_role("button", name="Resume long.mp4").click()
    expect(upload_of(page, "long.mp4")).to_contain_text("not uploaded")
    stored = parts.stored.copy()
    school.call("tom", "PUT", member, {"role": "assistant"})
    page.get_by_role("button", name="Try again: long.mp4").click()
    expect(upload_of(page, "long.mp4")).to_contain_text("· uploaded")
    assert {part for _, part in stored} == {1, 2, 3}
    assert parts.were_sent_once(stored)


def test_session_that_ends_before_the_last_call_sends_nothing_again(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("Stored, not confirmed")
    sign_in(page, demo, "tom")
    open_class(page, number)
    parts = Parts(page)

    def end(route: Route) -> None:
        end_sessions(school, "tom")
        route.continue_()

    page.route("**/v1/uploads/*/complete", end, times=1)
    choose(page, write(tmp_path, "slides.mp4", 2 * MEGABYTE))
    sign_in_again(page, demo, "tom")
    expect(page.get_by_text("1 of 1 files uploaded")).to_be_visible()
    assert sorted(part for _, part in parts.sent) == [1, 2]


def test_form_outlives_the_session_of_its_owner_only(
    page: Page, demo: Demo, school: School
) -> None:
    sign_in(page, demo, "tom")
    page.goto(f"{demo.api}/#/classes/new")
    page.get_by_label("Title").fill("Typed for an hour")
    end_sessions(school, "tom")
    page.get_by_role("button", name="Make the class").click()
    expect(page.get_by_text(ENDED)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    sign_in_again(page, demo, "tom")
    expect(page.get_by_label("Title")).to_have_value("Typed for an hour")
    end_sessions(school, "tom")
    page.get_by_role("button", name="Make the class").click()
    sign_in_again(page, demo, "amy")
    expect(page.get_by_text("Typed for an hour")).to_have_count(0)


def test_another_tab_is_the_same_person(browser: Browser, demo: Demo) -> None:
    """All tabs have one cookie, so none shows the pages of somebody else."""
    with open_console(browser, demo) as page:
        sign_in(page, demo, "admin")
        other = page.context.new_page()
        other.goto(f"{demo.api}/")
        expect(other.get_by_role("link", name="People")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        sign_in(page, demo, "amy")
        expect(other.get_by_role("link", name="Classes")).to_be_visible()
        expect(other.get_by_role("link", name="People")).to_have_count(0)
