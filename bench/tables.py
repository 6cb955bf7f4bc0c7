"""A table of measurements: printed for people, kept as JSON for programs."""

import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console, JustifyMethod
from rich.table import Table as Printed

RESULTS: Final = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Measured:
    """Repeated measurements of one value; the median counts."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Measured":
        """Return the median and the quartiles around it."""
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(round(middle, 4), round(low, 4), round(high, 4))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


Cell = str | int | float | Measured | None


@dataclass(frozen=True)
class Table:
    """Rows with named columns, and a note on how to read them."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    names: int = 1
    """The number of columns that identify a row."""

    def show(self) -> None:
        """Print it."""
        printed = Printed(title=self.title, caption=self.note, title_justify="left")
        for number, column in enumerate(self.columns):
            justify: JustifyMethod = "left" if number < self.names else "right"
            printed.add_column(column, justify=justify, no_wrap=True)
        for row in self.rows:
            printed.add_row(*("–" if cell is None else str(cell) for cell in row))
        Console(width=None if sys.stdout.isatty() else 120).print(printed)

    def write(self, name: str) -> Path:
        """Write the table to bench/results, which git ignores; return the file."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{name}.json"
        rows = [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]
        document = {
            "title": self.title,
            "note": self.note,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "rows": rows,
        }
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
        return path


def _plain(cell: Cell) -> object:
    return asdict(cell) if isinstance(cell, Measured) else cell
