"""Courseware in the console: uploads that are interrupted, refused and renewed; downloads."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Response, Route, expect
from tests.support.console import (
    Demo,
    open_console,
    serious_findings,
    sign_in,
)
from tests.support.console_api import School
from tests.support.console_uploads import (
    MEGABYTE,
    Parts,
    choose,
    drop,
    files,
    open_class,
    upload_of,
    upload_three_parts,
    write,
)

expect.set_options(timeout=60_000)


class Calls:
    """The calls of the API whose path ends so."""

    def __init__(self, page: Page, ending: str) -> None:
        self.seen: list[str] = []
        page.on("request", lambda sent: self._note(sent, ending))

    def _note(self, request: Request, ending: str) -> None:
        if urlsplit(request.url).path.endswith(ending):
            self.seen.append(request.url)


def age_first_credentials(page: Page, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Make the page renew the first credentials at once; `meanwhile`: before it has them."""

    def answer(route: Route) -> None:
        answered = route.fetch()
        grant = answered.json()
        meanwhile()
        route.fulfill(response=answered, json={**grant, "refresh_after": grant["server_time"]})

    page.route("**/v1/classrooms/*/uploads", answer)


def test_three_files_outlive_a_lost_line_and_a_reload(
    browser: Browser, demo: Demo, school: School, tmp_path: Path
) -> None:
    """What the bucket has is not sent again; a student downloads the same bytes."""
    number = school.new_class("Three large files", amy="student")
    paths = [write(tmp_path, f"film {each}.mp4", 30 * MEGABYTE) for each in (1, 2, 3)]
    with open_console(browser, demo, loses_line=True) as page:
        sign_in(page, demo, "tom")
        open_class(page, number)
        before = Parts(page)

        def cut(_response: Response) -> None:
            if len(before.stored) >= 20:
                page.context.set_offline(True)

        page.on("response", cut)
        choose(page, *paths)
        for path in paths:
            expect(upload_of(page, path.name)).to_contain_text("The connection was lost")
        page.remove_listener("response", cut)
        kept = before.stored.copy()
        after = Parts(page)
        page.goto("about:blank")
        page.context.set_offline(False)
        page.goto(f"{demo.api}/")
        open_class(page, number)
        expect(page.get_by_text("choose the same file again")).to_have_count(3)
        choose(page, *reversed(paths))
        expect(page.get_by_text("3 of 3 files uploaded")).to_be_visible(timeout=300_000)
        expect(files(page)).to_have_count(3)
    assert len(kept) >= 20
    assert not kept & set(after.sent)
    assert {key for key, _ in after.sent} == {key for key, _ in before.sent}  # begun once
    with open_console(browser, demo) as page:
        sign_in(page, demo, "amy")
        open_class(page, number)
        for path in paths:
            with page.expect_download() as download:
                page.get_by_role("link", name=f"Download {path.name}").click()
            assert download.value.suggested_filename == path.name
            assert download.value.path().read_bytes() == path.read_bytes()


