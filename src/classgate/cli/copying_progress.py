"""The progress bar of a copy to a server."""

from typing import Any


class CopyingProgress:
    """A progress bar on stderr if it is a terminal; stdout is for the result."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - hidden while commands are imported
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self._bar = Progress(
            "copying and reading back",
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: Any = None

    def __enter__(self) -> "CopyingProgress":
        self._bar.start()
        self._task = self._bar.add_task("copy", total=None)
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show how many of all rows are done."""
        self._bar.update(self._task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
