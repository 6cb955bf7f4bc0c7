"""The goals of all tables in one."""

from collections.abc import Iterable, Mapping
from typing import Any

from bench.goals import GOALS
from bench.measured import Measured


def document(results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the table of the goals that these results measured, in the order of the goals."""
    measured: dict[str, Measured] = {}
    for result in results:
        measured |= {name: Measured(**value) for name, value in result["goals"].items()}
    return {
        "table": "goals",
        "title": "Goals",
        "note": "The median (lowest–highest), with the bound to reach and a better one.",
        "names": ["goal"],
        "rows": [
            {
                "goal": name,
                "measured": str(measured[name]),
                "reach; stretch": str(goal),
                "unit": goal.unit,
                "verdict": str(goal.judge(measured[name].median)),
            }
            for name, goal in GOALS.items()
            if name in measured
        ],
        "goals": {},
    }
