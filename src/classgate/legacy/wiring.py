"""Creates the services that exist only for clients of the 2017 backend."""

from dataclasses import dataclass

from classgate.accounts.wiring import AccountServices
from classgate.audit.service import AuditLog
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import VideoQueries
from classgate.courseware.signature_issuer import SignatureIssuer
from classgate.leases.service import LeaseService
from classgate.legacy.account_import.service import LegacyImport
from classgate.legacy.accounts import LegacyAccountPolicy, LegacyAccountService
from classgate.legacy.classroom_list.service import LegacyClassroomList
from classgate.legacy.file_bindings.service import FileBindingService
from classgate.legacy.storage_signatures import LegacySignatureService
from classgate.legacy.videos.models import VideoAccount, VideoQueryRules
from classgate.legacy.videos.service import VideoService
from classgate.storage.database import Database


@dataclass(frozen=True)
class LegacyPolicy:
    """The school's policies for legacy clients."""

    accounts: LegacyAccountPolicy
    raw_file_id: bool
    video_account: VideoAccount
    video_queries: VideoQueryRules


@dataclass(frozen=True)
class LegacyServices:
    """The services of the legacy API, and the import of the legacy account table."""

    accounts: LegacyAccountService
    account_import: LegacyImport
    classroom_list: LegacyClassroomList
    signatures: LegacySignatureService
    file_bindings: FileBindingService
    videos: VideoService


def wire_legacy(
    *,
    database: Database,
    audit: AuditLog,
    leases: LeaseService,
    accounts: AccountServices,
    classrooms: ClassroomService,
    signature_issuer: SignatureIssuer,
    video_queries: VideoQueries,
    policy: LegacyPolicy,
    clock: Clock,
) -> LegacyServices:
    """Return the services for legacy clients."""
    return LegacyServices(
        accounts=LegacyAccountService(
            database=database,
            accounts=accounts.accounts,
            log_in=accounts.log_in,
            passwords=accounts.passwords,
            attempts=accounts.attempts,
            account_creator=accounts.account_creator,
            rules=policy.accounts,
            clock=clock,
        ),
        account_import=LegacyImport(
            database=database,
            passwords=accounts.passwords,
            names=accounts.names,
            account_creator=accounts.account_creator,
            sdk_app_id=accounts.user_sigs.sdk_app_id,
        ),
        classroom_list=LegacyClassroomList(database, clock),
        signatures=LegacySignatureService(
            database=database,
            accounts=accounts.accounts,
            classrooms=classrooms,
            issuer=signature_issuer,
            raw_file_id=policy.raw_file_id,
        ),
        file_bindings=FileBindingService(
            database=database, accounts=accounts.accounts, classrooms=classrooms, clock=clock
        ),
        videos=VideoService(
            database=database,
            audit=audit,
            leases=leases,
            accounts=accounts.accounts,
            queries=video_queries,
            account=policy.video_account,
            rules=policy.video_queries,
            clock=clock,
        ),
    )
