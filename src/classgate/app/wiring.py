"""Wiring: builds every service once, from the settings."""

from classgate.account_deletion import AccountDeletion
from classgate.accounts.administration import AccountAdministration
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.creation import AccountCreator
from classgate.accounts.imports.service import AccountImport
from classgate.accounts.invitations.service import InvitationService
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.models import ImApplication, SessionLimits
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.registration import RegistrationService
from classgate.accounts.reserved_identifiers import ReservedIdentifiers
from classgate.accounts.retention import Retention
from classgate.accounts.service import AccountService
from classgate.accounts.session_activity import SessionActivity
from classgate.accounts.session_registry import SessionRegistry
from classgate.accounts.user_sigs import UserSigIssuer
from classgate.app.application import Application
from classgate.app.setting_values import (
    access_windows_of,
    bucket_settings_of,
    cos_endpoint_of,
    hashing_cost_of,
    legacy_account_policy_of,
    presence_timeouts_of,
    sts_endpoint_of,
    vod_endpoint_of,
)
from classgate.audit.chain import AuditKey
from classgate.audit.service import AuditLog
from classgate.classrooms.ending import ClassroomEnding
from classgate.classrooms.entry import EntryService
from classgate.classrooms.hosts import HostService
from classgate.classrooms.presence.log import HeartbeatCache, PresenceLog
from classgate.classrooms.presence.service import PresenceService
from classgate.classrooms.presence.tracker import PresenceTracker
from classgate.classrooms.replays.service import ReplayService
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock, utc_now
from classgate.cloud.call_rate import CallRate
from classgate.cloud.cos import CosClient
from classgate.cloud.credential_cache import CredentialCache
from classgate.cloud.http import CloudHttpClient
from classgate.cloud.resilient_client import ResilientClient, Runtime
from classgate.cloud.sts import StsClient
from classgate.cloud.vod import VodClient
from classgate.courseware.clean_up import CleanUpPolicy, UploadCleanUp
from classgate.courseware.credentials import CredentialService
from classgate.courseware.json_signer import JsonApiSigner
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signatures import SignatureService
from classgate.leases.limits import GrantLimits
from classgate.leases.service import LeaseService
from classgate.legacy.account_import.service import LegacyImport
from classgate.legacy.accounts import LegacyAccountService
from classgate.legacy.classroom_list.service import LegacyClassroomList
from classgate.legacy.file_bindings.service import FileBindingService
from classgate.legacy.storage_signatures import LegacySignatureService
from classgate.legacy.videos.models import VideoAccount, VideoQueryRules
from classgate.legacy.videos.service import VideoService
from classgate.outbox.service import Outbox
from classgate.settings.loading import Settings
from classgate.storage.database import Database
from classgate.storage.database_url import open_database
from classgate.storage.rate_limits import InProcessRateLimitStore
from classgate.storage.readiness import Readiness
from classgate.storage.ttl_cache import TtlCache

# Budgets of this process. STS allows 600 calls a second for the whole account; the rest is left to
# other replicas and other users of the account.
STS_RATE = CallRate(per_second=100, burst=50)
COS_RATE = CallRate(per_second=200, burst=50)
# VOD allows 100 calls a minute for each query.
VOD_RATE = CallRate(per_second=1, burst=20)


def audit_log_of(settings: Settings, database: Database, clock: Clock) -> AuditLog:
    """Build the audit log of this database, with the configured key."""
    return AuditLog(database, AuditKey(settings.audit.key.get_secret_value()), clock)


