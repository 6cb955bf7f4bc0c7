"""The result of a check: a status, the observation and the fix."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    FAIL = "fail"  # does not work, or is not safe
    WARN = "warn"  # works, but needs attention
    SKIPPED = "skipped"  # not checked; `what` gives the reason


@dataclass(frozen=True)
class Finding:
    """One line of the report. `fix` is empty if there is nothing to do."""

    check: str
    status: Status
    what: str
    fix: str = ""


def ok(check: str, what: str) -> Finding:
    return Finding(check, Status.OK, what)


def fail(check: str, what: str, fix: str) -> Finding:
    return Finding(check, Status.FAIL, what, fix)


def warn(check: str, what: str, fix: str) -> Finding:
    return Finding(check, Status.WARN, what, fix)


def skipped(check: str, what: str, fix: str = "") -> Finding:
    return Finding(check, Status.SKIPPED, what, fix)