def test_paused_upload_continues_where_it_was(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("A pause")
    path = write(tmp_path, "slides.pdf", 6 * MEGABYTE)
    sign_in(page, demo, "tom")
    open_class(page, number)
    before = Parts(page)
    upload_three_parts(page, demo, path)
    kept, after = before.stored.copy(), Parts(page)
    page.get_by_role("button", name="Resume slides.pdf").click()
    expect(upload_of(page, "slides.pdf")).to_contain_text("uploaded")
    assert {part for _, part in kept} == {1, 2, 3}
    assert {part for _, part in after.sent} == {4, 5, 6}


def test_credentials_are_renewed_before_they_expire(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("Aged credentials")
    path = write(tmp_path, "slides.pdf", 3 * MEGABYTE)
    sign_in(page, demo, "tom")
    open_class(page, number)
    age_first_credentials(page)
    renewals = Calls(page, "/credentials")
    choose(page, path)
    expect(page.get_by_text("1 of 1 files uploaded")).to_be_visible()
    assert len(renewals.seen) == 1  # shared by all parts


def test_role_that_is_taken_away_ends_the_upload(
    page: Page, demo: Demo, school: School, browser: Browser, tmp_path: Path
) -> None:
    number = school.new_class("No longer an assistant", bob="assistant")
    path = write(tmp_path, "slides.pdf", 3 * MEGABYTE)
    sign_in(page, demo, "bob")
    open_class(page, number)

    def take_the_role() -> None:
        school.call("tom", "PUT", f"/v1/classrooms/{number}/members/bob", {"role": "student"})

    age_first_credentials(page, take_the_role)
    choose(page, path)
    refused = upload_of(page, "slides.pdf")
    expect(refused).to_contain_text("not uploaded")
    expect(refused).to_contain_text("upload courseware")
    expect(refused).to_contain_text("Request r")
    expect(page.get_by_role("button", name="Choose files")).to_have_count(0)
    assert school.courseware("tom", number) == []


def test_class_that_ends_ends_the_upload(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("Over")
    school.call("tom", "POST", f"/v1/classrooms/{number}/start")
    path = write(tmp_path, "slides.pdf", 3 * MEGABYTE)
    sign_in(page, demo, "tom")
    open_class(page, number)
    age_first_credentials(page, lambda: school.call("tom", "POST", f"/v1/classrooms/{number}/end"))
    choose(page, path)
    expect(upload_of(page, "slides.pdf")).to_contain_text("The class has ended")


def test_file_that_is_not_accepted_is_refused_with_the_reason(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("Refused files")
    sign_in(page, demo, "tom")
    open_class(page, number)
    program = write(tmp_path, "game.exe", 10)
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as file:
        file.truncate(513 * MEGABYTE)  # sparse; at most 512 MiB are accepted
    empty = write(tmp_path, "empty.pdf", 0)
    choose(page, program, huge, empty, write(tmp_path, "good.pdf", 10))
    expect(upload_of(page, "game.exe")).to_contain_text("Accepted are: .3gp")
    expect(upload_of(page, "huge.mp4")).to_contain_text("may have at most 536.9 MB")
    expect(upload_of(page, "empty.pdf")).to_contain_text("The file is empty")
    expect(upload_of(page, "good.pdf")).to_contain_text("· uploaded")
    page.get_by_role("button", name="Remove game.exe from the uploads").click()
    expect(upload_of(page, "game.exe")).to_have_count(0)


def test_store_that_is_unavailable_is_tried_again(
    browser: Browser, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("A store with a pause")
    path = write(tmp_path, "slides.pdf", 10)
    with open_console(browser, demo, store_fails=True) as page:
        sign_in(page, demo, "tom")
        open_class(page, number)
        page.route(
            f"{demo.emulator}/**",
            lambda route: route.fulfill(status=503, headers={"access-control-allow-origin": "*"}),
        )
        choose(page, path)
        expect(upload_of(page, "slides.pdf")).to_contain_text("The storage is not available")
        page.unroute(f"{demo.emulator}/**")
        page.get_by_role("button", name="Try again: slides.pdf").click()
        expect(upload_of(page, "slides.pdf")).to_contain_text("· uploaded")


def test_cancelled_upload_is_gone(page: Page, demo: Demo, school: School, tmp_path: Path) -> None:
    number = school.new_class("Cancelled")
    path = write(tmp_path, "slides.pdf", 3 * MEGABYTE)
    sign_in(page, demo, "tom")
    open_class(page, number)
    page.route(f"{demo.emulator}/**", lambda _route: None)  # no answer
    choose(page, path)
    expect(upload_of(page, "slides.pdf")).to_contain_text("uploading")
    with page.expect_response(lambda got: got.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Remove slides.pdf from the uploads").click()
    assert deleted.value.status == 204
    expect(page.locator(".upload")).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(page.get_by_text("Drop the first file above")).to_be_visible()
    expect(page.locator(".upload")).to_have_count(0)


def test_folder_is_uploaded_without_files_of_the_system(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("A folder")
    folder = tmp_path / "term"
    (folder / "week 1").mkdir(parents=True)
    write(folder, "plan.pdf", 10)
    write(folder / "week 1", "slides.pdf", 10)
    write(folder, ".DS_Store", 10)
    sign_in(page, demo, "tom")
    open_class(page, number)
    page.locator("#upload-folder").set_input_files(folder)
    expect(page.get_by_text("2 of 2 files uploaded")).to_be_visible()
    expect(files(page)).to_have_count(2)


def test_files_and_a_folder_are_dropped_with_the_mouse(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    """Dragged from the desktop, as Chromium hears of it; a folder with all that is in it."""
    number = school.new_class("Dropped")
    folder = tmp_path / "term"
    (folder / "week 1").mkdir(parents=True)
    write(folder / "week 1", "slides.pdf", 10)
    write(folder, "Thumbs.db", 10)
    sign_in(page, demo, "tom")
    open_class(page, number)
    drop(page, write(tmp_path, "first.pdf", 10), write(tmp_path, "second.pdf", 10))
    expect(page.get_by_text("2 of 2 files uploaded")).to_be_visible()
    drop(page, folder, write(tmp_path, "third.pdf", 10))
    expect(page.get_by_text("4 of 4 files uploaded")).to_be_visible()
    names = {each["file_name"] for each in school.courseware("tom", number)}
    assert names == {"first.pdf", "second.pdf", "third.pdf", "slides.pdf"}


def test_file_is_deleted_after_a_question(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("Deleted")
    sign_in(page, demo, "tom")
    open_class(page, number)
    choose(page, write(tmp_path, "old.pdf", 10))
    expect(files(page)).to_contain_text("tom")
    expect(files(page)).to_contain_text("application/pdf")
    page.get_by_role("button", name="Delete old.pdf").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("button", name="Delete old.pdf")).to_be_visible()
    page.get_by_role("button", name="Delete old.pdf").click()
    page.get_by_role("button", name="Delete the file").click()
    expect(page.get_by_text("“old.pdf” was deleted")).to_be_visible()
    expect(page.get_by_text("There is no courseware yet")).to_be_visible()


HOSTILE = "<img src=x onerror=alert(1)>" + "很" * 60 + "fdp.exe.pdf"


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_page_of_courseware_is_accessible_in_chinese(
    browser: Browser, demo: Demo, school: School, tmp_path: Path, width: int, is_dark: bool
) -> None:
    """Also with names of files that are markup, or very long."""
    number = school.new_class("Accessible")
    with open_console(browser, demo, width=width) as page:
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        sign_in(page, demo, "tom")
        page.get_by_role("button", name="中文").click()
        page.goto(f"{demo.api}/#/classes/{number}/courseware")
        expect(page.get_by_text("将文件或文件夹拖到此处")).to_be_visible()
        assert serious_findings(page) == []
        choose(page, write(tmp_path, HOSTILE, 10), write(tmp_path, "game.exe", 10))
        expect(page.locator(".upload.done")).to_contain_text("<img src=x")
        expect(upload_of(page, "game.exe")).to_contain_text("不支持上传此类型的文件")
        expect(files(page)).to_contain_text("<img src=x onerror=alert(1)>")
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_name_that_reverses_what_follows_is_refused(
    page: Page, demo: Demo, school: School, tmp_path: Path
) -> None:
    number = school.new_class("Reversed")
    sign_in(page, demo, "tom")
    open_class(page, number)
    choose(page, write(tmp_path, "sl\u202efdp.exe.pdf", 10))
    expect(page.locator(".upload")).to_contain_text("not uploaded")
    expect(page.locator(".upload bdi")).to_have_count(1)  # nothing outside of the name is reversed
