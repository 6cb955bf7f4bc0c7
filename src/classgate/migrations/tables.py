"""Every table there is, by importing every feature that has some."""

from classgate.accounts import invitation_repository as invitations
from classgate.accounts import known_address_repository as known_addresses
from classgate.accounts import repository as accounts
from classgate.accounts import session_repository as sessions
from classgate.audit import repository as audit
from classgate.classrooms import binding_repository as bindings
from classgate.classrooms import hearing_repository as hearings
from classgate.classrooms import presence_repository as presences
from classgate.classrooms import replay_repository as replays
from classgate.classrooms import repository as classrooms
from classgate.courseware import repository as courseware
from classgate.leases import repository as leases
from classgate.outbox import repository as outbox
from classgate.storage.database import metadata

__all__ = [
    "accounts",
    "audit",
    "bindings",
    "classrooms",
    "courseware",
    "hearings",
    "invitations",
    "known_addresses",
    "leases",
    "metadata",
    "outbox",
    "presences",
    "replays",
    "sessions",
]
