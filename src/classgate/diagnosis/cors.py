"""May pages of the configured origins upload? The bucket's rules are read, and preflights sent."""

from classgate.cloud.bucket import refusal_code
from classgate.cloud.http import HttpResponse
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.cloud_codes import GUIDE
from classgate.diagnosis.cors_rules import (
    EXPOSED,
    HEADERS,
    METHODS,
    find_missing,
    read_rules,
)
from classgate.diagnosis.findings import Finding, fail, ok, skipped

CHECK = "CORS"
_FIX = (
    "add the rule as it stands in "
    f"{GUIDE} (COS console, the bucket, Security management, CORS), as the first one"
)


async def check_cors(context: CheckContext) -> list[Finding]:
    """A line for each of `http.cors_origins`, from what a browser would be told."""
    origins = context.settings.http.cors_origins
    if not origins:
        what = "http.cors_origins names no origin, so no page of another one is let in"
        return [skipped(CHECK, what, "if pages upload, name their origins there")]
    rules = await _read_rules(context)
    return [await _check_origin(context, origin, rules) for origin in origins]


async def _read_rules(context: CheckContext) -> HttpResponse:
    return await context.bucket.request("GET", key=context.service_key, parameters=[("cors", "")])


async def _check_origin(context: CheckContext, origin: str, rules: HttpResponse) -> Finding:
    """What the preflights lack decides; the rules, where they may be read, add what they lack."""
    lacks = await _lacks_in_preflights(context, origin)
    if rules.status == 200:
        lacks |= dict.fromkeys(
            find_missing(read_rules(rules.body.decode("utf-8", "replace")), origin)
        )
    if "any rule for this origin" in lacks:
        lacks = {"any rule for this origin": None}
    if lacks:
        return fail(CHECK, f"for pages of {origin} the bucket lacks {', '.join(lacks)}", _FIX)
    unread = "" if rules.status == 200 else f"; the rules cannot be read ({refusal_code(rules)})"
    return ok(CHECK, f"pages of {origin} may upload{unread}")


async def _lacks_in_preflights(context: CheckContext, origin: str) -> dict[str, None]:
    lacks: dict[str, None] = {}
    for method in METHODS:
        asked = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", ",".join(HEADERS)),
        ]
        reply = await context.bucket.request("OPTIONS", context.probe_key, key=None, headers=asked)
        if reply.status >= 300 or not _allows_origin(reply, origin):
            lacks[f"the method {method}"] = None
        else:
            allowed = _words(reply, "Access-Control-Allow-Headers")
            lacks |= {
                f"the header {each}": None
                for each in HEADERS
                if each not in allowed and "*" not in allowed
            }
    if all(f"the method {method}" in lacks for method in METHODS):
        return {"any rule for this origin": None}
    # Nobody's request: it is refused, and the refusal shows which headers a page may read.
    plain = await context.bucket.request(
        "GET", context.probe_key, key=None, headers=[("origin", origin)]
    )
    shown = _words(plain, "Access-Control-Expose-Headers")
    return lacks | {f"{each} exposed": None for each in EXPOSED if each.lower() not in shown}


def _allows_origin(reply: HttpResponse, origin: str) -> bool:
    return reply.headers.get("Access-Control-Allow-Origin", "") in {origin, "*"}


def _words(reply: HttpResponse, header: str) -> set[str]:
    return {each.strip().lower() for each in reply.headers.get(header, "").split(",")}
