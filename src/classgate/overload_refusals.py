"""The error of a request that is refused so that others are served."""

import math
from datetime import timedelta

from classgate.errors import ServiceUnavailable
from classgate.reasons import Reason


class Overloaded(ServiceUnavailable):
    """More is asked than can be done now, and running classes are served first."""

    reason = Reason.OVERLOADED

    def __init__(self, retry_after: timedelta) -> None:
        self.seconds = max(1, math.ceil(retry_after.total_seconds()))
        super().__init__(
            "the service is busy and serves running classes first; nothing was done. "
            f"Try again in {self.seconds} s",
            retry_after,
        )
