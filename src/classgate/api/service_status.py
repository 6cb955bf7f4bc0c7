"""How the service does: for the operator's page, and for whoever watches without Prometheus."""

from collections import Counter
from typing import Annotated, Final, Literal

import msgspec
from litestar import get
from msgspec import Meta

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import Time, to_unix, to_unix_or_none
from classgate.audit.models import AuditEvent
from classgate.leases.kinds import KINDS, LeaseKind
from classgate.metrics import CallOutcome, CloudService, GrantOutcome
from classgate.outbox.admin_repository import LaneCounts
from classgate.outbox.policy import Lane
from classgate.service_status.models import MinuteCounts, ServiceStatus, WaitingWork

Complete = Annotated[
    bool, Meta(description="False: there were more than are counted, so the numbers are too low.")
]
PerMinute = Annotated[
    list[int], Meta(description="One number for each minute; the last minute is not over.")
]


class GrantSeries(msgspec.Struct, kw_only=True):
    """Grants of one kind with one outcome, by minute."""

    kind: Annotated[
        LeaseKind, Meta(description="Kind of the credential; `upload` counts `upload_prefix` too.")
    ]
    outcome: Annotated[GrantOutcome, Meta(description="What became of them.")]
    per_minute: PerMinute


class GrantRates(msgspec.Struct, kw_only=True):
    """The grants of the last hour, of all processes: as the audit recorded them."""

    since: Annotated[Time, Meta(description="When the first minute began. Unix time in seconds.")]
    series: Annotated[list[GrantSeries], Meta(description="Only those that are not all 0.")]
    complete: Complete


class ReasonCount(msgspec.Struct, kw_only=True):
    """Refusals for one reason."""

    reason: Annotated[str, Meta(description="Reason of the refusal, as in the problem.")]
    count: Annotated[int, Meta(description="How many there were in the last hour.")]


class RefusalRates(msgspec.Struct, kw_only=True):
    """The refusals of the last hour, of all processes: as the log of refusals has them."""

    per_minute: PerMinute
    reasons: Annotated[list[ReasonCount], Meta(description="The most frequent first.")]
    complete: Complete


class CloudServiceStatus(msgspec.Struct, kw_only=True):
    """The calls of this process to one service of the cloud."""

    service: Annotated[str, Meta(description="The service, such as `sts` or `cos`.")]
    circuit: Annotated[
        Literal["closed", "open", "half_open"],
        Meta(description="State of the circuit breaker; `open`: no call is made for a while."),
    ]
    calls: Annotated[int, Meta(description="Calls since the process started.")]
    failed: Annotated[
        dict[str, int],
        Meta(description="Those that were not answered, by outcome, as in the metrics."),
    ]


class ProcessStatus(msgspec.Struct, kw_only=True):
    """The process that answered. Other processes of the service count for themselves."""

    started_at: Annotated[Time, Meta(description="When it started. Unix time in seconds.")]
    cloud: Annotated[list[CloudServiceStatus], Meta(description="By the name of the service.")]


class ServingProcessStatus(msgspec.Struct, kw_only=True):
    """A process that serves over the same database."""

    host: Annotated[str, Meta(description="Name of its machine.")]
    version: Annotated[str, Meta(description="Version of classgate.")]
    started_at: Annotated[Time, Meta(description="When it started. Unix time in seconds.")]
    answered: Annotated[bool, Meta(description="Whether it is the process that answered.")]


class LaneStatus(msgspec.Struct, kw_only=True):
    """Messages to the cloud in one lane of the outbox."""

    lane: Annotated[Lane, Meta(description="The lane.")]
    waiting: Annotated[int, Meta(description="Those to deliver, also those planned for later.")]
    due: Annotated[int, Meta(description="Those to deliver now.")]
    set_aside: Annotated[
        int, Meta(description="Those that failed; `classgate outbox list --failed` says why.")
    ]
    oldest_due_at: Annotated[
        int | None,
        Meta(description="Since when the oldest one is due. Unix time in seconds. Null: none is."),
    ]


class WaitingStatus(msgspec.Struct, kw_only=True):
    """What is to be done and was not done yet."""

    outbox: Annotated[list[LaneStatus], Meta(description="The outbox, by lane.")]
    replays: Annotated[
        int, Meta(description="Replays whose index is to be requested now; counted up to 1000.")
    ]
    clean_ups: Annotated[
        int, Meta(description="Uploads to remove from the store now; counted up to 1000.")
    ]


class DatabaseStatus(msgspec.Struct, kw_only=True):
    """The database."""

    kind: Annotated[Literal["sqlite", "postgresql"], Meta(description="Which database it is.")]
    revision: Annotated[str, Meta(description="Revision of its schema.")]
    round_trip_ms: Annotated[float, Meta(description="Time of a small query, in milliseconds.")]
    size: Annotated[int, Meta(description="Its size in bytes.")]
    log_size: Annotated[
        int | None,
        Meta(description="Bytes of SQLite's write-ahead log. Null for a server."),
    ]


