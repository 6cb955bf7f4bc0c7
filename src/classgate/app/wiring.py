"""Settings become an application. Each feature wires itself; here they are given to one another."""

from classgate.account_deletion import AccountDeletion
from classgate.accounts.models import ImApplication, SessionLimits
from classgate.accounts.removals import CloudRemovals
from classgate.accounts.second_factors.sealing import SecretSealer
from classgate.accounts.wiring import AccountPolicy, wire_accounts
from classgate.admission.wiring import wire_admission
from classgate.api.callback_authentication import CallbackAuthenticator
from classgate.app.application import Application
from classgate.app.explanation_context import explanation_context
from classgate.app.job_claims import JobClaims
from classgate.app.outbox_delivery import cloud_services_of, wire_delivery
from classgate.app.periodic_jobs import schedule
from classgate.app.school_metrics import SchoolMetrics
from classgate.app.setting_values import (
    access_windows_of,
    audit_keys_of,
    audit_secrets_of,
    bucket_settings_of,
    console_access_of,
    cos_endpoint_of,
    hashing_cost_of,
    legacy_account_policy_of,
    presence_timeouts_of,
    signing_key_names_of,
    sts_endpoint_of,
    vod_endpoint_of,
)
from classgate.audit.reads import RecordedReads
from classgate.audit.retention import AuditRetention
from classgate.audit.service import AuditLog
from classgate.classrooms.wiring import ClassroomPolicy, wire_classrooms
from classgate.clock import Clock, utc_now
from classgate.cloud.call_rate import CallRate
from classgate.cloud.cos import CosClient
from classgate.cloud.credential_cache import CredentialCache
from classgate.cloud.http import CloudHttpClient
from classgate.cloud.resilient_client import ResilientClient, Runtime
from classgate.cloud.sts import StsClient
from classgate.cloud.vod import VodClient
from classgate.courseware.json_signer import JsonApiSigner
from classgate.courseware.wiring import CoursewarePolicy, wire_courseware
from classgate.credential_questions import CredentialQuestions
from classgate.explanations import ExplanationService
from classgate.leases.limits import GrantLimits
from classgate.leases.service import LeaseService
from classgate.legacy.videos.models import VideoAccount, VideoQueryRules
from classgate.legacy.wiring import LegacyPolicy, wire_legacy
from classgate.outbox.administration import OutboxAdministration
from classgate.outbox.service import Outbox
from classgate.outbox.wake_up import WakeUp
from classgate.processes.registry import ProcessRegistry
from classgate.refusal_log.collector import RefusalCollector
from classgate.refusal_log.retention import RefusalRetention
from classgate.refusal_log.service import RefusalLog
from classgate.request_queues import RequestQueues
from classgate.service_status.service import StatusService
from classgate.settings.loading import Settings
from classgate.settings.partial import partial_settings_of
from classgate.storage.database import Database
from classgate.storage.database_url import is_postgresql, open_database, open_rate_limits
from classgate.storage.readiness import Readiness

# Budgets of all processes together. STS allows 600 calls a second for the whole account; the rest
# is left to other users of the account.
STS_RATE = CallRate(per_second=100, burst=50)
COS_RATE = CallRate(per_second=200, burst=50)
# VOD allows 100 calls a minute for each query.
VOD_RATE = CallRate(per_second=1, burst=20)


def audit_log_of(settings: Settings, database: Database, clock: Clock) -> AuditLog:
    """Return the audit in this database, under the configured keys."""
    return AuditLog(database, audit_keys_of(settings), clock)


