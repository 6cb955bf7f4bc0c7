"""The page of the service's status in Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.support.console import (
    ApiClient,
    Demo,
    open_console,
    serious_findings,
    sign_in,
)

STATUS_CALL = "**/v1/admin/status"


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "admin")
        yield page


def open_status(page: Page) -> None:
    page.get_by_role("link", name="Status").click()
    expect(page.get_by_role("heading", name="Status", level=1)).to_be_visible()
    expect(page.locator(".tiles")).to_be_visible()


def test_grants_are_drawn_and_fetched_again(demo: Demo, page: Page) -> None:
    open_status(page)
    legend = page.locator(".legend")
    expect(legend).to_contain_text("Failed 0")
    expect(page.locator("cg-rates-chart canvas")).to_be_visible()
    tom = ApiClient(demo, "tom")
    made = tom.call("POST", "/v1/classrooms", {"title": "Counted", "members": []})
    tom.call("POST", f"/v1/classrooms/{made['classroom_id']}/start")
    for _ in range(3):
        tom.call("POST", f"/v1/classrooms/{made['classroom_id']}/entry")
    # Fetched again without anybody asking for it.
    expect(page.locator("option", has_text="Enter the room")).to_have_count(1)
    page.get_by_label("Credential").select_option(label="Enter the room")
    expect(legend).to_contain_text("Issued 3")
    page.get_by_text("The last hour by credential").click()
    row = page.get_by_role("row").filter(has_text="Enter the room")
    expect(row.get_by_role("cell")).to_have_text(["3", "0", "0"])
    expect(page.locator(".services li", has_text="STS")).to_contain_text("called")
    expect(page.get_by_text("SQLite", exact=True)).to_be_visible()
    assert serious_findings(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    chosen = page.get_by_label("Credential")
    chosen.evaluate("each => each.add(new Option('One with very many words '.repeat(4)))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_hidden_page_fetches_nothing(page: Page) -> None:
    open_status(page)
    page.clock.install()
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url))
    page.clock.run_for(120_000)
    assert calls == []
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    with page.expect_response(STATUS_CALL):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_what_needs_attention_is_said_in_words(page: Page) -> None:
    def answer_with_trouble(route: Route) -> None:
        response = route.fetch()
        status = response.json()
        status["waiting"]["outbox"][0] |= {"due": 4, "waiting": 4, "set_aside": 2}
        cos = next(each for each in status["process"]["cloud"] if each["service"] == "cos")
        cos |= {"circuit": "open", "failed": {"unavailable": 5}}
        route.fulfill(response=response, json=status)

    page.route(STATUS_CALL, answer_with_trouble)
    open_status(page)
    expect(page.locator(".tile.bad")).to_contain_text("not called for a while: COS")
    expect(page.locator(".tile.look")).to_contain_text("2 set aside")
    expect(page.locator(".services li", has_text="COS")).to_contain_text("unavailable 5")
    expect(page.get_by_text("classgate outbox list --failed")).to_be_visible()
    assert serious_findings(page) == []


def test_installation_is_checked_when_somebody_asks(page: Page) -> None:
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url))
    open_status(page)
    assert [each for each in calls if each.endswith("/doctor")] == []
    doctor = page.locator("cg-doctor")
    doctor.get_by_role("button", name="Check now").click()
    expect(doctor.get_by_text("Nothing failed.")).to_be_visible()
    expect(doctor.locator("li.warn", has_text="test an emulator")).to_contain_text("What to do:")
    expect(doctor.locator("li.ok", has_text="private bucket")).to_be_hidden()
    doctor.get_by_text("All right:").click()
    expect(doctor.locator("li.ok", has_text="private bucket")).to_be_visible()
    assert serious_findings(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_server_that_does_not_answer_is_said(page: Page) -> None:
    open_status(page)
    page.route(STATUS_CALL, lambda route: route.fulfill(status=200, body="no JSON"))
    expect(page.locator("wa-callout")).to_be_visible()
    expect(page.locator(".tiles")).to_be_visible()  # what was known stays


def test_status_is_in_chinese(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo, language="zh-CN") as page:
        page.get_by_label("用户名").fill("admin")
        page.get_by_label("密码", exact=True).fill(demo.passwords["admin"])
        page.get_by_role("button", name="登录").click()
        page.get_by_role("link", name="运行状态").click()
        expect(page.get_by_role("heading", name="每分钟签发与拒绝次数")).to_be_visible()
        expect(page.locator(".tiles")).to_contain_text("各项服务调用正常")
        page.get_by_role("button", name="立即检查").click()
        expect(page.get_by_text("没有失败的检查。")).to_be_visible()
        expect(page.locator("li.warn", has_text="以下检查针对模拟器")).to_be_visible()


def test_teacher_has_no_page_of_the_status(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "tom")
        page.goto(f"{demo.api}/#/status")
        expect(page.get_by_text("There is no such page")).to_be_visible()
