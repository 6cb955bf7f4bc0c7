"""The description of the API (OpenAPI 3.1), from which clients are generated.

Litestar describes the calls and their parameters; msgspec describes the bodies and the answers. It
is what reads and writes them, so that bounds, nulls and refused fields are those of the code.
"""

import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from classgate.api import rules
from classgate.api.problems import Problem
from classgate.api.schema import ENFORCED_LATER

Schema = dict[str, Any]


def describe(app: Litestar) -> Schema:
    """Return the OpenAPI document of every call, ready for JSON."""
    document = app.openapi_schema.to_schema()
    document["components"]["schemas"] = _component_schemas(app)
    for path, method, handler in described_handlers(app):
        operation = document["paths"][path][method]
        if len(handler.http_methods) > 1 and method == "post":
            operation["summary"] += ", by POST"
        if rule_of(handler).is_public:
            operation["security"] = []
        body = handler.parsed_data_field
        if body is not None and body.has_default:
            operation["requestBody"]["required"] = False
        operation["responses"].get("204", {}).pop("content", None)  # of an answer with a cookie
        for response in operation["responses"].values():
            _match_any(response)
        for parameter in operation.get("parameters", []):
            _drop_null(parameter["schema"])
    return document


def described_handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Yield path, method and handler of every described call."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if handler.resolve_include_in_schema():
                for method in handler.http_methods:
                    yield re.sub(r":[a-z]+}", "}", route.path), method.lower(), handler


def rule_of(handler: HTTPRouteHandler) -> rules.RouteRule:
    """Return the one rule of a route."""
    return rules.rule_of(handler.opt)


def _component_schemas(app: Litestar) -> Schema:
    types: list[Any] = [Problem]
    for _, _, handler in described_handlers(app):
        answer = handler.parsed_return_field.annotation
        types += get_args(answer) or (answer,)  # msgspec itself takes no union of structs
        if handler.parsed_data_field is not None:
            types.append(handler.parsed_data_field.annotation)
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        for each in (schema, *schema.get("properties", {}).values()):
            _type_enum(each)
            _apply_later_bounds(each)
    return schemas


def _apply_later_bounds(schema: Schema) -> None:
    for each in (schema, *schema.get("anyOf", [])):
        each.update(each.pop(ENFORCED_LATER, {}))


def _type_enum(schema: Schema) -> None:
    """Describe an enumeration by its strings.

    Generators drop a call for an enumeration of strings and integers. Where integers are read as
    well, for older clients, the field's description says so.
    """
    if "enum" in schema:
        schema["enum"] = [each for each in schema["enum"] if isinstance(each, str)]
        schema["type"] = "string"


def _match_any(response: Schema) -> None:
    """Describe an answer of several shapes by `anyOf`: one with more fields matches another too."""
    for content in response.get("content", {}).values():
        if "oneOf" in content["schema"]:
            content["schema"]["anyOf"] = content["schema"].pop("oneOf")


def _drop_null(schema: Schema) -> None:
    """Describe a parameter that may be left out by what it is when it is there: a path and a query
    hold no null.
    """
    kinds = [each for each in schema.get("oneOf", []) if each != {"type": "null"}]
    if len(kinds) == 1:
        del schema["oneOf"]
        schema.update(kinds[0])
