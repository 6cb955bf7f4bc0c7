"""Settings become an application: every service, wired once."""

from classgate.accounts.administration import AccountAdministration
from classgate.accounts.attempts import Attempts
from classgate.accounts.importing import AccountImport
from classgate.accounts.invitations import InvitationDesk
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.legacy_access import LegacyAccess
from classgate.accounts.legacy_importing import LegacyImport
from classgate.accounts.making import AccountMaker
from classgate.accounts.models import ImApplication, SessionLimits
from classgate.accounts.names import NameKeeper
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.registration import RegistrationService
from classgate.accounts.retention import Retention
from classgate.accounts.service import AccountService
from classgate.accounts.session_registry import SessionRegistry
from classgate.accounts.session_uses import SessionUses
from classgate.accounts.user_sigs import UserSigIssuer
from classgate.application import Application
from classgate.audit.chain import AuditKey
from classgate.audit.service import AuditLog
from classgate.classrooms.bindings import BindingService
from classgate.classrooms.deletion import AccountDeletion
from classgate.classrooms.directory import ClassroomDirectory
from classgate.classrooms.ending import ClassEnding
from classgate.classrooms.entry import EntryService
from classgate.classrooms.hosts import HostService
from classgate.classrooms.presence import PresenceService
from classgate.classrooms.presence_book import Beats, PresenceBook
from classgate.classrooms.presence_keeping import PresenceKeeper
from classgate.classrooms.replays import ReplayService
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock, utc_now
from classgate.cloud.budget import Rate
from classgate.cloud.careful_calls import CarefulCalls, Surroundings
from classgate.cloud.cos import Cos
from classgate.cloud.credential_cache import CredentialCache
from classgate.cloud.http import CloudHttp
from classgate.cloud.sts import Sts
from classgate.cloud.vod import Vod
from classgate.courseware.credentials import CredentialDesk
from classgate.courseware.json_signer import JsonSigner
from classgate.courseware.legacy_signatures import LegacySignatureService
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signatures import SignatureService
from classgate.courseware.sweeping import SweepRules, UploadSweep
from classgate.leases.limits import GrantLimits
from classgate.leases.service import LeaseBook
from classgate.outbox.service import Outbox
from classgate.setting_values import (
    cos_address_of,
    hashing_cost_of,
    legacy_rules_of,
    silence_of,
    store_of,
    sts_address_of,
    vod_address_of,
    windows_of,
)
from classgate.settings import Settings
from classgate.storage.database import Database
from classgate.storage.key_value import InProcessKeyValue
from classgate.storage.opening import open_database
from classgate.storage.readiness import Readiness
from classgate.storage.short_memory import ShortMemory
from classgate.videos.models import VideoAccount, VideoQueryRules
from classgate.videos.service import VideoService

# For this process. STS takes 600 a second of the whole account: room is left for other replicas,
# and for others who use the account.
STS_RATE = Rate(per_second=100, at_once=50)
COS_RATE = Rate(per_second=200, at_once=50)
# VOD takes 100 of each query a minute.
VOD_RATE = Rate(per_second=1, at_once=20)


def audit_log_of(settings: Settings, database: Database, clock: Clock) -> AuditLog:
    """The audit in this database, under the configured key."""
    return AuditLog(database, AuditKey(settings.audit.key.get_secret_value()), clock)


