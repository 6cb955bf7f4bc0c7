"""Pages for people, made from the description of the API. They load nothing from anywhere: no
script, no style sheet, no other host.
"""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from litestar import Litestar

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
td:first-child { white-space: nowrap }
@media (prefers-color-scheme: dark) { body { color: #dfe3e8; background: #14181d }
       details { background: #1b2027; border-color: #333b45 } pre { background: #232a33 }
       h2, td, th { border-color: #333b45 } .rule { color: #94a0ae } a { color: #7fb3ff } }
"""

# How to call, before all calls. The shell's variables of it are those of the examples.
_HOW_TO_CALL = """
<h2>How to call</h2>
<p>Log in once, and send the <code>access_token</code> of the answer with every other call, in the
header <code>Authorization: Bearer …</code> (the security scheme <code>bearer</code> of
<code>openapi.json</code>). Bodies are JSON.</p>
<pre>API=…     # the address of this page, without /docs
curl "$API/v1/sessions" \\
  -H 'Content-Type: application/json' \\
  -d '{"identifier": "tom", "password": "a long enough sentence"}'
TOKEN=…   # access_token of the answer
curl "$API/v1/me" -H "Authorization: Bearer $TOKEN"</pre>
<p>An answer is JSON, or empty with status 204. A refusal is a problem document
(<code>application/problem+json</code>): branch on its <code>reason</code>, show its
<code>detail</code>. A missing, wrong or ended token is 401. With <code>Retry-After</code>, wait so
many seconds and try again. The ids in the examples are made up.</p>
<h2>Calls</h2>
<p>Open a call for its example, its fields and its answers.</p>
"""
_FRONT = """
<p>This is the gate of an online classroom on Tencent Cloud: an API that decides who may log in,
enter a class and upload courseware, and issues the credential for it. People use it through the
client of their school.</p>
<p lang="zh">这里是在线课堂的准入服务，只提供 API：判定谁可以登录、进房、上传课件，
并签发相应的凭证。请使用学校提供的客户端。</p>
<ul><li><a href="/docs">The API, call by call</a> · <span lang="zh">接口文档</span>
<li><a href="/docs/errors">Error codes</a> · <span lang="zh">错误码</span>
<li><a href="/openapi.json">openapi.json</a>, for programs</ul>
"""
# What the examples send, by the name of the field.
EXAMPLES: dict[str, Any] = {
    "accounts": [{"identifier": "amy", "password": "a long enough sentence", "role": "student"}],
    "chat": True,
    "classroom_id": 7,
    "code": "492039",
    "content_type": "application/pdf",
    "courseware_id": "u5f0c2a7d91b3e4860c7f2d18",
    "csv": "identifier,password,role,display_name\namy,,student,Amy",
    "current_password": "a long enough sentence",
    "disabled": True,
    "display_name": "Amy",
    "file_name": "lesson.pdf",
    "file_path": "/classes/7/direct/note.txt",
    "identifier": "amy",
    "invitation_id": "i5f0c2a7d91b3e4860c7f2d18",
    "lease_id": "l5f0c2a7d91b3e4860c7f2d18",
    "new_password": "another long sentence",
    "open": False,
    "password": "a long enough sentence",
    "role": "student",
    "session_id": "s5f0c2a7d91b3e4860c7f2d18",
    "size": 1048576,
    "text": "70003",
    "title": "Mathematics",
    "type": "single_use",
    "until": 1893456000,
    "upload_id": "u5f0c2a7d91b3e4860c7f2d18",
}


def front_page() -> bytes:
    """Make the page of `/`: what this is, and where the rest is."""
    return _page("classgate", _FRONT)


def api_page(app: Litestar) -> bytes:
    """Make the page of `/docs`: how to call, and every call."""
    return _page("classgate: the API", "".join(_overview(describe(app), _rules(app))))


def errors_page() -> bytes:
    """Make the page of `/docs/errors`: every code, where a problem's `type` points to."""
    return _page("classgate: error codes", "".join(_error_codes()))


def example_body(schema: Schema, operation: Schema) -> dict[str, Any] | None:
    """Return a body for a call: what it requires, else the first field that it may have."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        shape = _resolve(schema, content.get("schema", {}))
        names = shape.get("required") or list(shape.get("properties", {}))[:1]
        return {name: EXAMPLES.get(name, "…") for name in names}
    return None


def _page(title: str, body: str) -> bytes:
    """Return a whole page."""
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1>{body}</html>"
    )
    return text.encode()


def _rules(app: Litestar) -> dict[tuple[str, str], str]:
    """Return who may call what, by path and method, from the rules of the routes."""
    return {
        (path, method): rule_of(handler).words for path, method, handler in described_handlers(app)
    }


def _overview(schema: Schema, callers: dict[tuple[str, str], str]) -> Iterator[str]:
    yield f"<p>{escape(schema['info'].get('description', ''))}</p>"
    yield '<p><a href="/openapi.json">openapi.json</a> · <a href="/docs/errors">error codes</a></p>'
    yield _HOW_TO_CALL
    operations: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            caller = callers.get((path, method), "")
            text = _operation(schema, path, method, operation, caller)
            operations.setdefault(tag, []).append(text)
    for tag, texts in operations.items():
        yield f"<h3>{escape(tag)}</h3>{''.join(texts)}"


def _operation(schema: Schema, path: str, method: str, operation: Schema, caller: str) -> str:
    parts = [
        f"<p>{_marked(operation.get('description', ''))}</p>"
        f"<pre>{escape(_curl(schema, path, method, operation))}</pre>"
        f"<p>Who may call: {escape(caller)}. "
        f"Operation id: <code>{escape(operation['operationId'])}</code></p>"
    ]
    parameters = operation.get("parameters", [])
    if parameters:
        rows = "".join(
            f"<tr><td><code>{escape(each['name'])}</code><td>{escape(each['in'])}"
            f"<td>{escape(_type(schema, each.get('schema', {})))}"
            f"<td>{_marked(each.get('description', ''))}"
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
        f'<code>{escape(path)}</code> <span class="rule">{escape(operation["summary"])}</span>'
        "</summary>"
        f"<div>{''.join(parts)}</div></details>"
    )


def _curl(schema: Schema, path: str, method: str, operation: Schema) -> str:
    """Return a request as a curl command, with the variables of the introduction."""
    address = re.sub(r"{([a-z_]+)}", lambda found: str(EXAMPLES.get(found[1], "…")), path)
    verb = "" if method == "get" else f"-X {method.upper()} "
    lines = [f'curl {verb}"$API{address}"']
    if operation.get("security") != []:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    body = example_body(schema, operation)
    if body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body)}'"]
    return " \\\n  ".join(lines)


def _marked(text: str) -> str:
    """Return Markdown as HTML; only code marks are used."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _resolve(schema: Schema, part: Schema) -> Schema:
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Schema = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _fields(schema: Schema, part: Schema) -> str:
    """Return one level of an object's members; alternatives one below the other."""
    resolved = _resolve(schema, part)
    alternatives = resolved.get("anyOf") or resolved.get("oneOf", [])
    if alternatives:
        return "".join(_fields(schema, each) for each in alternatives)
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{'' if name in resolved.get('required', []) else '?'}"
        f"<td>{escape(_type(schema, member))}<td>{_marked(member.get('description', ''))}"
        for name, member in resolved.get("properties", {}).items()
    )
    about = _marked(resolved.get("description", ""))
    return f"<p>{about}</p><table>{rows}</table>" if rows else ""


def _type(schema: Schema, part: Schema) -> str:
    """Return a type in a few words."""
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
    """Return the codes from the exception tree, so that none is missing."""
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
    return _marked((vars(error)["__doc__"] or error.sentence).strip().partition("\n")[0])
