"""Every route has one rule, every error a status and a place on the page of errors."""

import asyncio
import html
import re
import secrets
from collections.abc import Iterator

import msgspec
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from classgate.api.documentation_pages import example_body
from classgate.api.openapi import describe, described_handlers
from classgate.api.problems import STATUS, TITLES
from classgate.api.routes import create_api
from classgate.api.rules import RouteRule, rule_of
from classgate.app.wiring import build_application
from classgate.errors import ClassgateError, CloudError
from classgate.migrations.upgrade import upgrade
from classgate.settings.loading import load_settings


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    url = f"sqlite:///{tmp_path_factory.mktemp('routes')}/classgate.db"
    upgrade(url)
    settings = load_settings(
        {},
        None,
        {
            "database": {"url": url},
            "im": {"sdk_app_id": 1400000001, "secret_key": secrets.token_hex(32)},
            "cloud": {"secret_id": secrets.token_hex(16), "secret_key": secrets.token_hex(16)},
            "cos": {
                "app_id": "1250000000",
                "bucket": "courseware-1250000000",
                "region": "ap-guangzhou",
            },
            "audit": {"key": secrets.token_hex(32)},
        },
    )
    application = build_application(settings)
    yield create_api(application.api_services)
    asyncio.run(application.close())


@pytest.fixture(scope="module")
def pages(api: Litestar) -> dict[str, str]:
    """The documentation, as it is served. Not as a context: nothing has to be started for it."""
    client = TestClient(api)
    found = {}
    for path in ("/", "/docs", "/docs/errors", "/openapi.json"):
        answer = client.get(path)
        assert answer.status_code == 200
        found[path] = answer.text
    return found


def handlers(api: Litestar) -> list[tuple[str, HTTPRouteHandler]]:
    return [
        (route.path_format, handler)
        for route in api.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.http_methods != {"OPTIONS"}  # the framework's own, which says what there is
    ]


def test_every_route_has_a_rule(api: Litestar) -> None:
    assert len(handlers(api)) > 30
    assert {
        path: handler.fn.__name__
        for path, handler in handlers(api)
        if not isinstance(handler.opt.get("rule"), RouteRule)
    } == {}


def test_a_route_without_a_rule_is_refused() -> None:
    with pytest.raises(RuntimeError, match="does not say who may call it"):
        rule_of({})


def test_only_registering_and_logging_in_need_no_token(api: Litestar) -> None:
    anyone = set()
    with TestClient(api) as client:
        for path, handler in handlers(api):
            for method in handler.http_methods if path.startswith("/v1") else ():
                answer = client.request(method, re.sub(r"\{\w+\}", "1", path), content=b"{}")
                if answer.status_code != 401:
                    anyone.add((method, path))
    assert anyone == {
        ("POST", "/v1/accounts"),
        ("POST", "/v1/sessions"),
        ("GET", "/v1/console/session"),
        ("POST", "/v1/console/session"),
    }


def test_rule_is_in_the_description_of_every_call(api: Litestar, pages: dict[str, str]) -> None:
    for path, handler in handlers(api):
        if path.startswith("/v1"):
            words = rule_of(handler.opt).words
            assert words in pages["/docs"], (path, words)


# ── errors ──────────────────────────────────────────────────────────────────────────────────────


def tree(error: type[ClassgateError]) -> Iterator[type[ClassgateError]]:
    for child in error.__subclasses__():
        yield child
        yield from tree(child)


