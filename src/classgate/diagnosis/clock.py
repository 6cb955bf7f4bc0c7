"""Is this machine's clock right? It is held against the Date of what STS and COS answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, fail, ok, skipped, warn
from classgate.diagnosis.probe_client import NoAnswer

CHECK = "clock"
# Our signatures for COS begin a minute in the past: what is further ahead is refused.
_TOO_FAR = timedelta(seconds=60)
_NOTICEABLE = timedelta(seconds=5)
_FIX = "set it right and keep it so, by NTP: timedatectl set-ntp true, then timedatectl"


async def check_clock(context: CheckContext) -> list[Finding]:
    """One line for both services, or one for each that did not tell the time."""
    cloud = context.settings.cloud
    findings, offsets = [], {}
    for service, host in (("STS", cloud.sts_endpoint), ("COS", context.cos_host)):
        before = context.clock()
        try:
            reply = await context.probe.send(service, "GET", f"{cloud.scheme}://{host}/", {})
        except NoAnswer as error:
            findings.append(skipped(CHECK, f"{service} tells no time; {error.what}"))
            continue
        date = _read_date(reply.headers.get("Date", ""))
        if date is None:
            findings.append(skipped(CHECK, f"{service} tells no time in its answer"))
        else:
            # A Date is cut to whole seconds: half of one is added for what it stands for.
            middle = before + (context.clock() - before) / 2
            offsets[service] = middle - date - timedelta(milliseconds=500)
    return [*_judge(offsets), *findings]


def _judge(offsets: dict[str, timedelta]) -> Iterator[Finding]:
    if not offsets:
        return
    worst = max(offsets.values(), key=abs)
    services = " and ".join(offsets)
    seconds = round(abs(worst).total_seconds())
    direction = "ahead of" if worst > timedelta(0) else "behind"
    what = f"this machine is {seconds} s {direction} {services}"
    if abs(worst) > _TOO_FAR:
        limits = "STS refuses from 300 s on, COS sooner, and UserSigs carry this time"
        yield fail(CHECK, f"{what}: {limits}", _FIX)
    elif abs(worst) > _NOTICEABLE:
        yield warn(CHECK, what, _FIX)
    else:
        yield ok(CHECK, f"within {_NOTICEABLE.seconds} s of {services}")


def _read_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