class ServiceStatusAnswer(msgspec.Struct, kw_only=True):
    """How the service does."""

    at: Annotated[Time, Meta(description="The time of these numbers. Unix time in seconds.")]
    grants: Annotated[GrantRates, Meta(description="The grants of the last hour.")]
    refusals: Annotated[RefusalRates, Meta(description="The refusals of the last hour.")]
    process: Annotated[ProcessStatus, Meta(description="The process that answered.")]
    processes: Annotated[
        list[ServingProcessStatus],
        Meta(description="The processes that serve, the first started first."),
    ]
    waiting: Annotated[WaitingStatus, Meta(description="What is to be done and was not done yet.")]
    database: Annotated[DatabaseStatus, Meta(description="The database.")]


@get(
    "/admin/status",
    opt=rules.only(rules.ADMIN),
    summary="See how the service does",
    responses=documented(401, 403, 503),
)
async def read_status(request: ApiRequest) -> ServiceStatusAnswer:
    """Return grants and refusals of the last hour, calls to the cloud, waiting work, the database.

    Numbers only, about no person; not recorded in the audit. They are at most two seconds old.
    """
    return _view(await request.services.service_status.read())


def _view(status: ServiceStatus) -> ServiceStatusAnswer:
    return ServiceStatusAnswer(
        at=to_unix(status.at),
        grants=_grants(status.events),
        refusals=_refusals(status.refusals),
        process=ProcessStatus(
            started_at=to_unix(status.started_at),
            cloud=[_service(name, each) for name, each in sorted(status.cloud.items())],
        ),
        processes=[
            ServingProcessStatus(
                host=each.host,
                version=each.version,
                started_at=to_unix(each.started_at),
                answered=each.process_id == status.answered_by,
            )
            for each in status.processes
        ],
        waiting=_waiting(status.waiting),
        database=_database(status),
    )


# Two kinds have the events of `upload`: the first one counts.
_GRANTS: Final[dict[str, tuple[LeaseKind, GrantOutcome]]] = {
    AuditEvent.UPLOAD_CREDENTIALS_FAILED: (LeaseKind.UPLOAD, GrantOutcome.FAILED)
}
for _kind, _events in KINDS.items():
    _GRANTS.setdefault(_events.issued, (_kind, GrantOutcome.ISSUED))
    if _events.renewed is not None:
        _GRANTS.setdefault(_events.renewed, (_kind, GrantOutcome.RENEWED))


def _grants(events: MinuteCounts) -> GrantRates:
    series = []
    for event, (kind, outcome) in _GRANTS.items():
        counts = [minute.get(event, 0) for minute in events.by_minute]
        if any(counts):
            series.append(GrantSeries(kind=kind, outcome=outcome, per_minute=counts))
    series.sort(key=lambda each: (each.kind, each.outcome))
    return GrantRates(since=to_unix(events.since), series=series, complete=events.is_complete)


def _refusals(refusals: MinuteCounts) -> RefusalRates:
    counts = sum((Counter(minute) for minute in refusals.by_minute), Counter[str]())
    return RefusalRates(
        per_minute=[sum(minute.values()) for minute in refusals.by_minute],
        reasons=[ReasonCount(reason=reason, count=n) for reason, n in counts.most_common()],
        complete=refusals.is_complete,
    )


def _service(name: str, service: CloudService) -> CloudServiceStatus:
    failed = {
        outcome: count
        for outcome, count in sorted(service.calls.items())
        if count and outcome != CallOutcome.ANSWERED
    }
    return msgspec.convert(
        {
            "service": name,
            "circuit": service.circuit,
            "calls": sum(service.calls.values()),
            "failed": failed,
        },
        CloudServiceStatus,
    )


def _waiting(work: WaitingWork) -> WaitingStatus:
    return WaitingStatus(
        outbox=[_lane(lane, counts) for lane, counts in work.lanes.items()],
        replays=work.replays,
        clean_ups=work.clean_ups,
    )


def _lane(lane: Lane, counts: LaneCounts) -> LaneStatus:
    return LaneStatus(
        lane=lane,
        waiting=counts.waiting,
        due=counts.due,
        set_aside=counts.set_aside,
        oldest_due_at=to_unix_or_none(counts.oldest_due),
    )


def _database(status: ServiceStatus) -> DatabaseStatus:
    database = status.database
    return DatabaseStatus(
        kind=database.kind,
        revision=database.revision,
        round_trip_ms=round(database.round_trip * 1000, 2),
        size=database.size,
        log_size=database.log_size,
    )


HANDLERS = (read_status,)
