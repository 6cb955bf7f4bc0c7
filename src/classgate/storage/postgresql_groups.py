"""PURE: several statements as one, so that they take one round trip to the server.

Each statement keeps its text, with its parameters renumbered behind those before it.
"""

import re
from collections.abc import Sequence

_PARAMETER = re.compile(r"\$([0-9]+)")


def join_locks(texts: Sequence[str]) -> str:
    """Return one query that takes the locks of all, in their order.

    The server evaluates the columns of a row one after the other, and each reads all of its rows.
    """
    columns = (
        f"(SELECT count(*) FROM ({text}) AS lock_{number})"  # noqa: S608 - all text is ours
        for number, text in enumerate(_renumbered(texts))
    )
    return f"SELECT {', '.join(columns)}"


def join_writes(texts: Sequence[str]) -> str:
    """Return one statement that executes all. They must change different tables.

    All see the same state of the database, and none sees what another one changes.
    """
    *before, last = _renumbered(texts)
    parts = (f"write_{number} AS ({text})" for number, text in enumerate(before))
    return f"WITH {', '.join(parts)} {last}"


def _renumbered(texts: Sequence[str]) -> list[str]:
    renumbered = []
    offset = 0
    for text in texts:
        renumbered.append(_shift(text, offset))
        offset += max((int(number) for number in _PARAMETER.findall(text)), default=0)
    return renumbered


def _shift(text: str, offset: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + offset}", text)
