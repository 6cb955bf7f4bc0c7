"""A table of measurements: printed for people, kept as JSON for programs."""

import json
import os
import platform
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.measured import Measured, short

RESULTS: Final = Path(__file__).parent / "results"
_CPU_INFO: Final = Path("/proc/cpuinfo")

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
    goals: Mapping[str, Measured] = field(default_factory=dict)
    """The measurements that `bench.goals` judges, by their names there."""

    def document(self, name: str, seconds: float) -> dict[str, Any]:
        """Return the table for programs. `seconds` is how long it took to measure."""
        rows = [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]
        return {
            "table": name,
            "title": self.title,
            "note": self.note,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds),
            "python": platform.python_version(),
            "machine": machine(),
            "names": list(self.columns[: self.names]),
            "rows": rows,
            "goals": {goal: asdict(value) for goal, value in self.goals.items()},
        }


def write(name: str, document: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """Write a result, which git ignores; return the file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return path


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the results of a file, or of all files of a folder, by table. ValueError: none."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found = {}
    for file in files:
        document = json.loads(file.read_text("utf-8"))
        found[str(document["table"])] = document
    if not found:
        raise ValueError(f"{path} holds no results")
    return found


def machine() -> str:
    """Describe the machine in one line, without its name."""
    model = ""
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                model = ", " + " ".join(line.partition(":")[2].split())
                break
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{model}"


def _plain(cell: Cell) -> object:
    return asdict(cell) if isinstance(cell, Measured) else cell


def text_of(cell: object) -> str:
    """Write a cell, of a table or of its JSON document, for people."""
    if cell is None:
        return "–"
    if isinstance(cell, Mapping):
        cell = Measured(**cell)
    if isinstance(cell, float):
        return short(cell)
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def show(document: Mapping[str, Any]) -> None:
    """Print a document as an aligned table."""
    rows = [[text_of(cell) for cell in row.values()] for row in document["rows"]]
    columns = list(document["rows"][0]) if rows else []
    print(document["title"])
    print("\n".join(aligned([columns, *rows], len(document["names"]))))
    print(document["note"], flush=True)
    sys.stdout.flush()


def aligned(rows: Sequence[Sequence[str]], names: int) -> list[str]:
    """Return the lines of a table: names on the left, other cells on the right of their column."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - _width(cell))
            cells.append(cell + blanks if number < names else blanks + cell)
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("─" * width for width in widths))
    return lines


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
