"""docs/reference/http-api.md speaks of every call under /v1, its rule, its fields, and no other."""

import asyncio
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.enums import HttpMethod
from litestar.routes import HTTPRoute

from classgate.api.openapi import describe
from classgate.api.routes import create_api
from classgate.api.rules import RouteRule
from classgate.app.wiring import build_application
from classgate.settings.loading import SettingsTree, load_settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "http-api.md"
SECTION = re.compile(
    r"^### (?P<call>[A-Z]+ /v1\S*)\n(?P<body>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL
)


def settings_for(folder: Path) -> SettingsTree:
    """The least that an application needs, with keys made for this run."""
    return {
        "database": {"url": f"sqlite:///{folder}/docs.db"},
        "im": {"sdk_app_id": 1400000001, "secret_key": secrets.token_hex(32)},
        "cloud": {"secret_id": secrets.token_hex(16), "secret_key": secrets.token_hex(16)},
        "cos": {
            "app_id": "1250000000",
            "bucket": "courseware-1250000000",
            "region": "ap-guangzhou",
        },
        "audit": {"key": secrets.token_hex(32)},
    }


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    folder = tmp_path_factory.mktemp("docs")
    application = build_application(load_settings({}, None, settings_for(folder)))
    yield create_api(application)
    asyncio.run(application.close())


def documented() -> dict[str, str]:
    """The page's sections by call."""
    sections = [
        (found["call"], found["body"]) for found in SECTION.finditer(PAGE.read_text("utf-8"))
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
            rules = [rule.words for rule in handler.guards or () if isinstance(rule, RouteRule)]
            for method in handler.http_methods - {HttpMethod.OPTIONS}:
                found[f"{method} {route.path_format}"] = (
                    " and ".join(rules),
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


def test_every_call_is_described_and_no_other(api: Litestar) -> None:
    assert set(documented()) == set(calls(api))


def test_each_rule_and_status_are_those_of_the_code(api: Litestar) -> None:
    sections = documented()
    wanted = {
        call: f"Rule: {words}. Answers {status}." for call, (words, status) in calls(api).items()
    }
    assert {call: text for call, text in wanted.items() if text not in sections[call]} == {}


def test_each_field_of_a_request_is_named(api: Litestar) -> None:
    sections = documented()
    missing = {
        call: {name for name in names if f"`{name}`" not in sections[call]}
        for call, names in fields(api).items()
    }
    assert {call: names for call, names in missing.items() if names} == {}
