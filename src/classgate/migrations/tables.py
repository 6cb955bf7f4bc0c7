"""All tables: imports every feature that has some."""

from classgate.accounts import known_address_repository as known_addresses
from classgate.accounts import repository as accounts
from classgate.accounts import session_repository as sessions
from classgate.accounts.invitations import repository as invitations
from classgate.accounts.second_factors import repository as second_factors
from classgate.audit import repository as audit
from classgate.classrooms import repository as classrooms
from classgate.classrooms.presence import host_heartbeats, room_users
from classgate.classrooms.presence import repository as presences
from classgate.classrooms.replays import repository as replays
from classgate.courseware import repository as courseware
from classgate.leases import repository as leases
from classgate.legacy.file_bindings import repository as bindings
from classgate.outbox import repository as outbox
from classgate.processes import repository as processes
from classgate.refusal_log import repository as refusals
from classgate.storage import postgresql_rate_limits as rate_limits
from classgate.storage.database import metadata

__all__ = [
    "accounts",
    "audit",
    "bindings",
    "classrooms",
    "courseware",
    "host_heartbeats",
    "invitations",
    "known_addresses",
    "leases",
    "metadata",
    "outbox",
    "presences",
    "processes",
    "rate_limits",
    "refusals",
    "replays",
    "room_users",
    "second_factors",
    "sessions",
]
