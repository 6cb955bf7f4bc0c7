"""The operator's pages in Chromium: explain, refusals and audit."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.support.console import (
    Demo,
    open_console,
    serious_findings,
    sign_in,
)

HOSTILE = '<img src=x onerror="document.title=1">'
RIGHT_TO_LEFT = "\u202efdp.exe"
BUCKET = "courseware-1250000000"
POLICY = json.dumps(
    {
        "version": "2.0",
        "statement": [
            {
                "effect": "allow",
                "action": ["name/cos:PutObject"],
                "resource": [f"qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/classes/7/*"],
            }
        ],
    }
)
REFUSED_REQUEST = (
    f"curl 'https://{BUCKET}.cos.ap-guangzhou.myqcloud.com/classes/7/a.pdf' -X 'PUT' "
    "-H 'Authorization: q-sign-algorithm=sha1&q-ak=AKIDemo&q-sign-time=1700000000;1700003600"
    "&q-key-time=1700000000;1700003600&q-header-list=host&q-url-param-list="
    f"&q-signature={'0123456789' * 4}'"
)


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "admin")
        yield page


def explain(page: Page, text: str) -> Locator:
    """Paste a text into the page of explanations, and return the answer."""
    page.get_by_label("What was refused").fill(text)
    page.get_by_role("button", name="Explain").click()
    answer = page.locator(".explanation")
    answer.wait_for()
    return answer


def open_explain(page: Page) -> None:
    page.get_by_role("link", name="Explain").click()
    expect(page.get_by_role("heading", name="Explain", level=1)).to_be_visible()


def test_code_is_explained_with_what_to_do(page: Page) -> None:
    open_explain(page)
    answer = explain(page, "70001")
    expect(answer).to_contain_text("A code")
    expect(answer).to_contain_text("expired")
    expect(answer).to_contain_text("What to do:")


def test_refused_request_shows_checks_causes_and_the_signed_text(page: Page) -> None:
    open_explain(page)
    answer = explain(page, REFUSED_REQUEST)
    expect(answer).to_contain_text("The check time fails.")
    expect(answer.locator(".outcomes .fails")).to_contain_text("time")
    expect(answer.locator(".causes li").first).to_contain_text("expired")
    expect(answer.get_by_role("region", name="Signed text")).to_contain_text("/classes/7/a.pdf")
    assert serious_findings(page) == []


def test_policy_is_asked_whether_it_allows_a_request(page: Page) -> None:
    open_explain(page)
    expect(page.get_by_label("Bucket")).to_have_count(0)
    page.get_by_label("What was refused").fill(POLICY)
    page.get_by_label("Bucket").fill(BUCKET)
    page.get_by_label("Object key").fill("classes/8/a.pdf")
    page.get_by_role("button", name="Explain").click()
    answer = page.locator(".explanation")
    expect(answer.locator(".outcomes .fails")).to_contain_text("grant")
    page.get_by_label("Object key").fill("classes/7/a.pdf")
    page.get_by_role("button", name="Explain").click()
    expect(answer.locator(".outcomes .fails")).to_have_count(0)
    expect(answer.locator(".passes", has_text="grant")).to_be_visible()


def test_pasted_text_is_kept_nowhere(page: Page) -> None:
    open_explain(page)
    explain(page, "70001 something-to-forget")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "something-to-forget" not in kept
    assert "something-to-forget" not in page.url
    page.get_by_role("link", name="My account").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    open_explain(page)
    expect(page.get_by_label("What was refused")).to_have_value("")


def test_hostile_text_is_shown_as_text(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    open_explain(page)
    resource = f"qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/{HOSTILE}{RIGHT_TO_LEFT}{'W' * 500}"
    policy = POLICY.replace(f"qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/classes/7/*", "%")
    answer = explain(page, policy.replace('"%"', json.dumps(resource)))
    expect(answer).to_contain_text(HOSTILE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.title() == "classgate"
    assert serious_findings(page) == []


def test_explanation_is_in_chinese(browser: Browser, demo: Demo) -> None:
    with open_console(browser, demo, language="zh-CN") as page:
        page.get_by_label("用户名").fill("admin")
        page.get_by_label("密码", exact=True).fill(demo.passwords["admin"])
        page.get_by_role("button", name="登录").click()
        page.get_by_role("link", name="诊断").click()
        page.get_by_label("被拒绝的内容").fill("70001")
        page.get_by_role("button", name="诊断").click()
        expect(page.locator(".explanation")).to_contain_text("处理方法")
        expect(page.locator(".explanation")).to_contain_text("过期")


class Caller:
    """Somebody who calls the HTTP API of the demo."""

    def __init__(self, demo: Demo, identifier: str) -> None:
        self._demo = demo
        log_in = {"identifier": identifier, "password": demo.passwords[identifier]}
        self._token = self.call("POST", "/v1/sessions", log_in)["access_token"]

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        token = getattr(self, "_token", None)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = httpx.request(
            method, self._demo.api + path, json=body, headers=headers, timeout=60
        )
        return dict(answer.json()) if answer.content else {}

    def make_class(self, title: str, *members: str) -> int:
        """Make a class and start it; return its id."""
        roster = [{"identifier": each, "role": "student"} for each in members]
        made = self.call("POST", "/v1/classrooms", {"title": title, "members": roster})
        classroom_id = int(made["classroom_id"])
        self.call("POST", f"/v1/classrooms/{classroom_id}/start")
        return classroom_id

    def wait_for_refusals(self, query: str) -> None:
        """Wait until refusals are listed, which may take two seconds."""
        deadline = time.monotonic() + 60  # it only ends what hangs
        while not self.call("GET", f"/v1/admin/refusals?{query}")["items"]:
            assert time.monotonic() < deadline, "no refusal was listed"
            time.sleep(0.05)


def fail_to_log_in(demo: Demo, identifier: str) -> None:
    body = {"identifier": identifier, "password": "certainly the wrong one"}
    assert httpx.post(f"{demo.api}/v1/sessions", json=body, timeout=60).status_code == 401


def search(page: Page, identifier: str = "", classroom: str = "") -> None:
    """Show the rows of a person, of a class, or all."""
    form = page.locator("search")
    form.get_by_label("User name").fill(identifier)
    form.get_by_label("Class", exact=True).fill(classroom)
    form.get_by_role("button", name="Show", exact=True).click()


def test_refusals_are_found_by_person_and_request(demo: Demo, page: Page) -> None:
    fail_to_log_in(demo, "tom")
    fail_to_log_in(demo, "nobody_like_this")
    admin = Caller(demo, "admin")
    admin.wait_for_refusals("identifier=tom")
    admin.wait_for_refusals("identifier=nobody_like_this")
    page.get_by_role("link", name="Refusals").click()
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="Unknown user name")).to_contain_text("wrong_credentials")
    expect(page.get_by_role("list", name="by reason")).to_contain_text(
        "Wrong user name or password 2"
    )
    search(page, identifier="tom")
    expect(rows).to_have_count(2)  # with the head
    expect(rows.last).to_contain_text("tom")
    request = rows.last.get_by_text("Request ").inner_text().removeprefix("Request ")
    page.get_by_label("Request ID").fill(request)
    search(page)
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("tom")
    search(page, identifier=HOSTILE)
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    assert page.title() == "classgate"


def test_refusal_leads_to_its_class(demo: Demo, page: Page) -> None:
    classroom_id = Caller(demo, "tom").make_class("Without amy", "bob")
    Caller(demo, "amy").call("POST", f"/v1/classrooms/{classroom_id}/entry")
    Caller(demo, "admin").wait_for_refusals(f"classroom={classroom_id}")
    page.get_by_role("link", name="Refusals").click()
    search(page, classroom=str(classroom_id))
    row = page.get_by_role("row").filter(has_text="amy")
    expect(row).to_contain_text("classroom_not_found")
    row.get_by_role("link", name=f"Class {classroom_id}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Without amy")


def open_audit(page: Page) -> None:
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()


def test_audit_is_read_in_sentences(demo: Demo, page: Page) -> None:
    classroom_id = Caller(demo, "tom").make_class(HOSTILE, "amy")
    open_audit(page)
    search(page, classroom=str(classroom_id))
    rows = page.locator("cg-audit > table tbody tr")
    expect(rows.filter(has_text=f"tom made class {classroom_id}.")).to_have_count(1)
    expect(rows.filter(has_text=f"tom started class {classroom_id}.")).to_have_count(1)
    rows.first.get_by_text("Details").click()
    expect(rows.first.get_by_text("Request ")).to_be_visible()
    assert serious_findings(page) == []
    search(page, identifier="nobody_like_this")
    expect(page.get_by_role("status").last).to_contain_text("Request")


def test_two_questions_about_credentials(demo: Demo, page: Page) -> None:
    tom = Caller(demo, "tom")
    classroom_id = tom.make_class("Questions", "amy", "bob")
    Caller(demo, "amy").call("POST", f"/v1/classrooms/{classroom_id}/entry")
    tom.call("POST", f"/v1/classrooms/{classroom_id}/members/amy/kick")
    open_audit(page)
    who = page.locator("cg-who-could-enter")
    who.get_by_label("Class", exact=True).fill(str(classroom_id))
    who.get_by_role("button", name="Ask").click()
    expect(who.get_by_role("row").filter(has_text="amy")).to_have_count(1)
    expect(who.get_by_role("row")).to_have_count(2)  # with the head
    held = page.locator("cg-what-is-held")
    held.get_by_label("User name").fill("amy")
    held.get_by_role("button", name="Ask").click()
    row = held.get_by_role("row").filter(has_text=f"Class {classroom_id}")
    expect(row).to_contain_text("Enter the room")
    expect(row).to_contain_text("ended")
    assert serious_findings(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    who.get_by_label("Class", exact=True).fill("4000000")
    who.get_by_role("button", name="Ask").click()
    expect(who.get_by_text("Nobody: no entry credentials")).to_be_visible()


@pytest.mark.parametrize("path", ["explain", "refusals", "audit"])
def test_teacher_has_no_page_of_the_operator(browser: Browser, demo: Demo, path: str) -> None:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "tom")
        page.goto(f"{demo.api}/#/{path}")
        expect(page.get_by_text("There is no such page")).to_be_visible()


@pytest.mark.parametrize("path", ["explain", "refusals", "audit"])
@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(page: Page, path: str, width: int, is_dark: bool) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    page.goto(f"{page.url.split('#')[0]}#/{path}")
    page.locator(f"cg-{path} h1").wait_for()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
