"""Garbage collection at the start of a command.

Imports make objects that stay as long as the process. While they are made, collections find nothing
and take a sixth of the start. Afterwards each full collection would look at all of them again,
which takes a tenth of a second in which nobody is served.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLD = 10_000
"""So many more objects than at the last collection start the next.

Python's 700 are those of a few requests in progress: a collection looks at them in vain.
"""


@contextmanager
def paused_collection() -> Iterator[None]:
    """Collect nothing in the block."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def exempt_existing_objects() -> None:
    """Let no collection look at the objects that exist now: they stay until the process ends."""
    gc.freeze()
    gc.set_threshold(_THRESHOLD)