def build_application(
    settings: Settings, clock: Clock = utc_now, runtime: Runtime | None = None
) -> Application:
    """Build the application. Opens the database, which must exist and be migrated."""
    runtime = runtime or Runtime()
    database = open_database(settings.database.url.get_secret_value())
    session_uses = SessionActivity(database)
    audit = audit_log_of(settings, database, clock)
    leases = LeaseService(audit, GrantLimits(), clock)
    passwords = PasswordPool(hashing_cost_of(settings))
    user_sigs = UserSigIssuer(ImApplication(settings.im.sdk_app_id, settings.im.signing_key()))
    windows = access_windows_of(settings)
    heartbeats: HeartbeatCache = TtlCache(clock)
    presence_log, outbox = PresenceLog(leases, heartbeats), Outbox()
    ending = ClassroomEnding(audit, leases, presence_log, outbox)
    store = bucket_settings_of(settings)
    http = CloudHttpClient()
    attempts = AttemptLimiter(InProcessRateLimitStore())
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
    names = ReservedIdentifiers(audit, clock, settings.im.admin_identifier)
    account_creator = AccountCreator(audit, names, clock)
    invitations = InvitationService(
        database=database, audit=audit, accounts=accounts, attempts=attempts, clock=clock
    )
    classrooms = ClassroomService(
        database=database,
        audit=audit,
        accounts=accounts,
        presence_log=presence_log,
        ending=ending,
        outbox=outbox,
        windows=windows,
        clock=clock,
    )
    entry = EntryService(
        database=database,
        leases=leases,
        presence_log=presence_log,
        outbox=outbox,
        classrooms=classrooms,
        user_sigs=user_sigs,
        windows=windows,
        clock=clock,
    )
    tracker = PresenceTracker(
        database=database,
        ending=ending,
        timeouts=presence_timeouts_of(settings),
        clock=clock,
    )
    sts = StsClient(
        sts_endpoint_of(settings), http, clock, ResilientClient("STS", STS_RATE, runtime=runtime)
    )
    cos_calls = ResilientClient("COS", COS_RATE, runtime=runtime)
    objects = CosClient(cos_endpoint_of(settings), http, clock, cos_calls)
    vod = VodClient(
        vod_endpoint_of(settings), http, clock, ResilientClient("VOD", VOD_RATE, runtime=runtime)
    )
    credentials_service = CredentialService(
        database=database,
        leases=leases,
        classrooms=classrooms,
        source=CredentialCache(sts, clock, runtime.monotonic),
        lifetime=store.credential_lifetime,
        clock=clock,
    )
    signer = JsonApiSigner(
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
            account_creator=account_creator,
            passwords=passwords,
            clock=clock,
        ),
        account_import=AccountImport(
            database=database, passwords=passwords, names=names, account_creator=account_creator
        ),
        legacy_import=LegacyImport(
            database=database,
            passwords=passwords,
            names=names,
            account_creator=account_creator,
            sdk_app_id=settings.im.sdk_app_id,
        ),
        account_deletion=AccountDeletion(
            database=database,
            audit=audit,
            leases=leases,
            presence_log=presence_log,
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
            account_creator=account_creator,
            mode=settings.accounts.registration,
            clock=clock,
        ),
        classrooms=classrooms,
        legacy_classroom_list=LegacyClassroomList(database),
        roster=RosterService(
            database=database,
            audit=audit,
            leases=leases,
            presence_log=presence_log,
            classrooms=classrooms,
            clock=clock,
        ),
        presence=PresenceService(
            database=database,
            accounts=accounts,
            leases=leases,
            presence_log=presence_log,
            heartbeats=heartbeats,
            tracker=tracker,
            classrooms=classrooms,
            entry=entry,
            clock=clock,
        ),
        presence_tracker=tracker,
        replays=ReplayService(
            database=database, audit=audit, outbox=outbox, classrooms=classrooms, clock=clock
        ),
        file_bindings=FileBindingService(
            database=database, accounts=accounts, classrooms=classrooms, clock=clock
        ),
        hosts=HostService(
            database=database,
            audit=audit,
            leases=leases,
            presence_log=presence_log,
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
            credentials_service=credentials_service,
            objects=objects,
            store=store,
            clock=clock,
        ),
        courseware_removal=removal,
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
        legacy_accounts=LegacyAccountService(
            database=database,
            accounts=accounts,
            passwords=passwords,
            attempts=attempts,
            account_creator=account_creator,
            rules=legacy_account_policy_of(settings),
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
        upload_clean_up=UploadCleanUp(
            database=database,
            audit=audit,
            leases=leases,
            objects=objects,
            removal=removal,
            rules=CleanUpPolicy(windows, settings.cos.abandoned_after),
            clock=clock,
        ),
        retention=Retention(database=database, leases=leases, clock=clock),
        session_activity=session_uses,
        passwords=passwords,
        http=http,
        _runtime=runtime,
    )
