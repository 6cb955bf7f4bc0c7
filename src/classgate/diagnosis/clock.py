"""Compares this machine's clock with the Date header of STS and COS."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, fail, ok, skipped, warn
from classgate.diagnosis.probe_client import NoAnswer

CHECK = "clock"
# Our COS signatures start one minute in the past; a clock further ahead makes them invalid.
_TOO_FAR = timedelta(seconds=60)
_NOTICEABLE = timedelta(seconds=5)
_FIX = "synchronize it with NTP: timedatectl set-ntp true; then check: timedatectl"


async def check_clock(context: CheckContext) -> list[Finding]:
    """Return one finding for the services that sent a time, and one for each that did not."""
    cloud = context.settings.cloud
    findings, offsets = [], {}
    for service, host in (("STS", cloud.sts_endpoint), ("COS", context.cos_host)):
        before = context.clock()
        try:
            reply = await context.probe.send(service, "GET", f"{cloud.scheme}://{host}/", {})
        except NoAnswer as error:
            findings.append(skipped(CHECK, f"{service} sent no time: {error.what}"))
            continue
        date = _read_date(reply.headers.get("Date", ""))
        if date is None:
            findings.append(skipped(CHECK, f"the answer of {service} has no valid Date"))
        else:
            # A Date is truncated to whole seconds, which is half a second on average.
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
        limits = "STS refuses 300 s, COS less, and UserSigs contain this time"
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
