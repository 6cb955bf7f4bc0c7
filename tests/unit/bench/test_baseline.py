"""Differences of a run from an earlier one."""

from typing import Any

import pytest
from bench.baseline import change, differences


def results(cpu: float, errors: int, call: str = "entry") -> dict[str, Any]:
    row = {
        "call": call,
        "connections": 16,
        "CPU ms": {"median": cpu, "low": cpu, "high": cpu},
        "errors": errors,
        "goal": "reached",
    }
    return {"hot_calls": {"names": ["call", "connections"], "rows": [row], "goals": {}}}


def test_each_number_is_compared_by_its_median() -> None:
    assert differences(results(4.0, 0), results(3.0, 2))["rows"] == [
        {
            "table": "hot_calls",
            "row": "entry, 16",
            "column": "CPU ms",
            "before": "4.00",
            "after": "3.00",
            "change": "-25 %",
        },
        {
            "table": "hot_calls",
            "row": "entry, 16",
            "column": "errors",
            "before": "0.00",
            "after": "2.00",
            "change": "–",
        },
    ]


def test_rows_of_one_run_only_are_left_out() -> None:
    assert differences(results(4.0, 0), results(3.0, 0, call="me"))["rows"] == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(2.0, 3.0, "+50 %"), (2.0, 1.0, "-50 %"), (0.0, 0.0, "0 %"), (0.0, 1.0, "–")],
)
def test_change_is_in_percent_of_the_value_before(
    before: float, after: float, expected: str
) -> None:
    assert change(before, after) == expected
