"""The progress bar of password hashing."""

from collections.abc import Callable


class HashingProgress:
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
            "hashing passwords",
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Callable[[int, int], None]:
        self._bar.start()
        task = self._bar.add_task("hash", total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
