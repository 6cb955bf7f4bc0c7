"""`/openapi.json`, and pages made from it that load nothing from anywhere: no script, no style
sheet, no other host."""

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get
from litestar.serialization import encode_json

from classgate.api import rules
from classgate.api.openapi import Schema, describe, described_handlers, rule_of
from classgate.api.problems import TITLES, status_of
from classgate.errors import ClassgateError

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
       color: #1b2430; background: #fbfbfa }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem; border-bottom: 1px solid #d8dce2 }
code, pre { font: 14px/1.45 ui-monospace, monospace } code { overflow-wrap: anywhere }
pre { background: #f0f1f3; padding: .75rem;
       overflow-x: auto; border-radius: 6px }
details { border: 1px solid #d8dce2; border-radius: 6px; margin: .5rem 0; background: #fff }
summary { padding: .5rem .75rem; cursor: pointer } details > div { padding: 0 .75rem .75rem }
.method { display: inline-block; width: 4.5rem; font-weight: 700 } .rule { color: #5a6675 }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top;
       padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ecedf0 }
@media (prefers-color-scheme: dark) { body { color: #dfe3e8; background: #14181d }
       details { background: #1b2027; border-color: #333b45 } pre { background: #232a33 }
       h2, td, th { border-color: #333b45 } .rule { color: #94a0ae } a { color: #7fb3ff } }
"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
}

AnyRequest = Request[Any, Any, Any]


@get("/openapi.json", guards=[rules.ANYONE], include_in_schema=False)
async def openapi(request: AnyRequest) -> Response[bytes]:
    """The description of the API for programs (OpenAPI 3.1)."""

    def make() -> bytes:
        return encode_json(describe(request.app))

    return Response(_made_once(request, "openapi", make), media_type=MediaType.JSON)


@get("/docs", guards=[rules.ANYONE], include_in_schema=False)
async def docs(request: AnyRequest) -> Response[bytes]:
    """The same for people."""

    def make() -> bytes:
        overview = _overview(describe(request.app), _rules(request.app))
        return _page("classgate: the API", "".join(overview))

    return _show(_made_once(request, "docs", make))


@get("/docs/errors", guards=[rules.ANYONE], include_in_schema=False)
async def errors(request: AnyRequest) -> Response[bytes]:
    """Every error code, where a problem's `type` points to."""

    def make() -> bytes:
        return _page("classgate: error codes", "".join(_error_codes()))

    return _show(_made_once(request, "errors", make))


def _made_once(request: AnyRequest, name: str, make: Callable[[], bytes]) -> bytes:
    """Nobody logs in for these, and making one costs what a hundred calls do."""
    state = request.app.state
    if name not in state:
        state[name] = make()
    made: bytes = state[name]
    return made


def _show(page: bytes) -> Response[bytes]:
    return Response(page, media_type=MediaType.HTML, headers=_HEADERS)


def _page(title: str, body: str) -> bytes:
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1>{body}</html>"
    )
    return text.encode()


def _rules(app: Litestar) -> dict[tuple[str, str], str]:
    """Who may call what, by path and method, as the routes themselves say."""
    return {
        (path, method): rule_of(handler).words for path, method, handler in described_handlers(app)
    }


def _overview(schema: Schema, callers: dict[tuple[str, str], str]) -> Iterator[str]:
    yield f"<p>{escape(schema['info'].get('description', ''))}</p>"
    yield '<p><a href="/openapi.json">openapi.json</a> · <a href="/docs/errors">error codes</a></p>'
    operations: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            caller = callers.get((path, method), "")
            text = _operation(schema, path, method, operation, caller)
            operations.setdefault(tag, []).append(text)
    for tag, texts in operations.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(texts)}"


def _operation(schema: Schema, path: str, method: str, operation: Schema, caller: str) -> str:
    parts = [
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"<p>Operation id: <code>{escape(operation['operationId'])}</code></p>"
    ]
    parameters = operation.get("parameters", [])
    if parameters:
        rows = "".join(
            f"<tr><td><code>{escape(each['name'])}</code><td>{escape(each['in'])}"
            f"<td>{escape(_type(schema, each.get('schema', {})))}"
            f"<td>{escape(each.get('description', ''))}"
            for each in parameters
        )
        parts.append(f"<table>{rows}</table>")
    body = operation.get("requestBody", {}).get("content", {})
    parts += [f"<p>Request</p>{_fields(schema, each.get('schema', {}))}" for each in body.values()]
    for status, response in operation.get("responses", {}).items():
        contents = list(response.get("content", {}).values())
        if status.startswith("2") and contents:
            shape = _fields(schema, contents[0].get("schema", {}))
            parts.append(f"<p>Answer {escape(status)}</p>{shape}")
        else:
            parts.append(f"<p>{escape(status)}: {escape(response.get('description', ''))}</p>")
    return (
        f'<details><summary><span class="method">{escape(method.upper())}</span>'
        f'<code>{escape(path)}</code> <span class="rule">{escape(caller)}</span></summary>'
        f"<div>{''.join(parts)}</div></details>"
    )


def _resolve(schema: Schema, part: Schema) -> Schema:
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Schema = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _fields(schema: Schema, part: Schema) -> str:
    """One level of an object's members; alternatives one below the other."""
    resolved = _resolve(schema, part)
    alternatives = resolved.get("anyOf") or resolved.get("oneOf", [])
    if alternatives:
        return "".join(_fields(schema, each) for each in alternatives)
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{'' if name in resolved.get('required', []) else '?'}"
        f"<td>{escape(_type(schema, member))}<td>{escape(member.get('description', ''))}"
        for name, member in resolved.get("properties", {}).items()
    )
    about = escape(resolved.get("description", ""))
    return f"<p>{about}</p><table>{rows}</table>" if rows else ""


def _type(schema: Schema, part: Schema) -> str:
    """A type in a few words."""
    resolved = _resolve(schema, part)
    alternatives = resolved.get("anyOf") or resolved.get("oneOf", [])
    if alternatives:
        return " or ".join(dict.fromkeys(_type(schema, each) for each in alternatives))
    if "enum" in resolved:
        return " | ".join(str(each) for each in resolved["enum"])
    kind = resolved.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema, resolved.get('items', {}))}"
    if kind == "object" and "properties" in resolved:
        return "{" + ", ".join(resolved["properties"]) + "}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _error_codes() -> Iterator[str]:
    """From the tree itself, so that none is forgotten."""
    yield "<p>Every error is a problem document (RFC 9457); <code>code</code> and "
    yield "<code>reason</code> are stable.</p>"
    seen: dict[str, list[type[ClassgateError]]] = {}
    kinds: list[type[ClassgateError]] = [ClassgateError, *_descendants(ClassgateError)]
    for error in kinds:
        seen.setdefault(error.code, []).append(error)
    for code, cases_of in seen.items():
        status = status_of(cases_of[0])
        cases = "".join(
            f"<li><code>{each.reason}</code> {_first_line(each)}"
            for each in cases_of
            if "reason" in vars(each)
        )
        yield f'<h2 id="{code}"><code>{code}</code> · {status} {escape(TITLES[status])}</h2>'
        yield f"<ul>{cases}</ul>"


def _descendants(error: type[ClassgateError]) -> Iterator[type[ClassgateError]]:
    for child in error.__subclasses__():
        yield child
        yield from _descendants(child)


def _first_line(error: type[ClassgateError]) -> str:
    line = escape((vars(error)["__doc__"] or error.sentence).strip().partition("\n")[0])
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", line)


HANDLERS = (openapi, docs, errors)
