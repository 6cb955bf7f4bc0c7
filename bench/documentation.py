"""Writes the latest results into the pages of the documentation, between two markers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import summary
from bench.tables import text_of

_DOCS: Final = Path(__file__).parent.parent / "docs"
PAGES: Final[Mapping[Path, str]] = {
    _DOCS / "reference" / "performance.md": "Measured on {at} with Python {python}: {machine}.",
    _DOCS / "zh-CN" / "performance.md": "测于 {at},Python {python}:{machine}。",
}
BEGIN: Final = "<!-- results: written by `python -m bench --write-docs` -->"
END: Final = "<!-- end of the results -->"


def write_pages(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the results into each page. ValueError: a page has no markers."""
    for page, machine in PAGES.items():
        page.write_text(with_results(page.read_text("utf-8"), results, machine), "utf-8")


def with_results(page: str, results: Mapping[str, Mapping[str, Any]], machine: str) -> str:
    """Return the page with these results in place of the earlier ones. ValueError: no markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no markers for the results")
    tables = [summary.document(results.values()), *results.values()]
    first = next(iter(results.values()))
    line = machine.format(
        at=first["measured_at"][:10], python=first["python"], machine=first["machine"]
    )
    parts = [line, *(_section(table) for table in tables if table["rows"])]
    return f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}"


def _section(table: Mapping[str, Any]) -> str:
    columns = list(table["rows"][0])
    names = len(table["names"])
    rule = ["---" if number < names else "--:" for number in range(len(columns))]
    rows = [[text_of(cell) for cell in row.values()] for row in table["rows"]]
    lines = "\n".join(_line(cells) for cells in (columns, rule, *rows))
    return f"### {table['title']}\n\n{table['note']}\n\n{lines}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
