"""The services of classes, put together from what they need."""

from dataclasses import dataclass
from datetime import timedelta

from classgate.accounts.removals import CloudRemovals
from classgate.accounts.service import AccountService
from classgate.accounts.user_sigs import UserSigIssuer
from classgate.audit.reads import RecordedReads
from classgate.audit.service import AuditLog
from classgate.classrooms.ending import ClassroomEnding
from classgate.classrooms.entry import EntryService
from classgate.classrooms.group_joins import GroupJoins
from classgate.classrooms.groups import ClassGroups
from classgate.classrooms.hosts import HostService
from classgate.classrooms.models import AccessWindows, PresenceTimeouts
from classgate.classrooms.mutes import MuteService
from classgate.classrooms.presence.log import PresenceLog
from classgate.classrooms.presence.retention import AttendanceRetention
from classgate.classrooms.presence.service import PresenceService
from classgate.classrooms.presence.tracker import PresenceTracker
from classgate.classrooms.refusals import ClassRefusals
from classgate.classrooms.replays.service import ReplayService
from classgate.classrooms.room_events.service import RoomEventService
from classgate.classrooms.room_rights import RoomRights
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.leases.service import LeaseService
from classgate.outbox.service import Outbox
from classgate.refusal_log.service import RefusalLog
from classgate.storage.changes import Changed
from classgate.storage.database import Database


@dataclass(frozen=True)
class ClassroomPolicy:
    """The school's policies for classes."""

    windows: AccessWindows
    timeouts: PresenceTimeouts
    attendance_retention: timedelta


@dataclass(frozen=True)
class ClassroomServices:
    """The services of classes, and the parts that other features build on."""

    classrooms: ClassroomService
    roster: RosterService
    mutes: MuteService
    hosts: HostService
    entry: EntryService
    presence: PresenceService
    presence_tracker: PresenceTracker
    presence_log: PresenceLog
    replays: ReplayService
    room_events: RoomEventService
    groups: ClassGroups
    group_joins: GroupJoins
    refusals: ClassRefusals
    attendance_retention: AttendanceRetention


def wire_classrooms(
    *,
    database: Database,
    audit: AuditLog,
    reads: RecordedReads,
    leases: LeaseService,
    outbox: Outbox,
    removals: CloudRemovals,
    accounts: AccountService,
    user_sigs: UserSigIssuer,
    refusals: RefusalLog,
    policy: ClassroomPolicy,
    clock: Clock,
) -> ClassroomServices:
    """Return the services of classes."""
    groups = ClassGroups(database, outbox, clock)
    presence_log = PresenceLog(leases)
    ending = ClassroomEnding(
        audit, leases, presence_log, outbox, policy.windows.private_map_key_lifetime
    )
    tracker = PresenceTracker(
        database=database, ending=ending, timeouts=policy.timeouts, clock=clock
    )
    classrooms = ClassroomService(
        database=database,
        audit=audit,
        accounts=accounts,
        presence_log=presence_log,
        ending=ending,
        groups=groups,
        windows=policy.windows,
        clock=clock,
    )
    room_rights = RoomRights(outbox)
    entry = EntryService(
        database=database,
        leases=leases,
        presence_log=presence_log,
        outbox=outbox,
        classrooms=classrooms,
        groups=groups,
        room_rights=room_rights,
        user_sigs=user_sigs,
        windows=policy.windows,
        clock=clock,
    )
    roster = RosterService(
        database=database,
        audit=audit,
        leases=leases,
        removals=removals,
        presence_log=presence_log,
        room_rights=room_rights,
        classrooms=classrooms,
        clock=clock,
    )
    return ClassroomServices(
        classrooms=classrooms,
        roster=roster,
        mutes=MuteService(
            database=database,
            audit=audit,
            classrooms=classrooms,
            roster=roster,
            room_rights=room_rights,
            clock=clock,
        ),
        hosts=HostService(
            database=database,
            audit=audit,
            leases=leases,
            removals=removals,
            presence_log=presence_log,
            room_rights=room_rights,
            classrooms=classrooms,
            clock=clock,
        ),
        entry=entry,
        presence=PresenceService(
            database=database,
            accounts=accounts,
            leases=leases,
            presence_log=presence_log,
            heartbeats=database.caches.create(Changed.CLASSROOM, clock),
            tracker=tracker,
            classrooms=classrooms,
            entry=entry,
            reads=reads,
            clock=clock,
        ),
        presence_tracker=tracker,
        presence_log=presence_log,
        replays=ReplayService(
            database=database, audit=audit, outbox=outbox, classrooms=classrooms, clock=clock
        ),
        room_events=RoomEventService(
            database=database,
            outbox=outbox,
            removals=removals,
            private_map_key_lifetime=policy.windows.private_map_key_lifetime,
            clock=clock,
        ),
        groups=groups,
        group_joins=GroupJoins(database, refusals, clock),
        refusals=ClassRefusals(database, classrooms, refusals),
        attendance_retention=AttendanceRetention(
            database=database, retention=policy.attendance_retention, clock=clock
        ),
    )
