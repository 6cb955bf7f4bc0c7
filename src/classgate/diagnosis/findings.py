"""What a check says: how it went, what was seen, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    FAIL = "fail"  # something will not work, or is not safe
    WARN = "warn"  # works, and should be looked at
    SKIPPED = "skipped"  # was not or cannot be tried; says why


@dataclass(frozen=True)
class Finding:
    """One line of the report. `fix` is what to do; empty when there is nothing to do."""

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
