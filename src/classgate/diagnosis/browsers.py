"""May pages of the configured origins upload? The bucket's rules are read, and preflights sent."""

from classgate.cloud.bucket import refusal_code
from classgate.cloud.http import Reply
from classgate.diagnosis.cloud_words import GUIDE
from classgate.diagnosis.cross_origin import EXPOSED, HEADERS, METHODS, find_lacks, read_rules
from classgate.diagnosis.findings import Finding, fail, ok, skipped
from classgate.diagnosis.patient import Patient

CHECK = "CORS"
_FIX = (
    "add the rule as it stands in "
    f"{GUIDE} (COS console, the bucket, Security management, CORS), as the first one"
)


async def check_browsers(patient: Patient) -> list[Finding]:
    """A line for each of `http.cors_origins`, from what a browser would be told."""
    origins = patient.settings.http.cors_origins
    if not origins:
        what = "http.cors_origins names no origin, so no page of another one is let in"
        return [skipped(CHECK, what, "if pages upload, name their origins there")]
    rules = await _read_rules(patient)
    return [await _check_origin(patient, origin, rules) for origin in origins]


async def _read_rules(patient: Patient) -> Reply:
    return await patient.bucket.ask("GET", key=patient.service_key, parameters=[("cors", "")])


async def _check_origin(patient: Patient, origin: str, rules: Reply) -> Finding:
    """What the preflights lack decides; the rules, where they may be read, add what they lack."""
    lacks = await _lacks_in_preflights(patient, origin)
    if rules.status == 200:
        lacks |= dict.fromkeys(
            find_lacks(read_rules(rules.body.decode("utf-8", "replace")), origin)
        )
    if "any rule for this origin" in lacks:
        lacks = {"any rule for this origin": None}
    if lacks:
        return fail(CHECK, f"for pages of {origin} the bucket lacks {', '.join(lacks)}", _FIX)
    unread = "" if rules.status == 200 else f"; the rules cannot be read ({refusal_code(rules)})"
    return ok(CHECK, f"pages of {origin} may upload{unread}")


async def _lacks_in_preflights(patient: Patient, origin: str) -> dict[str, None]:
    lacks: dict[str, None] = {}
    for method in METHODS:
        asked = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", ",".join(HEADERS)),
        ]
        reply = await patient.bucket.ask("OPTIONS", patient.probe_key, key=None, headers=asked)
        if reply.status >= 300 or not _lets_in(reply, origin):
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
    plain = await patient.bucket.ask(
        "GET", patient.probe_key, key=None, headers=[("origin", origin)]
    )
    shown = _words(plain, "Access-Control-Expose-Headers")
    return lacks | {f"{each} exposed": None for each in EXPOSED if each.lower() not in shown}


def _lets_in(reply: Reply, origin: str) -> bool:
    return reply.headers.get("Access-Control-Allow-Origin", "") in {origin, "*"}


def _words(reply: Reply, header: str) -> set[str]:
    return {each.strip().lower() for each in reply.headers.get(header, "").split(",")}
