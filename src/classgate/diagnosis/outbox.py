"""Checks that what the gate decides reaches the cloud."""

from collections.abc import Sequence

from classgate.clock import Clock
from classgate.diagnosis.findings import Finding, fail, ok, warn
from classgate.outbox import admin_repository, delivery_repository
from classgate.settings.loading import Settings
from classgate.storage.database import DatabaseConnection

CHECK = "messages to the cloud"
_PAGE = "docs/explanation/what-reaches-the-cloud.md"
_LATE_SECONDS = 60
_PLAN_LIMITS = ("im_10036", "im_10037", "im_10038")
_MAX_NAMED = 10


def check_services(settings: Settings) -> list[Finding]:
    """Report the services that the settings do not name."""
    findings = []
    if not settings.cloud.calls(settings.cloud.trtc_endpoint):
        what = "cloud.trtc_endpoint is not set: nobody who is kicked is removed from a room"
        findings.append(warn("removal from rooms", what, f"set it, see {_PAGE}"))
    if not settings.cloud.calls(settings.im.endpoint):
        what = "im.endpoint is not set: no groups, no markers, and nobody is kicked from IM"
        findings.append(warn("calls to IM", what, f"set it, see {_PAGE}"))
    return findings


async def check_outbox(connection: DatabaseConnection, clock: Clock) -> Finding:
    """Report messages that wait too long, were set aside, or met a limit of the plan."""
    now = clock()
    refused = await admin_repository.list_refused_classes(connection, _PLAN_LIMITS, _MAX_NAMED + 1)
    if refused:
        return _refused_by_plan(refused)
    counts = await delivery_repository.count(connection, now)
    if counts.oldest is not None and (now - counts.oldest).total_seconds() > _LATE_SECONDS:
        what = f"{counts.waiting} wait, the oldest for over a minute"
        return warn(CHECK, what, "is the service running? else `classgate outbox list`")
    if counts.failed:
        what = f"{counts.failed} were set aside"
        return warn(CHECK, what, "`classgate outbox list --failed` shows why; then retry or drop")
    return ok(CHECK, "none is late, none was set aside")


def _refused_by_plan(refused: Sequence[tuple[str, int]]) -> Finding:
    """Return the finding about classes that have no group, or not all members in it."""
    codes = ", ".join(sorted({code for code, _ in refused}))
    named = ", ".join(str(each) for each in sorted({each for _, each in refused[:_MAX_NAMED]}))
    more = " and others" if len(refused) > _MAX_NAMED else ""
    what = f"IM refuses groups of class {named}{more}: the limit of its plan is reached ({codes})"
    fix = "end classes that are over, or buy a plan with more groups; each group is tried again"
    return fail(CHECK, what, fix)
