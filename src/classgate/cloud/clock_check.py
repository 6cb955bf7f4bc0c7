"""Clock errors: the cloud rejected the time of a signature."""

from datetime import datetime

import structlog

from classgate.cloud.http import HttpResponse
from classgate.errors import CloudRejected

log = structlog.get_logger("classgate.cloud")

NTP_ADVICE = (
    "the clock of the service's machine is off: the operator sets it right and keeps it so by NTP"
)


def clock_error(service: str, cloud_code: str, reply: HttpResponse, now: datetime) -> CloudRejected:
    """Log the offset and return the error with the fix."""
    ahead = reply.clock_ahead(now)
    log.error(
        "the cloud refuses our time; set this machine's clock right (NTP)",
        service=service,
        cloud_code=cloud_code,
        # Negative: behind. None: the answer had no date.
        seconds_ahead=None if ahead is None else round(ahead.total_seconds()),
    )
    return CloudRejected(service, cloud_code, NTP_ADVICE)
