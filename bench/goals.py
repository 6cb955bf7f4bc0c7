"""The goals, and whether a measurement reaches them.

A table hands over its measurements by the names used here. Ratios compare CPU time for each answer:
the yardstick's divided by the service's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.measured import short


class Verdict(StrEnum):
    """How a measurement compares with its goal."""

    STRETCH = "stretch"
    REACHED = "reached"
    MISSED = "missed"


@dataclass(frozen=True)
class Goal:
    """A bound to reach, and a better one. `at_most`: smaller values are better."""

    reach: float
    stretch: float
    unit: str = ""
    at_most: bool = False

    def judge(self, value: float) -> Verdict:
        """Compare a value with both bounds."""
        sign = -1 if self.at_most else 1
        if value * sign >= self.stretch * sign:
            return Verdict.STRETCH
        return Verdict.REACHED if value * sign >= self.reach * sign else Verdict.MISSED

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        return f"{sign} {short(self.reach)}; {short(self.stretch)}"


BARE: Final = "of bare Litestar"


def _at_most(reach: float, stretch: float, unit: str = "") -> Goal:
    return Goal(reach, stretch, unit, at_most=True)


GOALS: Final[Mapping[str, Goal]] = {
    "user-sig, SQLite": Goal(0.17, 0.25, BARE),
    "entry, SQLite": Goal(0.13, 0.20, BARE),
    "user-sig, PostgreSQL": Goal(0.5, 0.7, "of SQLite"),
    "entry, PostgreSQL": Goal(0.5, 0.7, "of SQLite"),
    "heartbeat, SQLite": Goal(0.5, 0.65, BARE),
    "legacy heartbeat, SQLite": Goal(0.5, 0.65, BARE),
    "me, SQLite": Goal(0.35, 0.5, BARE),
    "classrooms, SQLite": Goal(0.2, 0.3, BARE),
    "legacy roomlist, SQLite": Goal(0.2, 0.3, BARE),
    "legacy get_sign, SQLite": Goal(0.17, 0.25, BARE),
    "legacy create, SQLite": Goal(0.13, 0.2, BARE),
    "log-in": Goal(0.9, 0.9, "of the argon2 check"),
    "legacy log-in": Goal(0.9, 0.9, "of the argon2 check"),
    "heartbeat p99 under log-ins": _at_most(3, 2, "times p99 without"),
    "UserSig v1, secp256k1": Goal(0.7, 0.8, "of coincurve"),
    "UserSig v1, P-256": Goal(0.6, 0.75, "of OpenSSL"),
    "UserSig v2": Goal(1.3, 1.5, "times the official library"),
    "PrivateMapKey": Goal(1.1, 1.3, "times the official library"),
    "COS v5": Goal(1.7, 2.5, "times the official library"),
    "TC3": Goal(1.1, 2, "times the official library"),
    "10,000 entries, SQLite": _at_most(8, 5, "s"),
    "10,000 entries, PostgreSQL": _at_most(16, 10, "s"),
    "10,000 heartbeats every 5 s": _at_most(0.7, 0.5, "of a core"),
    "10,000 heartbeats every 5 s, p99": _at_most(100, 100, "ms"),
    "growth, the largest": _at_most(1.3, 1.3, "times the smallest school"),
    "idle RSS": _at_most(100, 80, "MiB"),
    "ready": _at_most(1.2, 0.8, "s"),
    "--help": _at_most(0.4, 0.2, "s"),
}


def judged(name: str, value: float) -> str:
    """Return the goal of this name with the verdict, for a cell; a dash if there is none."""
    goal = GOALS.get(name)
    return "–" if goal is None else f"{goal}: {goal.judge(value)}"
