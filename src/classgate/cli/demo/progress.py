"""The progress bar of the demo's upload."""

import sys
from collections.abc import Callable


class ProgressBar:
    """A progress bar if stdout is a terminal. Entering it returns the COS SDK's callback."""

    def __init__(self, total: int) -> None:
        from rich.console import Console  # noqa: PLC0415 - hidden while commands are imported
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TransferSpeedColumn,
        )

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