ERRORS: list[type[ClassgateError]] = sorted(
    {each for each in tree(ClassgateError) if each.__module__.startswith("classgate.")},
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_has_a_status_of_its_own_or_of_a_parent(error: type[ClassgateError]) -> None:
    if error is CloudError:  # never raised itself: one of the two below it is
        assert all(child in STATUS for child in tree(error))
        return
    assert any(parent in STATUS for parent in error.__mro__)


def test_every_status_has_a_title() -> None:
    assert set(STATUS.values()) <= set(TITLES)


def test_page_of_errors_lists_every_code_where_a_problem_points_to(pages: dict[str, str]) -> None:
    listed = re.findall(r'<h2 id="([a-z_]+)">', pages["/docs/errors"])
    assert len(listed) == len(set(listed))
    assert set(listed) == {ClassgateError.code, *(error.code for error in ERRORS)}


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/errors"])
def test_page_loads_nothing_from_anywhere(pages: dict[str, str], path: str) -> None:
    text = pages[path]
    assert not re.search(r"<(script|link|img|iframe|object|embed|base)\b", text)
    assert not re.search(r"(src|srcset|@import|url\()\s*=?", text)
    assert all(link.startswith(("/", "#")) for link in re.findall(r'href="([^"]*)"', text))


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/errors"])
def test_page_may_run_and_load_nothing(api: Litestar, path: str) -> None:
    policy = TestClient(api).get(path).headers["content-security-policy"].split("; ")
    assert policy == [
        "default-src 'none'", "style-src 'unsafe-inline'", "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'",
    ]  # fmt: skip


def test_front_page_leads_to_the_documentation(pages: dict[str, str]) -> None:
    assert re.findall(r'href="([^"]*)"', pages["/"]) == ["/docs", "/docs/errors", "/openapi.json"]


@pytest.mark.parametrize(
    "accept", ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*", None]
)
def test_front_page_is_shown_to_people(api: Litestar, accept: str | None) -> None:
    client = TestClient(api)
    if accept is None:
        del client.headers["accept"]
    answer = client.get("/", headers={} if accept is None else {"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "application/json, text/plain, */*",
        "application/problem+json",
        "image/*",
    ],
)
def test_front_page_is_no_call_of_the_api(api: Litestar, accept: str) -> None:
    answer = TestClient(api).get("/", headers={"accept": accept})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["reason"]) == (404, "route_not_found")


def test_docs_say_how_the_token_is_sent(pages: dict[str, str]) -> None:
    assert "Authorization: Bearer $TOKEN" in pages["/docs"]
    assert "the security scheme <code>bearer</code>" in pages["/docs"]


def test_every_call_has_a_sentence_and_an_example(api: Litestar, pages: dict[str, str]) -> None:
    calls = re.findall(r"<details>.*?</details>", pages["/docs"], re.DOTALL)
    schema = describe(api)
    operations = {
        (method.upper(), path): operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    assert len(calls) == len(operations)
    for call in calls:
        found = re.search(r'"method">([A-Z]+)</span><code>([^<]+)</code>', call)
        assert found, call
        operation = operations[found[1], found[2]]
        assert f"<p>{operation['description'].split('`')[0]}" in html.unescape(call)
        assert ("Bearer $TOKEN" in call) == (operation.get("security") != [])
        example = re.search(r"<pre>(curl .*?)</pre>", call, re.DOTALL)
        assert example
        assert "…" not in example[1], f"EXAMPLES lacks a field of {found[2]}"
        assert "{" not in example[1].partition("-d ")[0]


def test_examples_are_bodies_that_the_calls_take(api: Litestar) -> None:
    schema, decoded = describe(api), 0
    for path, method, handler in described_handlers(api):
        if handler.parsed_data_field is not None:
            body = example_body(schema, schema["paths"][path][method])
            assert body
            msgspec.convert(body, handler.parsed_data_field.annotation)
            decoded += 1
    assert decoded >= 10


def test_openapi_is_version_3_1_and_names_every_call(api: Litestar, pages: dict[str, str]) -> None:
    assert '"openapi":"3.1' in pages["/openapi.json"].replace(" ", "")
    schema = api.openapi_schema.to_schema()
    described = {
        (method.upper(), path) for path, methods in schema["paths"].items() for method in methods
    }
    served = {
        (str(method), path)
        for path, handler in handlers(api)
        for method in handler.http_methods
        if path.startswith("/v1")
    }
    assert described == served
