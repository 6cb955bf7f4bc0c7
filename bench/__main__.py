"""`python -m bench [TABLE …]`: measure, print, and write bench/results."""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench import hostile_bodies
from bench.tables import Table

TABLES: Final[Mapping[str, Callable[[], Table]]] = {
    "hostile_bodies": hostile_bodies.measure,
}


def main(names: list[str]) -> int:
    """Measure the named tables, or all of them. Return 2 for an unknown name."""
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        print(f"there is no table {unknown[0]}; there are {', '.join(TABLES)}", file=sys.stderr)
        return 2
    for name in names or TABLES:
        table = TABLES[name]()
        table.show()
        print(f"written to {table.write(name)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
