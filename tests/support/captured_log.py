"""Everything that the service logs during a test."""

import io


class CapturedLog(io.StringIO):
    """Everything that is logged, as production logs it."""

    def clear(self) -> None:
        self.seek(0)
        self.truncate()
