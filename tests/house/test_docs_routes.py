"""The pages of the HTTP API, in both languages, speak of every call under /v1, its rule and its
fields, and of no other.
"""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.enums import HttpMethod
from litestar.routes import HTTPRoute
from tests.support.minimal_settings import settings_for

from classgate.api.openapi import describe
from classgate.api.routes import create_api
from classgate.api.rules import rule_of
from classgate.app.wiring import build_application
from classgate.settings.loading import load_settings

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference" / "http-api.md"
CHINESE = DOCS / "zh-CN" / "http-api.md"
PAGES = (PAGE, CHINESE)
SECTION = re.compile(
    r"^### (?P<call>[A-Z]+ /v1\S*)\n(?P<body>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    folder = tmp_path_factory.mktemp("docs")
    application = build_application(load_settings({}, None, settings_for(folder)))
    yield create_api(application.api_services)
    asyncio.run(application.close())


def documented(page: Path) -> dict[str, str]:
    """The page's sections by call."""
    sections = [
        (found["call"], found["body"]) for found in SECTION.finditer(page.read_text("utf-8"))
    ]
    assert len(sections) == len(dict(sections)), "a call is described twice"
    return dict(sections)


def calls(api: Litestar) -> dict[str, tuple[str, int]]:
    """Every call under /v1, with its rule's words and its status."""
    found = {}
    for route in api.routes:
        if not isinstance(route, HTTPRoute) or not route.path_format.startswith("/v1"):
            continue
        for handler in route.route_handlers:
            for method in handler.http_methods - {HttpMethod.OPTIONS}:
                found[f"{method} {route.path_format}"] = (
                    rule_of(handler.opt).words,
                    handler.status_code,
                )
    return found


def fields(api: Litestar) -> dict[str, set[str]]:
    """The names that each call takes, in its body and in its query."""
    schema = describe(api)
    found = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rpartition("/")[2]
                names |= set(schema["components"]["schemas"][name]["properties"])
            found[f"{method.upper()} {path}"] = names
    return found


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_call_is_described_and_no_other(api: Litestar, page: Path) -> None:
    assert set(documented(page)) == set(calls(api))


def test_each_rule_and_status_are_those_of_the_code(api: Litestar) -> None:
    sections = documented(PAGE)
    wanted = {
        call: f"Rule: {words}. Answers {status}." for call, (words, status) in calls(api).items()
    }
    assert {call: text for call, text in wanted.items() if text not in sections[call]} == {}


def test_calls_of_one_rule_have_one_rule_in_chinese_too(api: Litestar) -> None:
    """And no two rules have the same words there."""
    sections, in_chinese = documented(CHINESE), dict[str, set[str]]()
    for call, (words, status) in calls(api).items():
        found = re.search(rf"^规则：(.+)。返回 {status}。$", sections[call], re.MULTILINE)
        assert found, call
        in_chinese.setdefault(words, set()).add(found[1])
    assert {words: found for words, found in in_chinese.items() if len(found) != 1} == {}
    assert len({text for (text,) in in_chinese.values()}) == len(in_chinese)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_each_field_of_a_request_is_named(api: Litestar, page: Path) -> None:
    sections = documented(page)
    missing = {
        call: {name for name in names if f"`{name}`" not in sections[call]}
        for call, names in fields(api).items()
    }
    assert {call: names for call, names in missing.items() if names} == {}


def test_both_pages_name_the_same_fields_and_words_of_the_wire() -> None:
    """What stands in code marks is not translated, so that both pages have it."""
    english, chinese = documented(PAGE), documented(CHINESE)
    codes = {
        page: {call: set(re.findall(r"`([a-z_]+)`", text)) for call, text in sections.items()}
        for page, sections in (("english", english), ("chinese", chinese))
    }
    missing = {call: names - codes["chinese"][call] for call, names in codes["english"].items()}
    assert {call: names for call, names in missing.items() if names} == {}
