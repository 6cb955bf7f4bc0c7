"""Differences between two sets of results."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.measured import short

Results = Mapping[str, Mapping[str, Any]]


def differences(before: Results, after: Results) -> dict[str, Any]:
    """Return a table of every number that both results have, with its change in percent."""
    old = dict(_numbers(before))
    rows = [
        {
            "table": table,
            "row": row,
            "column": column,
            "before": short(old[table, row, column]),
            "after": short(value),
            "change": change(old[table, row, column], value),
        }
        for (table, row, column), value in _numbers(after)
        if (table, row, column) in old
    ]
    return {
        "table": "differences",
        "title": "Differences from the baseline",
        "note": "Medians. Rows and columns that only one of both has are left out.",
        "names": ["table", "row", "column"],
        "rows": rows,
        "goals": {},
    }


def change(before: float, after: float) -> str:
    """Return the change in percent; without a value before, there is none."""
    if before == after:
        return "0 %"
    return "–" if before == 0 else f"{(after / before - 1) * 100:+.0f} %"


def _numbers(results: Results) -> Iterator[tuple[tuple[str, str, str], float]]:
    for table, document in results.items():
        for row in document["rows"]:
            name = ", ".join(str(row[column]) for column in document["names"])
            for column, cell in row.items():
                value = cell["median"] if isinstance(cell, Mapping) else cell
                if column not in document["names"] and isinstance(value, int | float):
                    yield (table, name, column), float(value)
