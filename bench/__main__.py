"""`python -m bench [TABLE …]`: measure, print, and write bench/results."""

import argparse
import importlib
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import documentation, summary
from bench.baseline import differences
from bench.processes import raise_on_termination
from bench.tables import RESULTS, Table, read, show, write

TABLES: Final = (
    "start_up",
    "signers",
    "hot_calls",
    "workers",
    "log_ins",
    "growth",
    "storm",
    "presence",
    "hostile_bodies",
)
"""The modules with a function `measure`, in the order in which they run."""

DOCUMENTED: Final = tuple(name for name in TABLES if name != "hostile_bodies")
"""The tables in the pages; the others are too long."""


def main(arguments: Sequence[str]) -> int:
    """Measure the named tables, or all of them. Return 1 after wrong answers, 2 for a wrong
    argument.
    """
    options = _parser().parse_args(arguments)
    if options.write_docs:
        return _write_docs(read(RESULTS))
    unknown = [name for name in options.tables if name not in TABLES]
    if unknown:
        print(f"there is no table {unknown[0]}; there are {', '.join(TABLES)}", file=sys.stderr)
        return 2
    if platform.system() != "Linux":
        print("the benchmark reads CPU times from /proc: run it on Linux", file=sys.stderr)
        return 2
    before = None if options.baseline is None else read(options.baseline)
    raise_on_termination()
    measured = [_measure(name) for name in options.tables or TABLES]
    show(summary.document(measured))
    if before is not None:
        show(differences(before, {each["table"]: each for each in measured}))
    return _report_errors(measured)


def _write_docs(results: Mapping[str, Mapping[str, Any]]) -> int:
    """Write the pages, which show complete runs only. Return 2 if a table is missing."""
    missing = [name for name in DOCUMENTED if name not in results]
    if missing:
        print(f"measure first: {' '.join(missing)}", file=sys.stderr)
        return 2
    documentation.write_pages({name: results[name] for name in DOCUMENTED})
    return 0


def _report_errors(measured: Sequence[Mapping[str, Any]]) -> int:
    """Return 1 if answers were wrong."""
    errors = sum(row.get("errors") or 0 for document in measured for row in document["rows"])
    if errors:
        print(f"{errors} answers were wrong: the figures of their rows are void", file=sys.stderr)
    return 1 if errors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--baseline", type=Path, help="earlier results to compare with")
    parser.add_argument(
        "--write-docs", action="store_true", help="write bench/results into the pages, and end"
    )
    return parser


def _measure(name: str) -> dict[str, Any]:
    print(f"measuring {name} …", flush=True)
    started = time.monotonic()
    table: Table = importlib.import_module(f"bench.{name}").measure()
    document = table.document(name, time.monotonic() - started)
    show(document)
    print(f"{document['seconds']} s; written to {write(name, document)}\n", flush=True)
    return document


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
