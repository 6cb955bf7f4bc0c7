"""What an operator sees of the service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from classgate.metrics import CloudService
from classgate.outbox.admin_repository import LaneCounts
from classgate.outbox.policy import Lane
from classgate.processes.repository import ServingProcess
from classgate.storage.measurement import DatabaseMeasurement


@dataclass(frozen=True, kw_only=True)
class MinuteCounts:
    """Counts by minute: the last hour, up to the running minute."""

    since: datetime  # the beginning of the first minute
    by_minute: Sequence[Mapping[str, int]]
    is_complete: bool  # False: a minute had more than are counted


@dataclass(frozen=True, kw_only=True)
class WaitingWork:
    """What is to be done and was not done yet."""

    lanes: Mapping[Lane, LaneCounts]
    replays: int  # their index is to be requested; up to `MAX_COUNTED`
    clean_ups: int  # uploads to remove from the store; up to `MAX_COUNTED`


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """The state of the service at a time."""

    at: datetime
    started_at: datetime  # of this process
    events: MinuteCounts  # of the audit, by event
    refusals: MinuteCounts  # by reason
    cloud: Mapping[str, CloudService]  # by service, of this process
    processes: Sequence[ServingProcess]  # all that serve, the first started first
    answered_by: str  # the id of this one
    waiting: WaitingWork
    database: DatabaseMeasurement
