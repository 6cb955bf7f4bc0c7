"""The progress bar of work that counts what is done: hashing passwords, copying rows."""

from collections.abc import Callable


class CountingProgress:
    """A progress bar on stderr if it is a terminal; stdout is for the result.

    Entering it returns what is called with the number that is done and the number of all.
    """

    def __init__(self, what: str) -> None:
        from rich.console import Console  # noqa: PLC0415 - hidden while commands are imported
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TimeRemainingColumn,
        )

        self._what = what
        console = Console(stderr=True)
        self._bar = Progress(
            what,
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Callable[[int, int], None]:
        self._bar.start()
        task = self._bar.add_task(self._what, total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