def build(
    settings: Settings, clock: Clock = utc_now, around: Surroundings | None = None
) -> Application:
    """Wire everything. Opens the database, which must exist and be migrated."""
    around = around or Surroundings()
    database = open_database(settings.database.url.get_secret_value())
    session_uses = SessionUses(database)
    audit = audit_log_of(settings, database, clock)
    leases = LeaseBook(audit, GrantLimits(), clock)
    passwords = PasswordPool(hashing_cost_of(settings))
    user_sigs = UserSigIssuer(ImApplication(settings.im.sdk_app_id, settings.im.signing_key()))
    windows = windows_of(settings)
    beats: Beats = ShortMemory(clock)
    presences, outbox = PresenceBook(leases, beats), Outbox()
    ending = ClassEnding(audit, leases, presences, outbox)
    store = store_of(settings)
    http = CloudHttp()
    attempts = Attempts(InProcessKeyValue())
    limits = SessionLimits(settings.accounts.session_lifetime, settings.accounts.idle_lifetime)
    accounts = AccountService(
        database=database,
        audit=audit,
        leases=leases,
        passwords=passwords,
        attempts=attempts,
        known_addresses=KnownAddresses(database, audit),
        user_sigs=user_sigs,
        registry=SessionRegistry(audit, leases, limits, clock),
        uses=session_uses,
        limits=limits,
        clock=clock,
    )
    names = NameKeeper(audit, clock, settings.im.admin_identifier)
    maker = AccountMaker(audit, names, clock)
    invitations = InvitationDesk(
        database=database, audit=audit, accounts=accounts, attempts=attempts, clock=clock
    )
    classrooms = ClassroomService(
        database=database,
        audit=audit,
        accounts=accounts,
        presences=presences,
        ending=ending,
        outbox=outbox,
        windows=windows,
        clock=clock,
    )
    entry = EntryService(
        database=database,
        leases=leases,
        presences=presences,
        outbox=outbox,
        classrooms=classrooms,
        user_sigs=user_sigs,
        windows=windows,
        clock=clock,
    )
    keeper = PresenceKeeper(
        database=database,
        ending=ending,
        silence=silence_of(settings),
        clock=clock,
    )
    sts = Sts(sts_address_of(settings), http, clock, CarefulCalls("STS", STS_RATE, around=around))
    cos_calls = CarefulCalls("COS", COS_RATE, around=around)
    objects = Cos(cos_address_of(settings), http, clock, cos_calls)
    vod = Vod(vod_address_of(settings), http, clock, CarefulCalls("VOD", VOD_RATE, around=around))
    desk = CredentialDesk(
        database=database,
        leases=leases,
        classrooms=classrooms,
        source=CredentialCache(sts, clock, around.monotonic),
        lifetime=store.credential_lifetime,
        clock=clock,
    )
    signer = JsonSigner(
        store,
        settings.cloud.secret_id.get_secret_value(),
        settings.cloud.secret_key.get_secret_value(),
    )
    removal = CoursewareRemoval(
        database=database, audit=audit, classrooms=classrooms, objects=objects, clock=clock
    )
    return Application(
        database=database,
        readiness=Readiness(database),
        audit=audit,
        clock=clock,
        leases=leases,
        accounts=accounts,
        administration=AccountAdministration(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts,
            maker=maker,
            passwords=passwords,
            clock=clock,
        ),
        account_import=AccountImport(
            database=database, passwords=passwords, names=names, maker=maker
        ),
        legacy_import=LegacyImport(
            database=database,
            passwords=passwords,
            names=names,
            maker=maker,
            sdk_app_id=settings.im.sdk_app_id,
        ),
        deletion=AccountDeletion(
            database=database,
            audit=audit,
            leases=leases,
            presences=presences,
            accounts=accounts,
            names=names,
            clock=clock,
        ),
        invitations=invitations,
        registration=RegistrationService(
            database=database,
            passwords=passwords,
            attempts=attempts,
            invitations=invitations,
            maker=maker,
            mode=settings.accounts.registration,
            clock=clock,
        ),
        classrooms=classrooms,
        directory=ClassroomDirectory(database),
        roster=RosterService(
            database=database,
            audit=audit,
            leases=leases,
            presences=presences,
            classrooms=classrooms,
            clock=clock,
        ),
        presence=PresenceService(
            database=database,
            accounts=accounts,
            leases=leases,
            presences=presences,
            beats=beats,
            keeper=keeper,
            classrooms=classrooms,
            entry=entry,
            clock=clock,
        ),
        presence_keeper=keeper,
        replays=ReplayService(
            database=database, audit=audit, outbox=outbox, classrooms=classrooms, clock=clock
        ),
        bindings=BindingService(
            database=database, accounts=accounts, classrooms=classrooms, clock=clock
        ),
        hosts=HostService(
            database=database,
            audit=audit,
            leases=leases,
            presences=presences,
            classrooms=classrooms,
            clock=clock,
        ),
        entry=entry,
        courseware=CoursewareService(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts,
            classrooms=classrooms,
            desk=desk,
            objects=objects,
            store=store,
            clock=clock,
        ),
        removal=removal,
        signatures=SignatureService(
            database=database,
            leases=leases,
            classrooms=classrooms,
            signer=signer,
            store=store,
            windows=windows,
            clock=clock,
        ),
        videos=VideoService(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts,
            queries=vod,
            account=VideoAccount(
                settings.cloud.secret_id.get_secret_value(),
                settings.cloud.secret_key.get_secret_value(),
            ),
            rules=VideoQueryRules(frozenset(settings.legacy.vod_actions)),
            clock=clock,
        ),
        legacy_access=LegacyAccess(
            database=database,
            accounts=accounts,
            passwords=passwords,
            attempts=attempts,
            maker=maker,
            rules=legacy_rules_of(settings),
            clock=clock,
        ),
        legacy_signatures=LegacySignatureService(
            database=database,
            leases=leases,
            accounts=accounts,
            classrooms=classrooms,
            signer=signer,
            store=store,
            windows=windows,
            raw_file_id=settings.legacy.raw_fileid,
            clock=clock,
        ),
        sweep=UploadSweep(
            database=database,
            audit=audit,
            leases=leases,
            objects=objects,
            removal=removal,
            rules=SweepRules(windows, settings.cos.abandoned_after),
            clock=clock,
        ),
        retention=Retention(database=database, leases=leases, clock=clock),
        session_uses=session_uses,
        passwords=passwords,
        http=http,
        _around=around,
    )
