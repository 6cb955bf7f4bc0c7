"""The operator's pages in Chromium: explain."""

import json
from collections.abc import Iterator

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


@pytest.mark.parametrize("path", ["explain"])
def test_teacher_has_no_page_of_the_operator(browser: Browser, demo: Demo, path: str) -> None:
    with open_console(browser, demo) as page:
        sign_in(page, demo, "tom")
        page.goto(f"{demo.api}/#/{path}")
        expect(page.get_by_text("There is no such page")).to_be_visible()


@pytest.mark.parametrize("path", ["explain"])
@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(page: Page, path: str, width: int, is_dark: bool) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    page.goto(f"{page.url.split('#')[0]}#/{path}")
    page.locator(f"cg-{path} h1").wait_for()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
