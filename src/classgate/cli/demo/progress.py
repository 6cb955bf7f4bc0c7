"""The bar that shows how far the demo's upload is."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn


class ProgressBar:
    """A bar on a terminal, nothing elsewhere; hands out what the COS SDK tells its progress."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar = Progress(
            "     uploading",
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            console=Console(file=sys.stdout),
            disable=not sys.stdout.isatty(),
        )

    def __enter__(self) -> Callable[[int, int], None]:
        self._bar.start()
        task = self._bar.add_task("upload", total=self._total)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
