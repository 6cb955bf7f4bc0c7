"""The metrics of a school, all in one place; `docs/reference/metrics.md` describes each.

The values of a label come from an enumeration or a table of the program, never from a request, and
no label names a person. Whoever counts makes its handles once, with all values of the labels, so
that a counter is there with 0 before the first event.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeVar

from prometheus_client import Counter, Gauge, Histogram

from classgate.reasons import Reason

Outcome = TypeVar("Outcome", bound=StrEnum)


def _of_database(name: str, help_text: str) -> Gauge:
    """Make a gauge that is read from the database: of several workers, the last one is right."""
    return Gauge(name, help_text, multiprocess_mode="mostrecent")


# ── refusals ────────────────────────────────────────────────────────────────────────────────────

_REFUSALS = Counter(
    "classgate_refusals_total", "Refused requests, by cause", ["entrance", "reason"]
)


class Refusals:
    """The refusals of one entrance."""

    def __init__(self, entrance: str) -> None:
        self._by_reason = {reason: _REFUSALS.labels(entrance, reason) for reason in Reason}

    def count(self, reason: Reason) -> None:
        """Count one refused request."""
        self._by_reason[reason].inc()


API_REFUSALS = Refusals("api")
LEGACY_REFUSALS = Refusals("legacy")


class RefusalOutcome(StrEnum):
    """What became of the record of a refusal."""

    RECORDED = "recorded"
    LEFT_OUT = "left_out"  # over the budget of rows: counted in one row of the minute


_RECORDS = Counter(
    "classgate_refusal_records_total", "Refusals for the log of refusals", ["outcome"]
)


def refusal_counters() -> Mapping[RefusalOutcome, Counter]:
    """Return the counters of the log of refusals."""
    return {outcome: _RECORDS.labels(outcome) for outcome in RefusalOutcome}


_EXPLANATIONS = Counter(
    "classgate_why_total", "Admissions that somebody asked about", ["action", "allowed"]
)


def explanation_counters(action: str) -> Mapping[bool, Counter]:
    """Return the counters of explained admissions, by whether the person is allowed."""
    return {yes: _EXPLANATIONS.labels(action, str(yes).lower()) for yes in (True, False)}


# ── overload ────────────────────────────────────────────────────────────────────────────────────


class RequestClass(StrEnum):
    """The classes of requests, in the order in which they are served."""

    RUNNING = "running"  # of a class that runs: renewals, re-entries, what its teacher does
    ENTRY = "entry"  # first entries, and calls of people whom this process does not know yet
    CHANGE = "change"  # other calls that change something, and those of the cloud
    CLOUD = "cloud"  # calls that wait for the cloud
    LOG_IN = "log_in"  # log-ins and registrations
    LIST = "list"  # calls that only read


class ShedReason(StrEnum):
    """Why a request was refused so that others are served."""

    QUEUE_FULL = "queue_full"  # as many wait as may, or as are served in time
    WAITED_TOO_LONG = "waited_too_long"  # others went first for too long
    STANDSTILL = "standstill"  # nothing was finished for some seconds


_SHED = Counter(
    "classgate_requests_shed_total", "Requests refused under overload", ["class", "reason"]
)
_WAITING = Gauge(
    "classgate_requests_waiting",
    "Requests that wait for their turn",
    ["class"],
    multiprocess_mode="livesum",
)
_IN_PROGRESS = Gauge(
    "classgate_requests_in_progress",
    "Requests that have a place",
    ["class"],
    multiprocess_mode="livesum",
)


class RequestGauges(NamedTuple):
    """The gauges of one class of requests."""

    waiting: Gauge
    in_progress: Gauge


def request_gauges(kind: RequestClass) -> RequestGauges:
    """Return the gauges of one class of requests."""
    return RequestGauges(_WAITING.labels(kind), _IN_PROGRESS.labels(kind))


def shed_counters(kind: RequestClass) -> Mapping[ShedReason, Counter]:
    """Return the counters of one class of requests."""
    return {reason: _SHED.labels(kind, reason) for reason in ShedReason}


# ── log-ins ─────────────────────────────────────────────────────────────────────────────────────


class LogInOutcome(StrEnum):
    """How an attempt to log in ended."""

    ACCEPTED = "accepted"
    WRONG_CREDENTIALS = "wrong_credentials"
    THROTTLED = "throttled"  # too many failures before, or too many log-ins
    BUSY = "busy"  # too many passwords wait to be checked
    CODE_REQUIRED = "code_required"  # the password is right, and a second factor is needed too
    NOT_ALLOWED = "not_allowed"  # an admin at the legacy API, or outside of the console's networks
    UNDECIDED = "undecided"  # the database was unavailable, or the client left


_LOG_INS = Counter("classgate_log_ins_total", "Attempts to log in", ["channel", "outcome"])


def log_in_counters(channel: str) -> Mapping[LogInOutcome, Counter]:
    """Return the counters of one channel."""
    return {outcome: _LOG_INS.labels(channel, outcome) for outcome in LogInOutcome}


# ── grants ──────────────────────────────────────────────────────────────────────────────────────


class GrantOutcome(StrEnum):
    """What became of a request for credentials that a rule allowed."""

    ISSUED = "issued"
    RENEWED = "renewed"
    FAILED = "failed"  # the cloud issued none, or the request was interrupted
    LIMITED = "limited"  # too many of this kind for one account


_GRANTS = Counter("classgate_grants_total", "Credentials that a rule allowed", ["kind", "outcome"])


def grant_counters(kind: str) -> Mapping[GrantOutcome, Counter]:
    """Return the counters of one kind of credential."""
    return {outcome: _GRANTS.labels(kind, outcome) for outcome in GrantOutcome}


# ── the cloud ───────────────────────────────────────────────────────────────────────────────────


class CallOutcome(StrEnum):
    """How a call to the cloud ended, after its retries."""

    ANSWERED = "answered"
    REJECTED = "rejected"  # the cloud answered with an error
    UNAVAILABLE = "unavailable"  # no answer, or no valid one
    CIRCUIT_OPEN = "circuit_open"  # not made: the service failed several times in a row
    RATE_LIMITED = "rate_limited"  # not made: our own budget of calls is used up
    ABANDONED = "abandoned"  # the client left, or the call itself broke


_CLOUD_CALLS = Counter("classgate_cloud_calls_total", "Calls to the cloud", ["service", "outcome"])
_CLOUD_SECONDS = Histogram(
    "classgate_cloud_call_seconds", "Time of a call to the cloud, with its retries", ["service"]
)
_CIRCUITS = Gauge(
    "classgate_cloud_circuit_state",
    "1 for the state of the circuit breaker of a service, 0 for the others",
    ["service", "state"],
    multiprocess_mode="livemax",
)


def call_counters(service: str) -> Mapping[CallOutcome, Counter]:
    """Return the counters of one service."""
    return {outcome: _CLOUD_CALLS.labels(service.lower(), outcome) for outcome in CallOutcome}


def call_seconds(service: str) -> Histogram:
    """Return the times of the calls to one service."""
    return _CLOUD_SECONDS.labels(service.lower())


def circuit_gauge(service: str, state: str) -> Gauge:
    """Return the gauge of one state of one service's circuit breaker."""
    return _CIRCUITS.labels(service.lower(), state)