def build_application(
    settings: Settings, clock: Clock = utc_now, runtime: Runtime | None = None
) -> Application:
    """Build the application. Opens the database, which must exist and be migrated."""
    runtime = runtime or Runtime()
    database_url = settings.database.url.get_secret_value()
    database = open_database(database_url, runtime.monotonic)
    rate_limits = open_rate_limits(database_url, database)
    processes = ProcessRegistry(
        database, clock, shared=is_postgresql(database_url), monotonic=runtime.monotonic
    )
    audit = audit_log_of(settings, database, clock)
    reads = RecordedReads(database, audit)
    readiness = Readiness(database)
    refusals = RefusalLog(database, audit, RefusalCollector(clock))
    leases = LeaseService(audit, GrantLimits(), signing_key_names_of(settings), clock)
    http = CloudHttpClient()

    def calls(service: str, rate: CallRate) -> ResilientClient:
        return ResilientClient(service, rate, runtime=runtime, share=processes.share)

    sts_calls = calls("STS", STS_RATE)
    sts = StsClient(sts_endpoint_of(settings), http, clock, sts_calls)
    cos = CosClient(cos_endpoint_of(settings), http, clock, calls("COS", COS_RATE))
    vod = VodClient(vod_endpoint_of(settings), http, clock, calls("VOD", VOD_RATE))
    store, windows = bucket_settings_of(settings), access_windows_of(settings)
    secret_id = settings.cloud.secret_id.get_secret_value()
    secret_key = settings.cloud.secret_key.get_secret_value()

    wake_up = WakeUp()
    outbox = Outbox(cloud_services_of(settings), wake_up.wake)
    removals = CloudRemovals(leases, outbox, windows.private_map_key_lifetime)
    accounts = wire_accounts(
        database=database,
        rate_limits=rate_limits,
        audit=audit,
        reads=reads,
        leases=leases,
        removals=removals,
        refusals=refusals,
        policy=_account_policy(settings),
        clock=clock,
    )
    classrooms = wire_classrooms(
        database=database,
        audit=audit,
        reads=reads,
        leases=leases,
        outbox=outbox,
        removals=removals,
        accounts=accounts.accounts,
        user_sigs=accounts.user_sigs,
        refusals=refusals,
        policy=ClassroomPolicy(
            windows, presence_timeouts_of(settings), settings.classrooms.attendance_retention
        ),
        clock=clock,
    )
    courseware = wire_courseware(
        database=database,
        audit=audit,
        leases=leases,
        accounts=accounts.accounts,
        classrooms=classrooms.classrooms,
        source=CredentialCache(sts, clock, runtime.monotonic),
        objects=cos,
        signer=JsonApiSigner(store, secret_id, secret_key),
        policy=CoursewarePolicy(store, windows, settings.cos.abandoned_after),
        clock=clock,
    )
    legacy = wire_legacy(
        database=database,
        audit=audit,
        leases=leases,
        accounts=accounts,
        classrooms=classrooms.classrooms,
        signature_issuer=courseware.signature_issuer,
        video_queries=vod,
        policy=LegacyPolicy(
            accounts=legacy_account_policy_of(settings),
            raw_file_id=settings.legacy.raw_fileid,
            video_account=VideoAccount(secret_id, secret_key),
            video_queries=VideoQueryRules(frozenset(settings.legacy.vod_actions)),
        ),
        clock=clock,
    )
    admission = wire_admission(
        database=database,
        audit=audit,
        leases=leases,
        accounts=accounts.accounts,
        attempts=accounts.attempts,
        classrooms=classrooms.classrooms,
        refusals=refusals,
        credentials_service=sts_calls,
        windows=windows,
        clock=clock,
    )
    deletion = AccountDeletion(
        database=database,
        audit=audit,
        leases=leases,
        removals=removals,
        presence_log=classrooms.presence_log,
        accounts=accounts.accounts,
        names=accounts.names,
        confirmations=accounts.confirmations,
        erasures=[legacy.file_bindings.erase_account, refusals.erase_account],
        clock=clock,
    )
    audit_retention = AuditRetention(
        database=database, audit=audit, retention=settings.audit.retention, clock=clock
    )
    refusal_retention = RefusalRetention(
        database=database, retention=settings.audit.refusals_retention, clock=clock
    )
    delivery = wire_delivery(
        settings=settings,
        database=database,
        leases=leases,
        http=http,
        wake_up=wake_up,
        clock=clock,
        runtime=runtime,
        share=processes.share,
    )
    return Application(
        database=database,
        processes=processes,
        readiness=readiness,
        school_metrics=SchoolMetrics(database, readiness.check, runtime.monotonic, clock),
        audit=audit,
        queues=RequestQueues(monotonic=runtime.monotonic),
        refusals=refusals,
        leases=leases,
        http=http,
        callbacks=_callback_authenticator(settings, clock),
        accounts=accounts,
        classrooms=classrooms,
        courseware=courseware,
        legacy=legacy,
        account_deletion=deletion,
        admission=admission,
        explanations=ExplanationService(
            database=database,
            audit=audit,
            accounts=accounts.accounts,
            context=explanation_context(partial_settings_of(settings), clock()),
            clock=clock,
        ),
        credential_questions=CredentialQuestions(database=database, reads=reads, clock=clock),
        service_status=StatusService(
            database=database, registry=processes, clock=clock, monotonic=runtime.monotonic
        ),
        delivery=delivery.delivery,
        outbox_administration=OutboxAdministration(database, clock),
        scheduler=schedule(
            processes,
            JobClaims(rate_limits, clock),
            audit,
            audit_retention,
            accounts,
            classrooms,
            courseware,
            delivery.retention,
            refusals,
            refusal_retention,
            runtime,
        ),
        clock=clock,
    )


def _callback_authenticator(settings: Settings, clock: Clock) -> CallbackAuthenticator:
    rtc_key, im_token = settings.callbacks.rtc_key, settings.callbacks.im_token
    return CallbackAuthenticator(
        sdk_app_id=settings.im.sdk_app_id,
        rtc_key=None if rtc_key is None else rtc_key.get_secret_value(),
        im_token=None if im_token is None else im_token.get_secret_value(),
        clock=clock,
    )


def _account_policy(settings: Settings) -> AccountPolicy:
    limits = SessionLimits(settings.accounts.session_lifetime, settings.accounts.idle_lifetime)
    return AccountPolicy(
        im_application=ImApplication(settings.im.sdk_app_id, settings.im.signing_key()),
        admin_identifier=settings.im.admin_identifier,
        hashing_cost=hashing_cost_of(settings),
        session_limits=limits,
        registration=settings.accounts.registration,
        console_access=console_access_of(settings),
        sealer=SecretSealer(audit_secrets_of(settings)),
    )
