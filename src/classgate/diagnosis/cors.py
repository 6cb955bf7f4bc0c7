"""Checks whether pages of `http.cors_origins` may upload: by preflights and the bucket's rules."""

from classgate.cloud.bucket import refusal_code
from classgate.cloud.http import HttpResponse
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.cloud_codes import GUIDE
from classgate.diagnosis.cors_rules import (
    EXPOSED,
    HEADERS,
    METHODS,
    NO_RULE,
    find_missing,
    parse_rules,
)
from classgate.diagnosis.findings import Finding, fail, ok, skipped

CHECK = "CORS"
_FIX = (
    f"add the rule of {GUIDE} as the first one (COS console, the bucket, Security management, CORS)"
)


async def check_cors(context: CheckContext) -> list[Finding]:
    """Return a finding for each of `http.cors_origins`."""
    origins = context.settings.http.cors_origins
    if not origins:
        what = "http.cors_origins is empty, so browsers cannot upload from pages of other origins"
        return [skipped(CHECK, what, "if web pages upload, add their origins to http.cors_origins")]
    rules = await _read_rules(context)
    return [await _check_origin(context, origin, rules) for origin in origins]


async def _read_rules(context: CheckContext) -> HttpResponse:
    return await context.bucket.request("GET", key=context.service_key, parameters=[("cors", "")])


async def _check_origin(context: CheckContext, origin: str, rules: HttpResponse) -> Finding:
    """Check the preflights of an origin and, if they are readable, the bucket's rules."""
    missing = await _find_missing_in_preflights(context, origin)
    if rules.status == 200:
        missing |= dict.fromkeys(
            find_missing(parse_rules(rules.body.decode("utf-8", "replace")), origin)
        )
    if NO_RULE in missing:
        missing = {NO_RULE: None}
    if missing:
        return fail(CHECK, f"for pages of {origin} the bucket lacks {', '.join(missing)}", _FIX)
    unread = "" if rules.status == 200 else f"; the rules cannot be read ({refusal_code(rules)})"
    return ok(CHECK, f"pages of {origin} may upload{unread}")


async def _find_missing_in_preflights(context: CheckContext, origin: str) -> dict[str, None]:
    missing: dict[str, None] = {}
    for method in METHODS:
        headers = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", ",".join(HEADERS)),
        ]
        reply = await context.bucket.request(
            "OPTIONS", context.probe_key, key=None, headers=headers
        )
        if reply.status >= 300 or not _allows_origin(reply, origin):
            missing[f"the method {method}"] = None
        else:
            allowed = _split_header(reply, "Access-Control-Allow-Headers")
            missing |= {
                f"the header {each}": None
                for each in HEADERS
                if each not in allowed and "*" not in allowed
            }
    if all(f"the method {method}" in missing for method in METHODS):
        return {NO_RULE: None}
    # An unsigned request. The bucket refuses it; the answer lists the headers that pages may read.
    plain = await context.bucket.request(
        "GET", context.probe_key, key=None, headers=[("origin", origin)]
    )
    exposed = _split_header(plain, "Access-Control-Expose-Headers")
    return missing | {f"{each} exposed": None for each in EXPOSED if each.lower() not in exposed}


def _allows_origin(reply: HttpResponse, origin: str) -> bool:
    return reply.headers.get("Access-Control-Allow-Origin", "") in {origin, "*"}


def _split_header(reply: HttpResponse, header: str) -> set[str]:
    return {each.strip().lower() for each in reply.headers.get(header, "").split(",")}