@dataclass
class CloudService:
    """The calls to one service since the process started, and its circuit breaker's state."""

    circuit: str = ""
    calls: dict[str, int] = field(default_factory=dict)


def read_cloud_services() -> Mapping[str, CloudService]:
    """Return what this process counted of each service of the cloud."""
    services: defaultdict[str, CloudService] = defaultdict(CloudService)
    for metric in (*_CLOUD_CALLS.collect(), *_CIRCUITS.collect()):
        for name, labels, value, *_ in metric.samples:
            service = services[labels["service"]]
            if name == "classgate_cloud_circuit_state" and value:
                service.circuit = labels["state"]
            elif name == "classgate_cloud_calls_total":
                service.calls[labels["outcome"]] = int(value)
    return services


# ── messages to the cloud ───────────────────────────────────────────────────────────────────────


class DeliveryOutcome(StrEnum):
    """What became of an attempt to deliver a message."""

    DELIVERED = "delivered"
    POSTPONED = "postponed"  # refused or not answered; it is tried again
    FAILED = "failed"  # set aside
    SUPERSEDED = "superseded"  # not sent: what it was for is no longer so
    DROPPED = "dropped"  # too old at the first start of a version with a delivery


_DELIVERIES = Counter(
    "classgate_outbox_deliveries_total", "Attempts to deliver a message", ["kind", "outcome"]
)


def delivery_counters(kind: str) -> Mapping[DeliveryOutcome, Counter]:
    """Return the counters of one kind of message."""
    return {outcome: _DELIVERIES.labels(kind, outcome) for outcome in DeliveryOutcome}


OUTBOX_WAITING = _of_database("classgate_outbox_waiting", "Messages to the cloud that wait")
OUTBOX_FAILED = _of_database("classgate_outbox_failed", "Messages to the cloud that were set aside")
OUTBOX_OLDEST_SECONDS = _of_database(
    "classgate_outbox_oldest_seconds", "Age of the oldest message that waits, in seconds"
)


# ── callbacks ───────────────────────────────────────────────────────────────────────────────────


class CallbackOutcome(StrEnum):
    """What became of a call of the cloud."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"  # known already, or earlier than what is known
    IGNORED = "ignored"  # not about a class, or too old
    REFUSED = "refused"  # not authenticated, or unreadable


_CALLBACKS = Counter("classgate_callbacks_total", "Calls of the cloud", ["callback", "outcome"])


def callback_counters(callback: str) -> Mapping[CallbackOutcome, Counter]:
    """Return the counters of one kind of callback."""
    return {outcome: _CALLBACKS.labels(callback, outcome) for outcome in CallbackOutcome}


# ── the database and the school ─────────────────────────────────────────────────────────────────

DATABASE_WRITABLE = _of_database(
    "classgate_database_writable", "1 if the database accepts writes, as /readyz tells, else 0"
)
DATABASE_LISTENING = Gauge(
    "classgate_database_listening",
    "1 if changes by other processes arrive, else 0, and every heartbeat reads the database",
    multiprocess_mode="livemin",
)
COMMIT_SECONDS = Histogram(
    "classgate_database_commit_seconds", "Time of a commit, until it is on the disk"
)
CLASSES_LIVE = _of_database("classgate_classes_live", "Classes that are live")
PEOPLE_PRESENT = _of_database("classgate_people_present", "Members present in classes")
AUDIT_ROWS = _of_database("classgate_audit_rows", "Rows of the audit, by the heads of its chains")
